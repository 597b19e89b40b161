"""What feedback knows of registration's aggregates."""

from datetime import datetime, timedelta
from typing import Self

from shared.clock import StoredInstant
from shared.events.registration import (
    ProgrammeDefined,
    SessionEnded,
    SessionEvent,
    SessionRecorded,
    SurveyQuestion,
)
from shared.events.vocabulary import Audience, Language, SessionStatus
from shared.storage.projections import Known


class KnownProgramme(Known):
    """A programme; `id` is its slug."""

    name: dict[Language, str]
    time_zone: str = "Europe/Madrid"
    """IANA name; pages show dates in it. Documents from before it was kept have none."""
    questions: tuple[SurveyQuestion, ...]
    survey_days: int
    survey_reminder_days: int

    @classmethod
    def from_event(cls, event: ProgrammeDefined) -> Self:
        return cls(
            id=event.programme,
            seen=event.version,
            name=event.name,
            time_zone=event.time_zone,
            questions=tuple(event.survey_questions),
            survey_days=event.survey_days,
            survey_reminder_days=event.survey_reminder_days,
        )


class KnownSession(Known):
    programme: str
    title: dict[Language, str]
    status: SessionStatus
    planned_end: StoredInstant
    told_end: StoredInstant | None = None
    """When it ended; only SessionEnded carries it."""
    recorded: int = 0
    """1 if it took place before its programme ran here: it had no survey here."""
    external_id: str = ""
    audience: Audience = Audience.EVERYBODY
    survey: bool = True
    """Whether a survey follows it."""

    @property
    def is_public(self) -> bool:
        return self.audience is Audience.EVERYBODY

    @property
    def ended_at(self) -> datetime | None:
        return (self.told_end or self.planned_end) if self.status is SessionStatus.ENDED else None

    @classmethod
    def from_event(cls, event: SessionEvent) -> Self:
        return cls(
            id=event.session_id,
            seen=event.version,
            programme=event.programme,
            title=event.title,
            status=event.status,
            planned_end=event.starts_at + timedelta(minutes=event.duration_minutes),
            told_end=event.ended_at if isinstance(event, SessionEnded) else None,
            recorded=int(isinstance(event, SessionRecorded)),
            external_id=event.external_id if isinstance(event, SessionRecorded) else "",
            audience=event.audience,
            survey=event.survey,
        )
