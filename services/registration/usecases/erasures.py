"""Erasing people: an erasure is noted first, so that what a crash leaves half done is finished."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.registration.domain import registrations
from services.registration.domain.registrations import Registration
from services.registration.store import RegistrationStore
from services.registration.usecases.seats import Seats
from shared.clock import Clock, to_millis
from shared.storage.contract import Where, at_least

Purge = Callable[[str], Awaitable[None]]
"""Takes what was published about a registration out of the broker."""

TOLD_AGAIN_FOR = timedelta(days=30)
_MOST_COUNTED = 1000


class Erasures:
    """Erases registrations here, and has what was published about them taken out of the broker."""

    def __init__(self, store: RegistrationStore, seats: Seats, clock: Clock) -> None:
        self._store = store
        self._seats = seats
        self._clock = clock

    async def begin(self, registration: Registration) -> None:
        """Erase this round of a registration; a seat in a session that is not over goes to somebody else."""
        await self._store.note_erasure(registration.id, registration.generation)
        await self._erase(registration.id, registration.generation)

    async def step(self, purge: Purge) -> bool:
        """Finish the erasures noted, once their own event is published; as a loop's step, never more at once."""
        for registration_id, generation in await self._store.erasures():
            registration = await self._erase(registration_id, generation)
            if registration is not None and registration.generation == generation:
                if registration.pending:
                    continue
                await purge(registration_id)
            await self._store.end_erasure(registration_id, generation)
        return False

    async def erase_past(self, kept_for: timedelta) -> bool:
        """Erase the people of the sessions that were over so long ago; as a loop's step, never more at once."""
        for session_id in await self._store.sessions_over(self._clock() - kept_for):
            while people := await self._store.people_of(session_id):
                for registration in people:
                    await self.begin(registration)
        return False

    def lately(self) -> Where:
        """The registrations erased of late, whatever session they were for, of which the inventory speaks: whoever
        missed the event keeps a person who has to be forgotten."""
        return {"erased_at": at_least(to_millis(self._clock() - TOLD_AGAIN_FOR))}

    async def unfinished(self) -> int:
        """How many erasures wait for their event to be published, or for the broker to forget."""
        return len(await self._store.erasures(limit=_MOST_COUNTED))

    async def _erase(self, registration_id: str, generation: int) -> Registration | None:
        """The registration afterwards; a later round stays as it is, for the person came back."""
        registration = await self._store.registrations.get(registration_id)
        if registration is None or registration.generation != generation:
            return registration
        session = await self._store.sessions.get(registration.session_id)
        gives_up, now = bool(session and session.is_scheduled), self._clock()
        erased = await self._store.registrations.change(
            registration_id,
            lambda current: (
                registrations.erase(current, now, gives_up=gives_up)
                if current.generation == generation
                else (current, [])
            ),
        )
        if erased.unsettled:
            await self._seats.resume(erased)
        return erased
