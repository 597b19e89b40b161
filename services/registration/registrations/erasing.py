"""Erasing the people registered: one by one at their request, all some time after their session."""

from dataclasses import dataclass
from datetime import timedelta

from services.registration.registrations import domain as registrations
from services.registration.registrations.domain import Decision, Registration
from services.registration.registrations.seating import Seating
from services.registration.registrations.store import RegistrationStore
from services.registration.sessions.store import SessionStore
from shared.clock import Clock, to_millis
from shared.security.erasing import Erasing, Note
from shared.storage.contract import Where, at_least

TOLD_AGAIN_FOR = timedelta(days=30)


async def erase_person(
    stored: RegistrationStore, sessions: SessionStore, seating: Seating, clock: Clock, note: Note
) -> Registration | None:
    """Erase the person; the registration afterwards. A seat in a session that is not over goes to somebody else, unless
    the person has come: then it stays, for the entity takes part.

    A later round stays as it is, for the person came back.
    """
    registration = await stored.get(note.id)
    if registration is None or registration.generation != note.generation:
        return registration
    session = await sessions.get(registration.session_id)
    is_scheduled, now = bool(session and session.is_scheduled), clock()

    def erase(current: Registration) -> Decision:
        if current.generation != note.generation:
            return current, []
        return registrations.erase(current, now, gives_up=is_scheduled and not current.attended_at)

    erased = await stored.change(note.id, erase, record=lambda *_: note.record)
    await seating.finish_cancelling(erased)
    return erased


@dataclass(frozen=True, slots=True)
class Retention:
    _stored: RegistrationStore
    _sessions: SessionStore
    _erasing: Erasing
    _clock: Clock

    async def erase_past(self, kept_for: timedelta) -> bool:
        """Erase the people of the sessions that were over so long ago; as a loop's step, never more at once."""
        for session_id in await self._sessions.ids_over(self._clock() - kept_for):
            async for registration in self._stored.people_of(session_id):
                await self._erasing.begin(registration.id, registration.generation)
        return False

    def lately(self) -> Where:
        """The registrations erased of late, for the inventory: who missed the event still keeps the person."""
        return {"erased_at": at_least(to_millis(self._clock() - TOLD_AGAIN_FOR))}
