"""What feedback knows of the others' aggregates: the latest state that their events told.

`seen` is the version of the latest event: one with a lower version is ignored.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from shared.clock import StoredInstant
from shared.events.registration import ProgrammeDefined, SessionEnded, SessionEvent, SurveyQuestion
from shared.events.vocabulary import Language, SessionStatus


class Known(BaseModel):
    """Base: the aggregate's id and the version of the latest event seen of it."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    seen: int


class KnownProgramme(Known):
    """A programme; `id` is its slug."""

    name: dict[Language, str]
    questions: tuple[SurveyQuestion, ...]
    survey_days: int
    survey_reminder_days: int


class KnownSession(Known):
    """A session; `ended_at` is there once it is over."""

    programme: str
    title: dict[Language, str]
    status: SessionStatus
    ended_at: StoredInstant | None = None


def programme_of(event: ProgrammeDefined) -> KnownProgramme:
    """What is kept of a programme's event."""
    return KnownProgramme(
        id=event.programme,
        seen=event.version,
        name=event.name,
        questions=tuple(event.survey_questions),
        survey_days=event.survey_days,
        survey_reminder_days=event.survey_reminder_days,
    )


def session_of(event: SessionEvent) -> KnownSession:
    """What is kept of a session's event."""
    return KnownSession(
        id=event.session_id,
        seen=event.version,
        programme=event.programme,
        title=event.title,
        status=event.status,
        ended_at=_end(event) if event.status is SessionStatus.ENDED else None,
    )


def _end(event: SessionEvent) -> datetime:
    """When the session ended; later events do not repeat it, so to them it is the planned end."""
    if isinstance(event, SessionEnded):
        return event.ended_at
    return event.starts_at + timedelta(minutes=event.duration_minutes)
