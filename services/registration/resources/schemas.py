"""Resources and assistances as the API takes and gives them."""

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator

from services.registration.eligibility.domain import Inhabitants, PerEntity
from services.registration.resources.domain import FINISHED_BEFORE, Assistance, Resource
from shared.events.vocabulary import EntityKind, Language
from shared.problems import mark
from shared.text.dates import YEARS
from shared.text.fields import OneLine, Titles
from shared.web.schemas import RequestModel, Whole

FAR_AWAY = mark("This date is too far away.")
Slug = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,64}$")]
Kinds = Annotated[list[EntityKind], AfterValidator(lambda kinds: list(dict.fromkeys(kinds)))]
Years = Annotated[
    list[Annotated[Whole, Field(ge=YEARS.start, lt=YEARS.stop)]],
    AfterValidator(lambda years: sorted(set(years))),
    Field(max_length=50),
]
Reference = Annotated[OneLine, Field(max_length=100)]


def _near(day: date) -> date:
    if day.year not in YEARS:
        raise ValueError(FAR_AWAY)
    return day


Day = Annotated[date, AfterValidator(_near)]


class ResourceIn(RequestModel):
    """A resource of the catalogue. Empty lists and nulls set no limit."""

    slug: Slug
    name: Titles
    kinds: Kinds = []
    population_min: Inhabitants | None = None
    population_max: Inhabitants | None = None
    years: Years = []
    per_entity: PerEntity | None = None

    def resource(self) -> Resource:
        return Resource(id=self.slug, **self.model_dump(exclude={"slug"}))


class ResourceChange(RequestModel):
    """What is to change of a resource; what is left out stays. A null lifts a limit."""

    name: Titles | None = None
    kinds: Kinds | None = None
    population_min: Inhabitants | None = None
    population_max: Inhabitants | None = None
    years: Years | None = None
    per_entity: PerEntity | None = None

    def changes(self) -> dict[str, object]:
        """The fields to change: those given, and of the nulls those that mean something."""
        given: dict[str, object] = self.model_dump(exclude_unset=True)
        changes = {field: value for field, value in given.items() if value is not None or field in _NULLABLE}
        return {field: tuple(value) if isinstance(value, list) else value for field, value in changes.items()}


_NULLABLE = ("population_min", "population_max", "per_entity")


class ResourceOut(BaseModel):
    """A resource of the catalogue."""

    slug: str
    name: dict[Language, str]
    kinds: list[EntityKind]
    population_min: int | None
    population_max: int | None
    years: list[int]
    per_entity: int | None

    @classmethod
    def of(cls, resource: Resource) -> Self:
        return cls(slug=resource.id, **resource.model_dump(include=set(cls.model_fields) - {"slug"}))


class AssistanceIn(RequestModel):
    """What an entity did with a resource; nulls take dates back. A finish ahead counts from its day on."""

    reference: Reference = ""
    requested_on: Day | None = None
    finished_on: Day | None = None

    @field_validator("finished_on")
    @classmethod
    def _after_the_request(cls, day: date | None, others: ValidationInfo) -> date | None:
        requested = others.data.get("requested_on")
        if day and requested and day < requested:
            raise ValueError(FINISHED_BEFORE)
        return day


class AssistanceOut(BaseModel):
    """What is noted of an entity's use of a resource."""

    id: str
    resource: str
    entity: str
    reference: str
    requested_on: date | None
    finished_on: date | None
    source: str

    @classmethod
    def of(cls, assistance: Assistance) -> Self:
        return cls(**assistance.model_dump(include=set(cls.model_fields)))
