"""What feedback knows of the others' aggregates: the latest state that their events told.

`seen` is the version of the latest event: one with a lower version is ignored.
"""

from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from shared.clock import StoredInstant
from shared.events.registration import ProgrammeDefined, SessionEnded, SessionEvent, SurveyQuestion
from shared.events.vocabulary import Language, SessionStatus


class Known(BaseModel):
    """Base: the aggregate's id and the version of the latest event seen of it."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True, hide_input_in_errors=True
    )

    id: str = Field(alias="_id")
    seen: int

    def after(self, _: Self) -> Self:
        """What is known now, given what was known before."""
        return self


class KnownProgramme(Known):
    """A programme; `id` is its slug."""

    name: dict[Language, str]
    time_zone: str = "Europe/Madrid"
    """IANA name; pages show dates in it. Documents from before it was kept have none."""
    questions: tuple[SurveyQuestion, ...]
    survey_days: int
    survey_reminder_days: int


class KnownSession(Known):
    """A session."""

    programme: str
    title: dict[Language, str]
    status: SessionStatus
    planned_end: StoredInstant
    told_end: StoredInstant | None = None
    """When it ended; only one event tells."""

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, as far as is known; None when it has not."""
        return (self.told_end or self.planned_end) if self.status is SessionStatus.ENDED else None

    def after(self, before: Self) -> Self:
        """The same, with the end that was told before."""
        return self if self.told_end else self.model_copy(update={"told_end": before.told_end})


def programme_of(event: ProgrammeDefined) -> KnownProgramme:
    """What is kept of a programme's event."""
    return KnownProgramme(
        id=event.programme,
        seen=event.version,
        name=event.name,
        time_zone=event.time_zone,
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
        planned_end=event.starts_at + timedelta(minutes=event.duration_minutes),
        told_end=event.ended_at if isinstance(event, SessionEnded) else None,
    )
