"""Sessions: scheduling, changing and closing them, and how they are shown."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticKnownError

from services.registration.programmes.domain import Slug
from services.registration.sessions.domain import LONGEST_MINUTES, Session
from services.registration.sessions.usecases import SessionView
from shared.events.registration import Material
from shared.events.vocabulary import Audience, Language, SessionStatus
from shared.problems import mark
from shared.text.fields import Descriptions, HttpsUrl, OneLine, OptionalHttpsUrl, Titles
from shared.web.schemas import RequestModel, Whole, Yes

FAR_AWAY = mark("This date is too far away.")


def _within_two_centuries(instant: datetime) -> datetime:
    """Dates at the ends of the calendar leave no room for a duration or another time zone."""
    if not 2000 <= instant.year < 2200:
        raise ValueError(FAR_AWAY)
    return instant


def _written_out(value: object) -> object:
    """A date in the words of RFC 3339: numbers, which may count anything since whenever, are none."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _DATE.match(value.strip())):
        raise PydanticKnownError("datetime_type")
    return value


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
Start = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_within_two_centuries)]
Duration = Annotated[Whole, Field(ge=5, le=LONGEST_MINUTES)]
Capacity = Annotated[Whole, Field(ge=1, le=5000)]
Entities = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")], ...],
    Field(max_length=2000),
    AfterValidator(lambda codes: tuple(dict.fromkeys(codes))),
]


class SessionIn(RequestModel):
    """A session to be scheduled."""

    programme: Slug
    title: Titles
    description: Descriptions | None = None
    starts_at: Start
    duration_minutes: Duration = 60
    capacity: Capacity | None = None
    join_url: OptionalHttpsUrl = ""
    audience: Audience = Audience.EVERYBODY
    entities: Entities = ()
    """The codes of those it is for, where `audience` is `entities`."""
    survey: Yes = True
    """Whether a survey follows it."""
    tentative: Yes = False
    """The date is provisional: nobody can register yet."""

    def session(self, session_id: str) -> Session:
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
            join_url=self.join_url,
            audience=self.audience,
            entities=self.entities,
            survey=int(self.survey),
            tentative=int(self.tentative),
        )


class SessionChange(RequestModel):
    """What is to change of a session; what is left out stays. A null capacity lifts the limit."""

    title: Titles | None = None
    description: Descriptions | None = None
    duration_minutes: Duration | None = None
    capacity: Capacity | None = None
    join_url: OptionalHttpsUrl | None = None
    audience: Audience | None = None
    entities: Entities | None = None
    survey: Yes | None = None
    tentative: Yes | None = None
    """False confirms the date."""

    def changes(self) -> dict[str, object]:
        """The fields to change: those given, and of the nulls those that mean something."""
        given: dict[str, object] = self.model_dump(exclude_unset=True)
        return as_stored({field: value for field, value in given.items() if value is not None or field in _NULLABLE})


_NULLABLE = ("capacity", "description")


def as_stored(changes: dict[str, object]) -> dict[str, object]:
    return {field: int(value) if isinstance(value, bool) else value for field, value in changes.items()}


class Reschedule(RequestModel):
    """Another time."""

    starts_at: Start
    duration_minutes: Duration | None = None


class Cancellation(RequestModel):
    """Why a session will not take place."""

    reason: Descriptions | None = None


class MaterialIn(RequestModel):
    """A document to read."""

    title: Annotated[OneLine, Field(min_length=1, max_length=300)]
    url: HttpsUrl

    def material(self) -> Material:
        return Material(title=self.title, url=self.url)


class MaterialsIn(RequestModel):
    """What is to be seen of a session, in place of what was before. Addresses are stored, never fetched."""

    recording_url: OptionalHttpsUrl = ""
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
    """At least so many, in tens; 1 for fewer than ten, 0 for none, null without a limit. The office sees the number."""
    waiting: int
    """At least so many, in tens."""
    status: SessionStatus
    sequence: int
    tentative: bool
    """The date is provisional: nobody can register yet."""
    reason: dict[Language, str] | None
    recording_url: str
    materials: list[Material]

    @classmethod
    def of(cls, view: SessionView) -> Self:
        return cls(**cls._fields_of(view), seats_left=view.seats_shown, waiting=view.waiting_shown)

    @classmethod
    def _fields_of(cls, view: SessionView) -> dict[str, Any]:
        session = view.session
        fields = session.model_dump(include=set(cls.model_fields) & set(type(session).model_fields), mode="python")
        return {**fields, "starts_at": session.starts_at, "ends_at": session.ends_at}


class SessionForStaff(SessionOut):
    """A session as the office sees it."""

    join_url: str
    audience: Audience
    entities: list[str]
    survey: bool

    @classmethod
    def of(cls, view: SessionView) -> Self:
        return cls(**cls._fields_of(view), seats_left=view.seats_left, waiting=view.waiting)
