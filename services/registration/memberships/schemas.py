"""Memberships, as the office writes them and sees them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from services.registration.contacts.domain import Contact, Person
from services.registration.memberships.domain import MOST_CONTACTS, Membership, NextStep, Progress
from services.registration.resources.schemas import Day
from shared.events.vocabulary import Language, MembershipState
from shared.problems import mark
from shared.text.fields import HttpsUrl, OneLine, OptionalHttpsUrl, Paragraphs
from shared.web.schemas import RequestModel

SAY_WHY = mark("Write why the entity takes part, or name the accepted petition.")

Note = Annotated[Paragraphs, Field(max_length=1000)]
Reason = Annotated[OneLine, Field(max_length=300)]
Mentor = Annotated[str, Field(max_length=64)]
People = Annotated[list[Person], Field(max_length=MOST_CONTACTS)]


class MembershipIn(RequestModel):
    """An entity that is to take part in the phases of a programme."""

    programme: Annotated[str, Field(max_length=64)]
    """Slug."""
    entity: Annotated[str, Field(max_length=40)] = ""
    """Code of the directory; empty for the one of the petition."""
    petition: Annotated[str, Field(max_length=64)] = ""
    """Id of the accepted petition that it comes from."""
    reason: Reason = ""
    """Why the office puts it in without a petition."""
    mentor: Mentor | None = None
    """Key of the body that accompanies it; null for the one of its province."""
    project_url: OptionalHttpsUrl = ""
    contacts: People = []

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if not self.reason and not self.petition:
            raise ValueError(SAY_WHY)
        return self


class NextStepIn(RequestModel):
    """What the entity is to do next."""

    text: Annotated[OneLine, Field(min_length=1, max_length=300)]
    due_on: Day

    def next_step(self) -> NextStep:
        return NextStep(text=self.text, due_on=self.due_on)


class MembershipChange(RequestModel):
    """What is to change; what is left out stays."""

    mentor: Mentor | None = None
    """Key of a body; empty for the office. The body before sees nothing of it any more."""
    project_url: OptionalHttpsUrl | None = None
    next_step: NextStepIn | None = None
    """Null takes it away, with its reminders."""
    contacts: People | None = None
    """All of them: who is not among them is erased."""
    state: MembershipState | None = None
    """`finished` or `left`: who leaves gives up the seats in coming sessions."""


class AdvanceIn(RequestModel):
    """A phase begun, done, or opened again."""

    phase: Annotated[str, Field(max_length=32)]
    state: Progress
    evidence: OptionalHttpsUrl = ""
    """Address of what shows it. It is stored and never fetched."""
    note: Note = ""


class EvidenceIn(RequestModel):
    """What an entity shows of its work in the phase that it is in."""

    evidence: HttpsUrl
    note: Note = ""


class ContactOut(BaseModel):
    """A contact: personal data."""

    id: str
    name: str
    email: str
    role: str
    language: Language

    @classmethod
    def of(cls, contact: Contact) -> Self:
        return cls(**contact.model_dump(include=set(cls.model_fields)))


class StepOut(BaseModel):
    """What happened in a phase, and what shows it."""

    phase: str
    state: Progress
    at: datetime
    by: str
    """`office`, `entity`, or the key of a body."""
    evidence: str
    note: str


class MembershipOut(BaseModel):
    """A membership as the office sees it."""

    id: str
    programme: str
    entity: str
    entity_name: str
    petition: str
    reason: str
    mentor: str
    state: MembershipState
    phase: str
    steps: list[StepOut]
    next_step: NextStep | None
    project_url: str
    contacts: list[ContactOut]
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, membership: Membership) -> Self:
        same = set(cls.model_fields) - {"petition", "steps", "contacts"}
        return cls(
            **membership.model_dump(include=same),
            petition=membership.petition_id,
            steps=[StepOut(**dict(step)) for step in membership.steps],
            contacts=[ContactOut.of(each) for each in membership.people],
        )


class EnrolledOut(BaseModel):
    """What enrolling the members did."""

    enrolled: int
    """Contacts registered now."""
    there: int
    """Contacts who had a place already."""
    left: int
    """Contacts who gave their place up before: they are not registered again."""
    without_contact: list[str]
    """Names of the members that have no contact."""
