"""Petitions, as councils make them and as they and the office see them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from services.registration.contacts.domain import Person
from services.registration.offers.domain import Offer
from services.registration.petitions.domain import Petition, Step
from services.registration.petitions.selecting import Proposed, Wish
from services.registration.petitions.usecases import DECIDED
from services.registration.registrations.schemas import PersonIn
from shared.events.support import Finding
from shared.events.vocabulary import Language, PetitionState
from shared.problems import mark
from shared.text.addresses import EmailAddress
from shared.text.fields import OneLine, Paragraphs
from shared.web.schemas import RequestModel, Whole, Yes

CONSENT_NEEDED = mark("To ask, the notice on personal data must be accepted.")
NOT_DECIDED_SO = mark("That is nothing to decide: offered, reserve, accepted, declined or withdrawn.")
REASON_NEEDED = mark("Write the reason: the council reads it.")


def _accepted(consent: bool) -> bool:
    if not consent:
        raise ValueError(CONSENT_NEEDED)
    return consent


Reason = Annotated[Paragraphs, Field(max_length=2000)]
GivenReason = Annotated[Reason, Field(min_length=1)]


class ContactIn(PersonIn):
    """Who asks for an entity."""

    email: EmailAddress
    consent: Annotated[Yes, AfterValidator(_accepted)]
    """The notice on personal data was read and accepted."""

    def person(self) -> Person:
        return Person(name=self.name, email=self.email, role=self.role, language=self.language)


class PetitionIn(ContactIn):
    """What an entity asks for."""

    answers: Annotated[dict[str, Annotated[str, Field(max_length=4000)]], Field(max_length=50)] = {}
    """By key of the question: `yes` or `no`, a number such as `12.5`, the place of an option from 1, or a text."""


class PetitionAccepted(BaseModel):
    """The answer to every petition taken; the rest is told by mail."""

    offer: str
    status: Literal["accepted"] = "accepted"
    findings: list[Finding]
    """What the official data say of the entity. Nothing here refuses: the office decides."""


class AcceptanceIn(RequestModel):
    """Who accepts a place for the council."""

    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    role: Annotated[OneLine, Field(min_length=1, max_length=200)]


class ReviewIn(RequestModel):
    reason: Reason = ""


class DecisionIn(RequestModel):
    """What the office decides."""

    state: PetitionState
    reason: Reason = ""
    """Needed for declining; the council reads it."""

    @model_validator(mode="after")
    def _is_decided(self) -> Self:
        if self.state not in DECIDED:
            raise ValueError(NOT_DECIDED_SO)
        if self.state is PetitionState.DECLINED and not self.reason:
            raise ValueError(REASON_NEEDED)
        return self


class AnswerIn(RequestModel):
    text: Annotated[Paragraphs, Field(min_length=1, max_length=8000)]


class AssignmentIn(RequestModel):
    """To whom a petition goes."""

    owner: Annotated[str, Field(max_length=64)] = ""
    """Key of a body of the programme; empty for the office."""
    reason: GivenReason


class PointsIn(RequestModel):
    """Points for the text that answers a question."""

    question: Annotated[str, Field(max_length=32)]
    points: Annotated[Whole, Field(ge=0, le=10)]
    reason: GivenReason


class SelectionIn(RequestModel):
    """A selection; with `dry_run` it is only shown."""

    places: Annotated[Whole, Field(ge=0, le=5000)] | None = None
    """How many are offered; without it as many as are free."""
    left_out: dict[str, GivenReason] = {}
    """By petition id, why it is declined."""
    reasons: dict[str, Reason] = {}
    """By petition id, what the council is told beside place and score."""
    digest: Annotated[str, Field(max_length=64)] = ""
    """Of the selection that was shown: if anything changed since, nothing is decided."""

    def wish(self) -> Wish:
        return Wish(self.places, self.left_out, self.reasons)


class SelectionOut(BaseModel):
    digest: str
    file: dict[str, Any]

    @classmethod
    def of(cls, proposed: Proposed) -> Self:
        return cls(digest=proposed.digest, file=proposed.file)


class PetitionOut(BaseModel):
    """A petition as its contact sees it."""

    offer: str
    programme: str
    title: dict[Language, str]
    state: PetitionState
    entity: str
    entity_name: str
    received_at: datetime
    findings: tuple[Finding, ...]
    reason: str
    offered_until: datetime | None
    place_in_reserve: int | None
    name: str
    email: str
    role: str
    language: Language
    answers: dict[str, str]

    @classmethod
    def of(cls, petition: Petition, offer: Offer) -> Self:
        return cls(
            **_common(petition),
            offer=petition.offer_id,
            title=offer.title,
            place_in_reserve=offer.place_in_reserve(petition.id),
            **petition.contact.model_dump(include={"name", "email", "role", "language"}),
        )


class PetitionForStaff(BaseModel):
    """A petition as the office sees it: personal data."""

    id: str
    offer: str
    programme: str
    state: PetitionState
    entity: str
    entity_name: str
    owner: str
    received_at: datetime
    answer_by: datetime | None
    is_eligible: bool
    findings: tuple[Finding, ...]
    reason: str
    offered_until: datetime | None
    name: str
    email: str
    role: str
    language: Language
    answers: dict[str, str]
    history: tuple[Step, ...]

    @classmethod
    def of(cls, petition: Petition) -> Self:
        more = {name: getattr(petition, name) for name in ("id", "owner", "answer_by", "is_eligible", "history")}
        person = petition.contact.model_dump(include={"name", "email", "role", "language"})
        return cls(**_common(petition), **more, **person, offer=petition.offer_id)


def _common(petition: Petition) -> dict[str, Any]:
    fields = (
        "programme",
        "state",
        "entity",
        "entity_name",
        "received_at",
        "findings",
        "reason",
        "offered_until",
        "answers",
    )
    return {name: getattr(petition, name) for name in fields}
