"""Erases people and what was published about them. A note comes first, so that a crash leaves nothing half done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from shared.loops import Loop
from shared.storage.collection import Collection, Stored
from shared.storage.contract import at_most
from shared.storage.records import ActRecord


class Note(Stored):
    generation: int
    """A later generation stays."""
    record: ActRecord | None = None
    """The record of the act where the office erases; stored with the person's aggregate."""


class Person(Protocol):
    """A person's aggregate. Its generation rises when somebody who was erased comes back."""

    @property
    def generation(self) -> int: ...

    @property
    def pending(self) -> int:
        """1 while its events wait to be published."""


Erase = Callable[[Note], Awaitable[Person | None]]
"""Erases a person's aggregate if it is in the generation noted, and returns it. Idempotent."""
Purge = Callable[[str], Awaitable[None]]
"""Deletes from the broker what was published about a person."""


@dataclass(frozen=True)
class Erasing:
    notes: Collection[Note]
    erase: Erase
    purge: Purge

    async def begin(self, key: str, generation: int, record: ActRecord | None = None) -> None:
        note = Note(id=key, generation=generation, record=record)
        await self.notes.put(note, guard={"generation": at_most(generation)}, leave=set() if record else {"record"})
        await self.erase(note)

    async def step(self) -> bool:
        """Finish what was noted. A loop's step: never more at once.

        The broker forgets once the erasure's own event is published. What was published about a later generation stays.
        """
        async for note in self.notes.each():
            person = await self.erase(note)
            if person is not None and person.generation == note.generation:
                if person.pending:
                    continue
                await self.purge(note.id)
            await self.notes.delete({"_id": note.id, "generation": note.generation})
        return False

    async def unfinished(self) -> int:
        """How many erasures wait for their event to be published or for the broker."""
        return await self.notes.count()

    def loop(self, name: str = "erasures", *, every: float) -> Loop:
        return Loop(name, self.step, every=every)
