"""The rosters as they are kept: one document for each session."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from services.registration.seats.domain import Place, Request, Roster, Terms, seats_of
from shared.storage.aggregates import TRIES, ConflictError, pause_before
from shared.storage.collection import Collection
from shared.storage.contract import Document, Index, Store, StoreError

ROSTERS = "rosters"
COLLECTIONS = {ROSTERS: [Index(("unsettled",))]}
Step = Callable[[Roster], Roster]
"""A pure function, safe to repeat, that answers with the very same roster where there is nothing to do."""


@dataclass(eq=False, slots=True)
class _Asked:
    step: Step
    is_done: bool = False
    roster: Roster | None = None
    error: StoreError | None = None


@dataclass(slots=True, weakref_slot=True)
class _Line:
    """The steps that wait for one roster; it is there while one waits."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked: list[_Asked] = field(default_factory=list)
    written: Roster | None = None
    """The roster as it was last written here, which spares the reading unless somebody else wrote it since."""


class Rosters(Collection[Roster]):
    """The rosters of all sessions. Every method may be repeated after a crash.

    All steps that are asked for while the roster is being written are taken together by the next write: a full session
    has a large roster, and many register at once.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store, ROSTERS, Roster)
        self._lines: WeakValueDictionary[str, _Line] = WeakValueDictionary()
        self._entered: defaultdict[str, dict[str, int]] = defaultdict(dict)
        """By session, the rounds of registrations that stand since its roster was last written here."""

    async def unsettled(self, *, limit: int = 100) -> list[Roster]:
        """The rosters with requests that may not stand as registrations yet."""
        return (await self.page({"unsettled": 1}, limit=limit)).items

    async def create(self, session: Terms) -> bool:
        """An empty roster; False where there is one."""
        return await self.insert(Roster(id=session.id, capacity=seats_of(session), seats_free=seats_of(session)))

    async def touch(self, session_id: str) -> None:
        """Write the roster unchanged."""
        await self._take(session_id, Roster.model_copy)

    async def admit(self, request: Request) -> Place:
        roster = await self._take(request.session_id, lambda roster: roster.admit(request))
        return roster.answer_to(request) if roster else Place.CLOSED

    def note_entered(self, registration: Request) -> None:
        """The registration stands: the next write of its roster drops its request."""
        self._entered[registration.session_id][registration.id] = registration.generation

    async def entered(self, session_id: str, rounds: Mapping[str, int]) -> None:
        await self._take(session_id, lambda roster: roster.entered(rounds))

    async def release(self, registration: Request) -> None:
        await self._take(registration.session_id, lambda roster: roster.release(registration))

    async def align(self, session: Terms) -> None:
        await self._take(session.id, lambda roster: roster.align(session))

    async def begin_promotion(self, session_id: str) -> Roster | None:
        """The roster; `promoting` names the person who is to be told of a seat."""
        return await self._take(session_id, Roster.begin_promotion)

    async def end_promotion(self, session_id: str, promoting: str) -> None:
        await self._take(session_id, lambda roster: roster.end_promotion(promoting))

    async def _take(self, session_id: str, step: Step) -> Roster | None:
        """The roster after this step and those taken together with it; None where there is no roster.

        Raises:
            StoreError: the store did not answer, or other processes changed the roster again and again.
        """
        line = self._lines.setdefault(session_id, _Line())
        asked = _Asked(step)
        line.asked.append(asked)
        try:
            async with line.turn:
                if not asked.is_done:
                    await self._take_all(session_id, [each for each in line.asked if not each.is_done], line)
        finally:
            line.asked.remove(asked)
        if asked.error:
            raise type(asked.error)(str(asked.error)) from asked.error
        return asked.roster

    async def _take_all(self, session_id: str, together: list[_Asked], line: _Line) -> None:
        try:
            roster = await self._after(session_id, [asked.step for asked in together], line)
        except StoreError as error:  # one after the other they would wait for it as often as they are
            for asked in together:
                asked.error, asked.is_done = error, True
            return
        for asked in together:
            asked.roster, asked.is_done = roster, True

    async def _after(self, session_id: str, steps: Sequence[Step], line: _Line) -> Roster | None:
        """The roster after these steps: one write, or none where every step leaves the same roster."""
        for attempt in range(TRIES):
            await pause_before(attempt)
            known, line.written = line.written, None
            before = roster = known or await self.get(session_id)
            for step in steps:
                roster = roster and step(roster)
            if roster and roster is not before:
                line.written = await self._write(roster)
            if line.written or (roster is before and not known):  # what is known may be old until a write proves it
                return roster
        raise ConflictError("the roster was changed by others again and again")

    async def _write(self, roster: Roster) -> Roster | None:
        """The roster as written; None when somebody else was faster."""
        entered = self._entered.pop(roster.id, {})
        changed = roster.entered(entered)
        # Its fields are as they are stored: to write out hundreds of members once more would take longer than the rest.
        fields = dict(changed)
        document: Document = {"_id": fields.pop("id"), **fields}
        if await self._store.replace(ROSTERS, document, expected_version=roster.version):
            return changed.model_copy(update={"version": roster.version + 1})
        self._entered[roster.id] = entered | self._entered[roster.id]
        return None
