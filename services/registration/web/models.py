"""What the API takes and gives."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from services.registration.domain.entities import Entity, EntityKind
from services.registration.domain.programmes import (
    DEFAULT_REMINDERS_MINUTES,
    DEFAULT_SURVEY_DAYS,
    DEFAULT_SURVEY_QUESTIONS,
    DEFAULT_SURVEY_REMINDER_DAYS,
    DEFAULT_TIME_ZONE,
    DEFAULT_TOOL,
    Programme,
    Slug,
)
from services.registration.domain.registrations import Registration, RegistrationState
from services.registration.domain.sessions import LONGEST_MINUTES, Session
from services.registration.domain.texts import Descriptions, HttpsUrl, OneLine, Titles
from services.registration.usecases.registrations import RegistrationView
from services.registration.usecases.sessions import SessionView
from shared.addresses import EmailAddress
from shared.events.registration import Material, SurveyQuestion
from shared.events.vocabulary import Language, ProgrammeKind, SessionStatus
from shared.problems import mark

NO_ZONE = mark("This is not the name of a time zone, such as Europe/Madrid.")
CONSENT_NEEDED = mark("To register, the notice on personal data must be accepted.")
FAR_AWAY = mark("This date is too far away.")
REPEATED_KEY = mark("Two questions have the same key.")


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(NO_ZONE)
    return name


def _accepted(consent: bool) -> bool:
    if not consent:
        raise ValueError(CONSENT_NEEDED)
    return consent


def _within_two_centuries(instant: datetime) -> datetime:
    """Dates at the ends of the calendar leave no room for a duration or another time zone."""
    if not 2000 <= instant.year < 2200:
        raise ValueError(FAR_AWAY)
    return instant


def _different(questions: list["SurveyQuestionIn"]) -> list["SurveyQuestionIn"]:
    if len({question.key for question in questions}) != len(questions):
        raise ValueError(REPEATED_KEY)
    return questions


class RequestModel(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class SurveyQuestionIn(RequestModel):
    """A question of the survey."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    text: Titles

    def question(self) -> SurveyQuestion:
        """The question as events carry it."""
        return SurveyQuestion(key=self.key, text=self.text)


Start = Annotated[AwareDatetime, AfterValidator(_within_two_centuries)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_time_zone)]
Tool = Annotated[OneLine, Field(max_length=100)]
Organiser = Annotated[OneLine, Field(max_length=200)]
ReplyTo = EmailAddress | Literal[""]
Reminders = Annotated[list[Annotated[int, Field(ge=5, le=43200)]], Field(max_length=5)]
Questions = Annotated[list[SurveyQuestionIn], Field(min_length=1, max_length=20), AfterValidator(_different)]
SurveyDays = Annotated[int, Field(ge=1, le=90)]
SurveyReminderDays = Annotated[int, Field(ge=0, le=90)]
Duration = Annotated[int, Field(ge=5, le=LONGEST_MINUTES)]
Capacity = Annotated[int, Field(ge=1, le=5000)]

DEFAULT_QUESTIONS = [SurveyQuestionIn(key=item.key, text=item.text) for item in DEFAULT_SURVEY_QUESTIONS]


class ProgrammeIn(RequestModel):
    """A new programme."""

    slug: Slug
    name: Titles
    kind: ProgrammeKind
    time_zone: TimeZone = DEFAULT_TIME_ZONE
    summary: Descriptions | None = None
    audience: Descriptions | None = None
    tool: Tool = DEFAULT_TOOL
    organiser: Organiser = ""
    reply_to: ReplyTo = ""
    reminders_minutes: Reminders = DEFAULT_REMINDERS_MINUTES
    survey_questions: Questions = DEFAULT_QUESTIONS
    survey_days: SurveyDays = DEFAULT_SURVEY_DAYS
    survey_reminder_days: SurveyReminderDays = DEFAULT_SURVEY_REMINDER_DAYS

    def programme(self) -> Programme:
        """The programme that this describes."""
        settings = self.model_dump(exclude={"slug", "survey_questions"})
        questions = [question.question() for question in self.survey_questions]
        return Programme(id=self.slug, survey_questions=questions, **settings)


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
        given: dict[str, object] = self.model_dump(exclude_none=True, exclude={"survey_questions"})
        if self.survey_questions is not None:
            given["survey_questions"] = [question.question() for question in self.survey_questions]
        return given


class ProgrammeOut(BaseModel):
    """A programme."""

    slug: str
    name: dict[Language, str]
    kind: ProgrammeKind
    time_zone: str
    summary: dict[Language, str] | None
    """What it is."""
    audience: dict[Language, str] | None
    """For whom it is."""
    tool: str
    """With what one connects."""
    organiser: str
    reply_to: str
    reminders_minutes: list[int]
    survey_questions: list[SurveyQuestion]
    survey_days: int
    survey_reminder_days: int

    @classmethod
    def of(cls, programme: Programme) -> Self:
        """The programme as the API shows it."""
        return cls(slug=programme.id, **programme.model_dump(include=set(cls.model_fields) - {"slug"}))


class SessionIn(RequestModel):
    """A session to be scheduled."""

    programme: Slug
    title: Titles
    description: Descriptions | None = None
    starts_at: Start
    duration_minutes: Duration = 60
    capacity: Capacity | None = None
    join_url: HttpsUrl | Literal[""] = ""

    def session(self, session_id: str) -> Session:
        """The session that this describes."""
        starts_at = self.starts_at.astimezone(UTC)
        return Session(
            id=session_id,
            programme=self.programme,
            title=self.title,
            description=self.description,
            starts_at=starts_at,
            duration_minutes=self.duration_minutes,
            over_at=starts_at + timedelta(minutes=self.duration_minutes),
            capacity=self.capacity,
            rostered=int(self.capacity is not None),
            join_url=self.join_url,
        )


class SessionChange(RequestModel):
    """What is to change of a session; what is left out stays. A null capacity lifts the limit."""

    title: Titles | None = None
    description: Descriptions | None = None
    capacity: Capacity | None = None
    join_url: HttpsUrl | Literal[""] | None = None

    def changes(self) -> dict[str, object]:
        """The fields to change: those given, and of the nulls those that mean something."""
        given: dict[str, object] = self.model_dump(exclude_unset=True)
        return {field: value for field, value in given.items() if value is not None or field in _NULLABLE}


_NULLABLE = ("capacity", "description")


class Reschedule(RequestModel):
    """Another time."""

    starts_at: Start
    duration_minutes: Duration | None = None


class Cancellation(RequestModel):
    """Why a session will not take place."""

    reason: Descriptions | None = None


class Nothing(RequestModel):
    """An empty body."""


class MaterialIn(RequestModel):
    """A document to read."""

    title: Annotated[OneLine, Field(min_length=1, max_length=300)]
    url: HttpsUrl

    def material(self) -> Material:
        """The material as events carry it."""
        return Material(title=self.title, url=self.url)


class MaterialsIn(RequestModel):
    """What is to be seen of a session, in place of what was before. Addresses are stored, never fetched."""

    recording_url: HttpsUrl | Literal[""] = ""
    materials: Annotated[list[MaterialIn], Field(max_length=50)] = []


class SessionOut(BaseModel):
    """A session as anybody may see it."""

    id: str
    programme: str
    title: dict[Language, str]
    description: dict[Language, str] | None
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    capacity: int | None
    seats_left: int | None
    """Seats to be had now; null without limit."""
    waiting: int
    status: SessionStatus
    sequence: int
    reason: dict[Language, str] | None
    recording_url: str
    materials: list[Material]

    @classmethod
    def of(cls, view: SessionView) -> Self:
        """The session as the API shows it."""
        session = view.session
        fields = session.model_dump(include=set(cls.model_fields) & set(type(session).model_fields), mode="python")
        instants = {"starts_at": session.starts_at, "ends_at": session.ends_at}
        return cls(**{**fields, **instants}, seats_left=view.seats_left, waiting=view.waiting)


class SessionForStaff(SessionOut):
    """A session as the office sees it."""

    join_url: str


class PersonIn(RequestModel):
    """Who comes to a session."""

    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    entity: Annotated[str, Field(min_length=1, max_length=40)]
    """Code of the directory."""
    role: Annotated[OneLine, Field(max_length=200)] = ""
    language: Language = Language.CA


class RegistrationIn(PersonIn):
    """Who registers for a session."""

    email: EmailAddress
    consent: Annotated[bool, AfterValidator(_accepted)]
    """The notice on personal data was read and accepted."""


class RegistrationAccepted(BaseModel):
    """The answer to every accepted registration, new or not; what came of it is told by mail."""

    session: str
    status: Literal["accepted"] = "accepted"


class RegistrationOut(BaseModel):
    """A registration as the person sees it who holds its link."""

    status: RegistrationState
    name: str
    email: str
    entity: str
    entity_name: str
    role: str
    language: Language
    attended: bool
    session_id: str
    programme: str
    title: dict[Language, str]
    starts_at: datetime
    ends_at: datetime
    session_status: SessionStatus
    join_url: str | None
    """From a quarter of an hour before the start until an hour after the end, for who has a seat."""

    @classmethod
    def of(cls, view: RegistrationView) -> Self:
        """The registration as the API shows it."""
        registration, session = view.registration, view.session
        return cls(
            status=registration.state,
            name=registration.name,
            email=registration.email,
            entity=registration.entity_code,
            entity_name=registration.entity_name,
            role=registration.role,
            language=registration.language,
            attended=registration.attended_at is not None,
            session_id=session.id,
            programme=session.programme,
            title=session.title,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            session_status=session.status,
            join_url=view.join_url or None,
        )


class RegistrationForStaff(BaseModel):
    """A registration as the office sees it: personal data."""

    id: str
    status: RegistrationState
    name: str
    email: str
    entity: str
    entity_name: str
    role: str
    language: Language
    registered_at: datetime
    promoted: bool
    attended_at: datetime | None

    @classmethod
    def of(cls, registration: Registration) -> Self:
        """The registration as the API shows it to the office."""
        return cls(
            id=registration.id,
            status=registration.state,
            name=registration.name,
            email=registration.email,
            entity=registration.entity_code,
            entity_name=registration.entity_name,
            role=registration.role,
            language=registration.language,
            registered_at=registration.arrived_at,
            promoted=bool(registration.promoted),
            attended_at=registration.attended_at,
        )


class EntityOut(BaseModel):
    """A local entity."""

    code: str
    name: str
    kind: EntityKind
    comarca: str
    province: str
    population: int | None

    @classmethod
    def of(cls, entity: Entity) -> Self:
        """The entity as the API shows it."""
        return cls(**entity.model_dump(include=set(cls.model_fields)))


class EntitiesFound(BaseModel):
    """What a search of the directory found, the best first."""

    items: list[EntityOut]


class EntitiesImported(BaseModel):
    """How many entities an import stored."""

    imported: int
