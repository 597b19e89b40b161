"""What was before the programme ran here: its sessions, and how many of each council registered and came."""

from datetime import datetime

from services.registration.registrations.domain import Decision, Registration, RegistrationState
from services.registration.sessions.domain import Decision as SessionDecision
from services.registration.sessions.domain import Session, recorded
from shared import ids
from shared.entities.domain import Entity
from shared.events.vocabulary import SessionStatus

MOST_OF_A_COUNCIL = 500
"""People of one council in one session."""


def past_session_id(programme: str, key: str) -> str:
    """Derived, so that the same line makes one session whatever dies; `key` is what the file calls it, or its start."""
    return ids.derived_id(b"moving-in", programme, key)[:16]


def as_recorded(session: Session) -> Session:
    """A session as it is stored that took place before: ended, without people."""
    over = {"status": SessionStatus.ENDED, "over_at": session.ends_at, "ended_at": session.ends_at, "recorded": 1}
    return session.model_copy(update=over)


def correct(session: Session, corrected: Session) -> SessionDecision:
    """Take over what the file says now. Nobody is told, whatever changes; a session that was held here stays."""
    changed = session.model_copy(update={field: getattr(corrected, field) for field in _BROUGHT})
    if changed == session or not session.recorded:
        return session, []
    return changed.model_copy(update={"changed_at": corrected.changed_at}), [recorded(changed)]


_BROUGHT = {
    *("title", "description", "starts_at", "duration_minutes", "over_at", "ended_at"),
    *("recording_url", "materials", "external_id"),
}


def nameless(session: Session, entity: Entity, number: int, now: datetime) -> Registration:
    """The place of one of those whom a council sent to a session of the past: born erased, of nobody."""
    return Registration(
        id=ids.derived_id(b"moving-in", session.id, entity.code, str(number)),
        session_id=session.id,
        programme=session.programme,
        state=RegistrationState.REGISTERED,
        name="",
        email="",
        entity_code=entity.code,
        entity_name=entity.name,
        arrived_at=session.starts_at,
        changed_at=now,
        erased_at=session.ends_at,
    )


def count_in(registration: Registration, session: Session, *, registered: bool, attended: bool) -> Decision:
    """Whether this place counts as registered and as having come. No event: nobody is behind it."""
    state = RegistrationState.REGISTERED if registered else RegistrationState.CANCELLED
    came = {"attended_at": session.starts_at if attended else None}
    return registration.model_copy(update={"state": state, **came}), []
