"""All that is kept of one person: as they take it along, and as the office reads or erases it for who asks."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.registration.registrations.personal import OwnRegistration
from services.registration.registrations.schemas import RegistrationOut
from services.registration.registrations.usecases import RegistrationView
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


class SubjectExport(BaseModel):
    """All that is kept with one mail address."""

    registrations: list[RegistrationKept]

    @classmethod
    def of(cls, views: Iterable[RegistrationView]) -> Self:
        return cls(registrations=[RegistrationKept.of(view) for view in views])


def people_routes(own: OwnRegistration, erasing: Erasing, staff_token: str) -> APIRouter:
    staff = Depends(bearer_member(staff_token))
    router = ApiRouter("/api/v1/registrations", tag="people", dependencies=[staff])

    @router.post("/export", summary="Read all that is kept of a registered person")
    async def export(person: PersonIn, by: StaffMember = staff) -> SubjectExport:
        """Every registration with an address."""
        return SubjectExport.of(await own.export_for(by, person.email))

    @router.post("/erase", summary="Erase a registered person")
    async def erase(person: PersonIn, by: StaffMember = staff) -> ErasedOut:
        """Name, address and role go from every registration; a seat in a session to come goes to who waits. Again: the
        same answer, with 0."""
        return ErasedOut(erased=await own.erase_for(by, person.email), unfinished=await erasing.unfinished())

    return router
