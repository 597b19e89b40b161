"""What proposals knows of registration's programmes and sessions."""

from typing import Self

from shared.clock import StoredInstant
from shared.entities.domain import Entity
from shared.events.registration import EntityListed, ProgrammeDefined, SessionEvent
from shared.events.vocabulary import Language, SessionStatus
from shared.storage.projections import Known


class KnownProgramme(Known):
    name: dict[Language, str]
    time_zone: str

    @classmethod
    def from_event(cls, event: ProgrammeDefined) -> Self:
        return cls(id=event.programme, seen=event.version, **event.model_dump())


class KnownEntity(Known, Entity):
    """An entity that was imported: the directory holds it above the ones that Dijous brings."""

    @classmethod
    def from_event(cls, event: EntityListed) -> Self:
        return cls(id=event.code, seen=event.version, **event.model_dump())


class KnownSession(Known):
    programme: str
    title: dict[Language, str]
    status: SessionStatus
    starts_at: StoredInstant

    @classmethod
    def from_event(cls, event: SessionEvent) -> Self:
        return cls(id=event.session_id, seen=event.version, **event.model_dump())
