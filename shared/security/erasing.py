"""Erasing people: an erasure is noted first, so that what a crash leaves half done is finished."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from shared.loops import Loop
from shared.storage.collection import Collection, Stored
from shared.storage.contract import at_most
from shared.storage.records import ActRecord


class Note(Stored):
    """A person who is to be erased."""

    generation: int
    """The round of the person's aggregate; a later one stays."""
    record: ActRecord | None = None
    """The record of the act, where the office erases: whoever erases stores it with the person's aggregate."""


class Person(Protocol):
    """A person's aggregate. Its generation rises when somebody who was erased comes back."""

    @property
    def generation(self) -> int:
        """The round that the aggregate is in."""

    @property
    def pending(self) -> int:
        """1 while its events wait to be published."""


Erase = Callable[[Note], Awaitable[Person | None]]
"""Erases a person's aggregate if it is in the generation noted; safe to repeat. The aggregate afterwards, or None."""
Purge = Callable[[str], Awaitable[None]]
"""Takes what was published about a person out of the broker."""


class Erasing:
    """Erases people's aggregates, then has what was published about them taken out of the broker."""

    def __init__(self, notes: Collection[Note], erase: Erase, purge: Purge) -> None:
        self._notes = notes
        self._erase = erase
        self._purge = purge

    async def begin(self, key: str, generation: int, record: ActRecord | None = None) -> None:
        """Note that a person is to be erased, and erase."""
        note = Note(id=key, generation=generation, record=record)
        await self._notes.put(note, guard={"generation": at_most(generation)}, leave=set() if record else {"record"})
        await self._erase(note)

    async def step(self) -> bool:
        """Finish what was noted. The broker forgets after the erasure's own event is published, and keeps what was
        published about a later generation. As a loop's step: never more at once."""
        async for note in self._notes.each():
            person = await self._erase(note)
            if person is not None and person.generation == note.generation:
                if person.pending:
                    continue
                await self._purge(note.id)
            await self._notes.delete({"_id": note.id, "generation": note.generation})
        return False

    async def unfinished(self) -> int:
        """How many erasures wait for their event to be published, or for the broker to forget."""
        return await self._notes.count()

    def loop(self, *, every: float) -> Loop:
        """The loop that finishes them."""
        return Loop("erasures", self.step, every=every)
