"""What proposals knows of programmes and sessions: the latest that registration's events told."""

from typing import Self

from shared.clock import StoredInstant
from shared.events.registration import ProgrammeDefined, SessionEvent
from shared.events.vocabulary import SessionStatus
from shared.storage.aggregates import Aggregate


class Known(Aggregate):
    """Base: `seen` is the version of the latest event; an older one is ignored."""

    seen: int


class KnownProgramme(Known):
    """A programme; `_id` is its slug."""

    name: dict[str, str]

    @classmethod
    def told_by(cls, event: ProgrammeDefined) -> Self:
        """The programme as the event describes it."""
        return cls(id=event.programme, seen=event.version, name={**event.name})


class KnownSession(Known):
    """A session."""

    programme: str
    status: SessionStatus
    starts_at: StoredInstant

    @classmethod
    def told_by(cls, event: SessionEvent) -> Self:
        """The session as the event describes it."""
        return cls(
            id=event.session_id,
            seen=event.version,
            programme=event.programme,
            status=event.status,
            starts_at=event.starts_at,
        )
