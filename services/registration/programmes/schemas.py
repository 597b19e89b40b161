"""Programmes and their surveys' questions."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Protocol, Self, TypeVar

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.registration.programmes import domain
from services.registration.programmes.domain import Programme, Slug
from shared.events.registration import Body, Phase, SurveyQuestion
from shared.events.vocabulary import Language, ProgrammeKind
from shared.problems import mark
from shared.text.addresses import MAX_LENGTH, normalised_address
from shared.text.fields import Descriptions, OneLine, Titles
from shared.web.schemas import RequestModel, Whole, Yes

NO_ZONE = mark("This is not the name of a time zone, such as Europe/Madrid.")
MAX_QUESTIONS = 20
MAX_BODIES = 20
MAX_PHASES = 12
MOST_REMINDERS = 5
MOST_DAYS_KEPT = 3650
MOST_SURVEY_DAYS = 90
REPEATED_KEY = mark("Two questions have the same key.")
REPEATED_BODY = mark("Two bodies have the same short name.")
REPEATED_PHASE = mark("Two phases have the same key.")
TWICE_IN_CHARGE = mark("Two bodies accompany the same province.")


@cache
def _zones() -> frozenset[str]:
    """The names of the IANA database, not the system's, which has more, such as «localtime»."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split()) - {"Factory"}


def _time_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(NO_ZONE)
    return name


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


K = TypeVar("K", bound=_Keyed)


def _different(message: str) -> Callable[[list[K]], list[K]]:
    def checked(items: list[K]) -> list[K]:
        if len({item.key for item in items}) != len(items):
            raise ValueError(message)
        return items

    return checked


def _one_each(bodies: list["BodyIn"]) -> list["BodyIn"]:
    provinces = [province for body in bodies for province in body.provinces]
    if len(set(provinces)) != len(provinces):
        raise ValueError(TWICE_IN_CHARGE)
    return bodies


Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class SurveyQuestionIn(RequestModel):
    """A question of the survey."""

    key: Key
    text: Titles


class PhaseIn(RequestModel):
    """A phase that entities go through."""

    key: Key
    text: Titles


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_time_zone)]
Tool = Annotated[OneLine, Field(max_length=100)]
Organiser = Annotated[OneLine, Field(max_length=200)]
ReplyTo = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_LENGTH),
    AfterValidator(lambda text: normalised_address(text) if text else text),
]
Province = Annotated[OneLine, Field(min_length=1, max_length=100)]


class BodyIn(RequestModel):
    """A body that accompanies entities. The same key in two programmes is the same body."""

    key: Slug
    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    mailbox: ReplyTo = ""
    provinces: Annotated[
        list[Province], AfterValidator(lambda names: list(dict.fromkeys(names))), Field(max_length=60)
    ] = []


Reminders = Annotated[
    list[Annotated[Whole, Field(ge=5, le=43200)]],
    AfterValidator(lambda minutes: list(dict.fromkeys(minutes))),
    Field(max_length=MOST_REMINDERS),
]
Questions = Annotated[
    list[SurveyQuestionIn], Field(min_length=1, max_length=MAX_QUESTIONS), AfterValidator(_different(REPEATED_KEY))
]
Bodies = Annotated[
    list[BodyIn], Field(max_length=MAX_BODIES), AfterValidator(_different(REPEATED_BODY)), AfterValidator(_one_each)
]
Phases = Annotated[list[PhaseIn], Field(max_length=MAX_PHASES), AfterValidator(_different(REPEATED_PHASE))]
KeepPeopleDays = Annotated[Whole, Field(ge=1, le=MOST_DAYS_KEPT)]
LowestMean = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
SurveyDays = Annotated[Whole, Field(ge=1, le=MOST_SURVEY_DAYS)]
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
    accredited: Yes = False
    members_public: Yes = False
    """Whether anybody may see which entities take part, and their phase."""
    bodies: Bodies = []
    phases: Phases | None = None
    """Without it a cohort has the usual four, a series none."""
    keep_people_days: KeepPeopleDays | None = None
    """So long after a session the people registered for it are erased; null for the installation's usual time."""
    lowest_mean: LowestMean | None = None
    """The programme promises that no question of its surveys has a lower mean, from 0 to 10; null for no promise."""

    def programme(self) -> Programme:
        usual = domain.DEFAULT_PHASES if self.kind is ProgrammeKind.COHORT else []
        given = self.model_dump(exclude={"slug"})
        return Programme(id=self.slug, **{**given, "phases": usual if self.phases is None else given["phases"]})


class ProgrammeChange(RequestModel):
    """Settings to change; what is left out stays. Null takes back `keep_people_days` and `lowest_mean`."""

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
    accredited: Yes | None = None
    members_public: Yes | None = None
    bodies: Bodies | None = None
    phases: Phases | None = None
    keep_people_days: KeepPeopleDays | None = None
    lowest_mean: LowestMean | None = None

    def changes(self) -> dict[str, object]:
        """The fields to change: those given, and of the nulls those that mean something."""
        given: dict[str, object] = self.model_dump(exclude_none=True)
        given |= {name: None for name in _NULLABLE if name in self.model_fields_set and name not in given}
        lists: dict[str, Sequence[BaseModel]] = {
            "survey_questions": [SurveyQuestion(**dict(question)) for question in self.survey_questions or ()],
            "bodies": [Body(**dict(body)) for body in self.bodies or ()],
            "phases": [Phase(**dict(phase)) for phase in self.phases or ()],
        }
        return given | {name: items for name, items in lists.items() if name in given}


_NULLABLE = ("keep_people_days", "lowest_mean")


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
    accredited: bool
    members_public: bool
    bodies: list[Body]
    phases: list[Phase]
    keep_people_days: int | None
    lowest_mean: float | None

    @classmethod
    def of(cls, programme: Programme) -> Self:
        return cls(slug=programme.id, **programme.model_dump(include=set(cls.model_fields) - {"slug"}))
