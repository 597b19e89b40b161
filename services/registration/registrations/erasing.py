"""Erasing the people registered: one by one at their request, all some time after their session."""

from collections.abc import AsyncIterator
from datetime import datetime

from services.registration.registrations import domain as registrations
from services.registration.registrations.domain import Decision, Registration
from services.registration.registrations.seating import Seating
from services.registration.registrations.store import RegistrationStore
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.security.erasing import Note


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


async def people_over(
    stored: RegistrationStore, sessions: SessionStore, programme: str, before: datetime
) -> AsyncIterator[Registration]:
    """The people of the sessions of a programme that were over before an instant; as `retention` asks for them."""
    for session_id in await sessions.ids_over(programme, before):
        async for registration in stored.people_of(session_id):
            yield registration
