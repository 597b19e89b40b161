"""Offers, as the office defines them and as everybody sees them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from services.registration.eligibility.domain import Rule
from services.registration.offers.domain import DEFAULT_OFFER_DAYS, Offer
from services.registration.offers.questions import Question
from services.registration.programmes.domain import Slug
from services.registration.sessions.schemas import Start
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.problems import mark
from shared.text.fields import Descriptions, Titles
from shared.web.schemas import RequestModel, Whole

MAX_QUESTIONS = 20
SAME_KEY = mark("Two questions have the same key.")
TAKEN = mark("This short name is taken by a page of every programme. Choose another one.")
CLOSES_FIRST = mark("The last day comes before the first one.")

_TAKEN = ("members",)
"""Beneath the address of a programme."""


def _different(questions: tuple[Question, ...]) -> tuple[Question, ...]:
    if len({question.key for question in questions}) != len(questions):
        raise ValueError(SAME_KEY)
    return questions


def _free(slug: str) -> str:
    if slug in _TAKEN:
        raise ValueError(TAKEN)
    return slug


Questions = Annotated[tuple[Question, ...], Field(max_length=MAX_QUESTIONS), AfterValidator(_different)]
Places = Annotated[Whole, Field(ge=0, le=5000)]
Days = Annotated[Whole, Field(ge=1, le=365)]


class OfferTerms(RequestModel):
    """What entities may ask for, and how."""

    title: Titles
    text: Descriptions | None = None
    opens_at: Start | None = None
    closes_at: Start | None = None
    """The last second in which petitions are taken."""
    places: Places | None = None
    """Without it there is no limit, as of a service of support."""
    answer_days: Days | None = None
    """Within which the office commits itself to answer."""
    offer_days: Days = DEFAULT_OFFER_DAYS
    """That an entity has to accept the place offered to it."""
    rule: Rule = Rule()
    questions: Questions = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens_at and self.closes_at and self.closes_at < self.opens_at:
            raise ValueError(CLOSES_FIRST)
        return self

    def changes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in OfferTerms.model_fields}


class OfferIn(OfferTerms):
    """A new offer."""

    programme: Slug
    slug: Annotated[Slug, AfterValidator(_free)]

    def offer(self, clock: Clock) -> Offer:
        return Offer(id=f"{self.programme}:{self.slug}", programme=self.programme, changed_at=clock(), **self.changes())


class OfferOut(BaseModel):
    """An offer as everybody sees it."""

    id: str
    programme: str
    title: dict[Language, str]
    text: dict[Language, str] | None
    opens_at: datetime | None
    closes_at: datetime | None
    is_open: bool
    places: int | None
    answer_days: int | None
    offer_days: int
    rule: Rule
    questions: tuple[Question, ...]
    """Answers are texts: `yes` or `no`, a number such as `12.5`, the place of an option from 1, or a text."""

    @classmethod
    def of(cls, offer: Offer, now: datetime) -> Self:
        shown = {name: getattr(offer, name) for name in cls.model_fields if name != "is_open"}
        return cls(**shown, is_open=offer.takes_petitions(now))
