"""Programmes and their surveys' questions."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.registration.programmes import domain
from services.registration.programmes.domain import Programme, Slug
from shared.events.registration import SurveyQuestion
from shared.events.vocabulary import Language, ProgrammeKind
from shared.problems import mark
from shared.text.addresses import MAX_LENGTH, normalised_address
from shared.text.fields import Descriptions, OneLine, Titles
from shared.web.schemas import RequestModel, Whole

NO_ZONE = mark("This is not the name of a time zone, such as Europe/Madrid.")
MAX_QUESTIONS = 20
MOST_REMINDERS = 5
REPEATED_KEY = mark("Two questions have the same key.")


@cache
def _zones() -> frozenset[str]:
    """The names of the IANA database, not the system's, which has more, such as «localtime»."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split()) - {"Factory"}


def _time_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(NO_ZONE)
    return name


def _different(questions: list["SurveyQuestionIn"]) -> list["SurveyQuestionIn"]:
    if len({question.key for question in questions}) != len(questions):
        raise ValueError(REPEATED_KEY)
    return questions


class SurveyQuestionIn(RequestModel):
    """A question of the survey."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    text: Titles


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_time_zone)]
Tool = Annotated[OneLine, Field(max_length=100)]
Organiser = Annotated[OneLine, Field(max_length=200)]
ReplyTo = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_LENGTH),
    AfterValidator(lambda text: normalised_address(text) if text else text),
]
Reminders = Annotated[
    list[Annotated[Whole, Field(ge=5, le=43200)]],
    AfterValidator(lambda minutes: list(dict.fromkeys(minutes))),
    Field(max_length=MOST_REMINDERS),
]
Questions = Annotated[list[SurveyQuestionIn], Field(min_length=1, max_length=MAX_QUESTIONS), AfterValidator(_different)]
SurveyDays = Annotated[Whole, Field(ge=1, le=90)]
SurveyReminderDays = Annotated[Whole, Field(ge=0, le=90)]
DEFAULT_QUESTIONS = [SurveyQuestionIn(**dict(item)) for item in domain.DEFAULT_SURVEY_QUESTIONS]


class ProgrammeIn(RequestModel):
    """A new programme."""

    slug: Slug
    name: Titles
    kind: ProgrammeKind
    time_zone: TimeZone = domain.DEFAULT_TIME_ZONE
    summary: Descriptions | None = None
    audience: Descriptions | None = None
    tool: Tool = domain.DEFAULT_TOOL
    organiser: Organiser = ""
    reply_to: ReplyTo = ""
    reminders_minutes: Reminders = domain.DEFAULT_REMINDERS_MINUTES
    survey_questions: Questions = DEFAULT_QUESTIONS
    survey_days: SurveyDays = domain.DEFAULT_SURVEY_DAYS
    survey_reminder_days: SurveyReminderDays = domain.DEFAULT_SURVEY_REMINDER_DAYS

    def programme(self) -> Programme:
        return Programme(id=self.slug, **self.model_dump(exclude={"slug"}))


class ProgrammeChange(RequestModel):
    """Settings to change; what is left out stays."""

    name: Titles | None = None
    kind: ProgrammeKind | None = None
    time_zone: TimeZone | None = None
    summary: Descriptions | None = None
    audience: Descriptions | None = None
    tool: Tool | None = None
    organiser: Organiser | None = None
    reply_to: ReplyTo | None = None
    reminders_minutes: Reminders | None = None
    survey_questions: Questions | None = None
    survey_days: SurveyDays | None = None
    survey_reminder_days: SurveyReminderDays | None = None

    def changes(self) -> dict[str, object]:
        """The fields to change; null leaves a setting as it is."""
        given: dict[str, object] = self.model_dump(exclude_none=True)
        if self.survey_questions:
            given["survey_questions"] = [SurveyQuestion(**dict(question)) for question in self.survey_questions]
        return given


class ProgrammeOut(BaseModel):
    """A programme."""

    slug: str
    name: dict[Language, str]
    kind: ProgrammeKind
    time_zone: str
    summary: dict[Language, str] | None
    audience: dict[Language, str] | None
    tool: str
    organiser: str
    reply_to: str
    reminders_minutes: list[int]
    survey_questions: list[SurveyQuestion]
    survey_days: int
    survey_reminder_days: int

    @classmethod
    def of(cls, programme: Programme) -> Self:
        return cls(slug=programme.id, **programme.model_dump(include=set(cls.model_fields) - {"slug"}))
