"""Erasing the people registered: one by one at their request, all some time after their session."""

from datetime import timedelta

from services.registration.registrations import domain as registrations
from services.registration.registrations.domain import Registration
from services.registration.registrations.seating import Seating
from services.registration.registrations.store import RegistrationStore
from services.registration.sessions.store import SessionStore
from shared.clock import Clock, to_millis
from shared.security.erasing import Erasing, Note
from shared.storage.contract import Where, at_least

TOLD_AGAIN_FOR = timedelta(days=30)


class Eraser:
    """Erases the person of a registration."""

    def __init__(self, stored: RegistrationStore, sessions: SessionStore, seating: Seating, clock: Clock) -> None:
        self._stored = stored
        self._sessions = sessions
        self._seating = seating
        self._clock = clock

    async def erase(self, note: Note) -> Registration | None:
        """The registration afterwards. A seat in a session that is not over goes to somebody else. A later round stays
        as it is, for the person came back."""
        registration = await self._stored.get(note.id)
        if registration is None or registration.generation != note.generation:
            return registration
        session = await self._sessions.get(registration.session_id)
        gives_up, now = bool(session and session.is_scheduled), self._clock()
        erased = await self._stored.change(
            note.id,
            lambda current: (
                registrations.erase(current, now, gives_up=gives_up)
                if current.generation == note.generation
                else (current, [])
            ),
            record=lambda *_: note.record,
        )
        if erased.unsettled:
            await self._seating.finish_cancelling(erased)
        return erased


class Retention:
    """Erases people when their time is over."""

    def __init__(self, stored: RegistrationStore, sessions: SessionStore, erasing: Erasing, clock: Clock) -> None:
        self._stored = stored
        self._sessions = sessions
        self._erasing = erasing
        self._clock = clock

    async def erase_past(self, kept_for: timedelta) -> bool:
        """Erase the people of the sessions that were over so long ago; as a loop's step, never more at once."""
        for session_id in await self._sessions.ids_over(self._clock() - kept_for):
            async for registration in self._stored.people_of(session_id):
                await self._erasing.begin(registration.id, registration.generation)
        return False

    def lately(self) -> Where:
        """The registrations erased of late, which the inventory lists: whoever missed the event keeps a person who has
        to be forgotten."""
        return {"erased_at": at_least(to_millis(self._clock() - TOLD_AGAIN_FOR))}
