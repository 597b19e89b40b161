"""What proposals knows of programmes and sessions: the latest that registration's events told."""

from typing import Self

from shared.clock import StoredInstant
from shared.events.registration import ProgrammeDefined, SessionEvent
from shared.events.vocabulary import Language, SessionStatus
from shared.storage.aggregates import Aggregate


class Known(Aggregate):
    """Base: `seen` is the version of the latest event; an older one is ignored."""

    seen: int


class KnownProgramme(Known):
    """A programme; `_id` is its slug."""

    name: dict[Language, str]
    time_zone: str

    @classmethod
    def told_by(cls, event: ProgrammeDefined) -> Self:
        """The programme as the event describes it."""
        return cls(id=event.programme, seen=event.version, name=event.name, time_zone=event.time_zone)


class KnownSession(Known):
    """A session."""

    programme: str
    title: dict[Language, str]
    status: SessionStatus
    starts_at: StoredInstant

    @classmethod
    def told_by(cls, event: SessionEvent) -> Self:
        """The session as the event describes it."""
        return cls(
            id=event.session_id,
            seen=event.version,
            programme=event.programme,
            title=event.title,
            status=event.status,
            starts_at=event.starts_at,
        )
