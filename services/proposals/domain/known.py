"""What proposals knows of registration's programmes and sessions."""

from typing import Self

from shared.clock import StoredInstant
from shared.entities.domain import Entity
from shared.events.registration import EntityListed, ProgrammeDefined, SessionEvent
from shared.events.vocabulary import Audience, Language, SessionStatus
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
    audience: Audience = Audience.EVERYBODY
    tentative: bool = False

    @property
    def is_public(self) -> bool:
        return self.audience is Audience.EVERYBODY

    @property
    def is_open(self) -> bool:
        """Whether anybody may register for it, as far as is known here."""
        return self.is_public and not self.tentative and self.status is SessionStatus.SCHEDULED

    def is_offered_to(self, programme: str) -> bool:
        """Whether it may treat that programme's proposals: what is not for everybody treats its own programme's."""
        return self.is_public or self.programme == programme

    @classmethod
    def from_event(cls, event: SessionEvent) -> Self:
        return cls(id=event.session_id, seen=event.version, **event.model_dump())
