"""All that is kept of one person: as they take it along, and as the office reads or erases it for who asks."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.registration.contacts.usecases import Contacts, HeldContact
from services.registration.registrations.personal import KeptOfPerson, OwnRegistration
from services.registration.registrations.schemas import RegistrationOut
from services.registration.registrations.usecases import RegistrationView
from shared.events.vocabulary import ContactSubject, Language
from shared.security.erasing import Erasing
from shared.staff import StaffMember
from shared.web.openapi import ApiRouter
from shared.web.schemas import ErasedOut, PersonIn
from shared.web.staff_cookie import bearer_member


class RegistrationKept(RegistrationOut):
    """All that is kept of a registration; the way into the meeting is not among it."""

    join_url: Annotated[None, Field(exclude=True)] = None
    registered_at: datetime
    attended_at: datetime | None

    @classmethod
    def of(cls, view: RegistrationView) -> Self:
        registration = view.registration
        shown = RegistrationOut.of(view).model_dump(exclude={"join_url"})
        return cls(**shown, registered_at=registration.arrived_at, attended_at=registration.attended_at)


class ContactKept(BaseModel):
    """All that is kept of a contact of a petition or a membership."""

    about: ContactSubject
    programme: str
    entity: str
    entity_name: str
    name: str
    email: str
    role: str
    language: Language
    written: dict[str, str]
    """Answers to the questions of an offer."""

    @classmethod
    def of(cls, held: HeldContact) -> Self:
        subject, person = held.subject, held.contact.model_dump(include={"name", "email", "role", "language"})
        return cls(
            about=subject.about,
            programme=subject.programme,
            entity=subject.entity,
            entity_name=subject.entity_name,
            written=dict(held.written),
            **person,
        )


class SubjectExport(BaseModel):
    """All that is kept with one mail address."""

    registrations: list[RegistrationKept]
    contacts: list[ContactKept]

    @classmethod
    def of(cls, kept: KeptOfPerson) -> Self:
        return cls(
            registrations=[RegistrationKept.of(view) for view in kept.registrations],
            contacts=[ContactKept.of(held) for held in kept.contacts],
        )


def people_routes(own: OwnRegistration, erasing: Erasing, contacts: Contacts, staff_token: str) -> APIRouter:
    staff = Depends(bearer_member(staff_token))
    router = ApiRouter("/api/v1/registrations", tag="people", dependencies=[staff])

    @router.post("/export", summary="Read all that is kept of a registered person")
    async def export(person: PersonIn, by: StaffMember = staff) -> SubjectExport:
        """Every registration with an address, and every petition and membership whose contact it is."""
        return SubjectExport.of(await own.export_for(by, person.email))

    @router.post("/erase", summary="Erase a registered person")
    async def erase(person: PersonIn, by: StaffMember = staff) -> ErasedOut:
        """Name, address and role go from every registration and every contact; a seat in a session to come goes to who
        waits. Again: the same answer, with 0."""
        erased = await own.erase_for(by, person.email)
        return ErasedOut(erased=erased, unfinished=await erasing.unfinished() + await contacts.erasing.unfinished())

    return router
