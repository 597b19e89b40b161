"""The JSON API of deliveries, suppressed addresses and recipients; for the office only, since it shows addresses."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from services.notifications.deliveries.domain import Delivery, DeliveryKind, DeliveryState
from services.notifications.office.people import People
from services.notifications.office.usecases import Addressed, DeliveryAdmin
from services.notifications.preferences.domain import (
    MailGroup,
    Suppression,
    SuppressionChoice,
    SuppressionReason,
)
from shared.events.vocabulary import ContactSubject, FollowerRole, Language, RegistrationStatus
from shared.staff import StaffMember
from shared.storage.contract import Scalar
from shared.web.openapi import ApiRouter, problems
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.schemas import ErasedOut, PersonIn, RequestModel, Yes
from shared.web.staff_cookie import bearer_member

_PLACE = 2
"""Values of a place in a list: the instant of creation and the id."""

SubjectParameter = Annotated[str | None, Query(max_length=100)]


class DeliveryView(BaseModel):
    """A mail to one person and what became of it."""

    id: str
    kind: DeliveryKind
    subject: str
    """Id of the session, the proposal, the petition or the membership it is about."""
    recipient: str
    """Id of the registration, the follower or the contact who gets it."""
    address: str
    """Where it goes; empty while the recipient is not known."""
    state: DeliveryState
    reason: str
    """Why it was deferred, bounced, failed or skipped."""
    tries: int
    created_at: datetime
    due_at: datetime
    next_try_at: datetime | None
    """When it is tried next; null once it has ended."""
    sent_at: datetime | None


class SuppressionView(BaseModel):
    """An address that gets no mail (`bounced`) or not all but direct answers (`unsubscribed`)."""

    id: str
    address: str
    reason: SuppressionReason
    group: MailGroup
    """Of an unsubscribed address: the group of mails that it gets no more; empty for all but direct answers."""
    created_at: datetime


class SuppressionChoiceIn(RequestModel):
    """Suppressed addresses to be freed together."""

    reason: SuppressionReason
    domain: Annotated[str, Field(max_length=253)] = ""
    """After the @; empty for any."""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    """When they were suppressed: from the first instant on, before the second."""
    dry_run: Yes = False
    """Whether only to count them."""


class LiftedOut(BaseModel):
    """How many addresses were meant."""

    number: int


class KnownRegistrationView(BaseModel):
    """A registration as its mails are written."""

    session_id: str
    name: str
    email: str
    entity_name: str
    language: Language
    status: RegistrationStatus


class KnownFollowerView(BaseModel):
    """A follower of a proposal as the mails are written."""

    proposal_id: str
    email: str
    language: Language
    role: FollowerRole


class KnownContactView(BaseModel):
    """A contact of a petition or a membership as the mails are written."""

    about: ContactSubject
    about_id: str
    name: str
    email: str
    entity_name: str
    language: Language


class MailView(BaseModel):
    """A mail to a person and what became of it."""

    kind: DeliveryKind
    subject: str
    """Id of the session, the proposal, the petition or the membership it is about."""
    state: DeliveryState
    created_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The delivery without what serves the sending."""
        return cls.model_validate({**delivery.model_dump(), "subject": delivery.subject_id})


class RecipientView(BaseModel):
    """All that is kept with one mail address."""

    registrations: list[KnownRegistrationView]
    followers: list[KnownFollowerView]
    contacts: list[KnownContactView]
    mails: list[MailView]
    suppressions: list[SuppressionView]


def routes(admin: DeliveryAdmin, people: People, *, staff_token: str) -> APIRouter:
    """The operations of the office."""
    router = ApiRouter(dependencies=[Depends(bearer_member(staff_token))])
    acting = Depends(bearer_member(staff_token))
    _add_deliveries(router, admin, acting)
    _add_suppressions(router, admin, acting)
    _add_people(router, people, acting)
    return router


def _add_deliveries(router: APIRouter, admin: DeliveryAdmin, acting: Any) -> None:
    @router.get("/deliveries", summary="List deliveries", tags=["deliveries"])
    async def list_deliveries(
        session: SubjectParameter = None,
        proposal: SubjectParameter = None,
        kind: DeliveryKind | None = None,
        state: DeliveryState | None = None,
        limit: Limit = 50,
        cursor: CursorParameter = None,
    ) -> Page[DeliveryView]:
        """Mails sent and to be sent, the newest first. Staff only."""
        where: dict[str, Scalar] = {"subject_id": session or proposal, "kind": kind, "state": state}
        chosen = {field: str(value) for field, value in where.items() if value}
        return page_of(await admin.list_deliveries(chosen, limit=limit, after=decode_cursor(cursor, _PLACE)), _view)

    @router.get("/deliveries/{id}", summary="Read a delivery", tags=["deliveries"])
    async def read_delivery(id: str) -> DeliveryView:  # noqa: A002  the name that the path shows to callers
        """What became of one mail. Staff only."""
        return _view(await admin.delivery(id))

    @router.post(
        "/deliveries/{id}/resend",
        status_code=202,
        summary="Send a mail once more",
        tags=["deliveries"],
        responses=problems(409),
    )
    async def resend(id: str, member: StaffMember = acting) -> DeliveryView:  # noqa: A002  the name that the path shows to callers
        """Puts a delivery that ended back to due. It goes out as a new mail that says what is known now, with a
        Message-ID and a Date of its own. 409 while it is still to be sent. Staff only."""
        return _view(await admin.resend(member, id))


def _add_suppressions(router: APIRouter, admin: DeliveryAdmin, acting: Any) -> None:
    @router.get("/suppressions", summary="List suppressed addresses", tags=["suppressions"])
    async def list_suppressions(limit: Limit = 50, cursor: CursorParameter = None) -> Page[SuppressionView]:
        """Addresses that a relay refused for good or whose holder stopped the news, the newest first. Staff only."""
        return page_of(await admin.suppressions.page(limit=limit, after=decode_cursor(cursor, _PLACE)), _suppression)

    @router.delete("/suppressions/{id}", status_code=204, summary="Send to an address again", tags=["suppressions"])
    async def lift_suppression(id: str, member: StaffMember = acting) -> None:  # noqa: A002  the name that the path shows to callers
        """The address gets mails again from now on. If it had been refused, what was held back in the last 30 days and
        is still of use goes out. Staff only."""
        await admin.lift(member, id)

    @router.post("/suppressions/lift", summary="Send to several addresses again", tags=["suppressions"])
    async def lift_suppressions(choice: SuppressionChoiceIn, member: StaffMember = acting) -> LiftedOut:
        """The same for all addresses that the choice means; with `dry_run` only their number. Staff only."""
        chosen = SuppressionChoice(choice.reason, choice.domain.lower(), choice.since, choice.until)
        if choice.dry_run:
            return LiftedOut(number=len(await admin.chosen(chosen)))
        return LiftedOut(number=await admin.lift_many(member, chosen))


def _add_people(router: APIRouter, people: People, acting: Any) -> None:
    @router.post("/recipients/export", summary="Read all that is kept of a recipient", tags=["people"])
    async def export(person: PersonIn, member: StaffMember = acting) -> RecipientView:
        """Whom an address stands for, the mails to it, and which it wants or takes no more. Staff only."""
        kept = await people.export_for(member, person.email)
        return RecipientView(
            registrations=[
                KnownRegistrationView.model_validate(each, from_attributes=True) for each in kept.registrations
            ],
            followers=[KnownFollowerView.model_validate(each, from_attributes=True) for each in kept.followers],
            contacts=[KnownContactView.model_validate(each, from_attributes=True) for each in kept.contacts],
            mails=[MailView.of(each) for each in kept.deliveries],
            suppressions=[_suppression(each) for each in kept.suppressions],
        )

    @router.post("/recipients/erase", summary="Erase a recipient", tags=["people"])
    async def erase(person: PersonIn, member: StaffMember = acting) -> ErasedOut:
        """The address goes, also from the suppressed ones. Erase it at registrations, followers and contacts first: who
        is kept there is told of here again. Staff only."""
        return ErasedOut(erased=await people.erase_for(member, person.email))


def _view(item: Addressed) -> DeliveryView:
    delivery = item.delivery
    return DeliveryView(
        **delivery.model_dump(exclude={"next_try_at"}),
        subject=delivery.subject_id,
        recipient=delivery.recipient_id,
        address=item.address,
        next_try_at=delivery.next_try_at if delivery.open else None,
    )


def _suppression(item: Suppression) -> SuppressionView:
    return SuppressionView.model_validate(item, from_attributes=True)
