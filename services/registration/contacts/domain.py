"""A contact: the person of an entity who is told what becomes of its petition or its membership.

It is kept inside that document, so that one write names or erases it and tells so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared import ids
from shared.clock import StoredInstant
from shared.events.base import Event, EventEnvelope
from shared.events.support import ContactErased, ContactNamed
from shared.events.vocabulary import ContactSubject, Language
from shared.text.addresses import EmailAddress
from shared.text.fields import OneLine


@dataclass(frozen=True, slots=True)
class Subject:
    """What contacts are told of: a petition or a membership."""

    about: ContactSubject
    id: str
    programme: str
    entity: str
    entity_name: str
    step: int = 0
    """How many steps it has taken."""


class Person(BaseModel):
    """A contact as it is entered."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    email: EmailAddress
    role: Annotated[OneLine, Field(max_length=200)] = ""
    language: Language = Language.CA


class Contact(BaseModel):
    """Personal data: it stays within registration and its people events."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str
    name: str
    email: str
    role: str = ""
    language: Language = Language.CA
    generation: int = 1
    """Raised when somebody who was erased is named again."""
    erased_at: StoredInstant | None = None
    """When name, address and role were erased."""

    @property
    def is_somebody(self) -> bool:
        return self.erased_at is None


def contact_id(secret: bytes, subject: Subject, email: str) -> str:
    """The same for one address and one subject; nobody finds the address by trying addresses."""
    return ids.derived_id(secret, "contact", subject.about, subject.id, email)


def contact_of(person: Person, secret: bytes, subject: Subject, before: Contact | None = None) -> Contact:
    """The contact made of a person; `before` is the one with the same id, if there was one."""
    generation = before.generation + (not before.is_somebody) if before else 1
    return Contact(id=contact_id(secret, subject, person.email), generation=generation, **person.model_dump())


def without_person(contact: Contact, now: datetime) -> Contact:
    """The contact once erased. Erasing again changes nothing."""
    nobody: dict[str, Any] = {"name": "", "email": "", "role": "", "erased_at": now}
    return contact.model_copy(update=nobody) if contact.is_somebody else contact


def told(contact: Contact, subject: Subject) -> Event:
    """The event of how the contact is now: named or erased."""
    if not contact.is_somebody:
        return ContactErased(
            version=0,
            contact_id=contact.id,
            about=subject.about,
            about_id=subject.id,
            generation=contact.generation,
        )
    return ContactNamed(
        version=0,
        contact_id=contact.id,
        about=subject.about,
        about_id=subject.id,
        programme=subject.programme,
        entity=subject.entity,
        entity_name=subject.entity_name,
        name=contact.name,
        email=contact.email,
        language=contact.language,
        generation=contact.generation,
        step=subject.step,
    )


def forgotten(outbox: Iterable[EventEnvelope], contact: Contact) -> Sequence[EventEnvelope]:
    """What waits to be published, without what it says of the contact."""
    return tuple(event for event in outbox if event.headers["ce-subject"] != contact.id)
