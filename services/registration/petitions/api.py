"""The JSON API of petitions."""

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError

from services.registration.entities.usecases import Entities
from services.registration.offers.questions import checked
from services.registration.offers.usecases import Offers
from services.registration.petitions.schemas import (
    AnswerIn,
    AssignmentIn,
    DecisionIn,
    PetitionAccepted,
    PetitionForStaff,
    PetitionIn,
    PetitionOut,
    PointsIn,
    ReviewIn,
    SelectionIn,
    SelectionOut,
)
from services.registration.petitions.selecting import Selecting
from services.registration.petitions.usecases import Petitions
from services.registration.registrations.rate_limits import RateLimit
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.client_address import client_key
from shared.web.openapi import ApiRouter, problems
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.problems import field_error, located_error
from shared.web.staff_cookie import bearer_member

NO_SUCH_ENTITY = mark("There is no such entity in the directory.")


def petition_routes(
    petitions: Petitions,
    selecting: Selecting,
    offers: Offers,
    entities: Entities,
    rate_limit: RateLimit,
    staff_token: str,
) -> APIRouter:
    """Petitions: anybody asks, the contact reads by the link, the office decides."""
    router = ApiRouter(tag="petitions")
    staff = Depends(bearer_member(staff_token))
    _add_asking(router, petitions, offers, entities, rate_limit)
    _add_steps(router, petitions, staff)

    @router.post("/offers/{offer_id}/select", summary="Select petitions of an offer", responses=problems(409))
    async def select(
        offer_id: str, body: SelectionIn, dry_run: bool = False, member: StaffMember = staff
    ) -> SelectionOut:
        """Offer the first places of the order, put the others in the reserve. With `dry_run` the list is only shown;
        its `digest`, sent back, makes sure that what is decided is what was seen."""
        if dry_run:
            return SelectionOut.of(await selecting.propose(offer_id, body.wish()))
        return SelectionOut.of(await selecting.select(member, offer_id, body.wish(), body.digest))

    return router


def _add_asking(
    router: APIRouter, petitions: Petitions, offers: Offers, entities: Entities, rate_limit: RateLimit
) -> None:
    @router.post(
        "/offers/{offer_id}/petitions",
        status_code=202,
        summary="Ask under an offer, for an entity",
        description="The petition is taken whatever the official data say of the entity; the answer tells what they "
        "say, and a mail has the link. How many may be made in ten minutes is limited as for registrations (429 with "
        "Retry-After).",
        responses=problems(409, 429),
    )
    async def ask(request: Request, offer_id: str, body: PetitionIn) -> PetitionAccepted:
        offer, entity = await offers.open_offer(offer_id), await entities.find(body.entity)
        if entity is None:
            raise field_error("entity", NO_SUCH_ENTITY)
        answers, errors = checked(offer.questions, body.answers)
        if errors:
            raise RequestValidationError(
                [located_error(("body", "answers", key), message) for key, message in errors.items()]
            )
        await rate_limit.hit(offer_id, body.email, client_key(request))
        await petitions.ask(offer, entity, body.person(), answers)
        return PetitionAccepted(offer=offer_id, findings=[*await petitions.findings(offer, entity)])

    @router.get("/petitions/{token}", summary="Read one's own petition", responses=problems(410))
    async def read(token: str) -> PetitionOut:
        petition = await petitions.read_link(token)
        return PetitionOut.of(petition, await petitions.offer_of(petition))


def _add_steps(router: APIRouter, petitions: Petitions, staff: StaffMember) -> None:
    @router.get("/petitions", summary="List the petitions, the latest first")
    async def page(
        offer: str | None = None, limit: Limit = 100, cursor: CursorParameter = None, member: StaffMember = staff
    ) -> Page[PetitionForStaff]:
        found = await petitions.listed(member, offer or "", limit=limit, after=decode_cursor(cursor, 2))
        return page_of(found, PetitionForStaff.of)

    @router.post("/petitions/{petition_id}/review", summary="Take a petition up", responses=problems(409))
    async def review(petition_id: str, body: ReviewIn, member: StaffMember = staff) -> PetitionForStaff:
        return PetitionForStaff.of(await petitions.review(member, petition_id, body.reason))

    @router.post("/petitions/{petition_id}/decide", summary="Decide of a petition", responses=problems(409))
    async def decide(petition_id: str, body: DecisionIn, member: StaffMember = staff) -> PetitionForStaff:
        """Offered, reserve, accepted, declined, or withdrawn where the council says so to the office."""
        return PetitionForStaff.of(await petitions.decide(member, petition_id, body.state, body.reason))

    @router.post("/petitions/{petition_id}/answer", summary="Answer a petition", responses=problems(409))
    async def answer(petition_id: str, body: AnswerIn, member: StaffMember = staff) -> PetitionForStaff:
        """The same answer again changes nothing and mails nobody."""
        return PetitionForStaff.of(await petitions.answer(member, petition_id, body.text))

    @router.post("/petitions/{petition_id}/assign", summary="Pass a petition on", responses=problems(409))
    async def assign(petition_id: str, body: AssignmentIn, member: StaffMember = staff) -> PetitionForStaff:
        return PetitionForStaff.of(await petitions.assign(member, petition_id, body.owner, body.reason))

    @router.post("/petitions/{petition_id}/points", summary="Give points to a text", responses=problems(409))
    async def score(petition_id: str, body: PointsIn, member: StaffMember = staff) -> PetitionForStaff:
        """From 0 to 10, with a reason, for the answer to a criterion that is a text."""
        return PetitionForStaff.of(await petitions.score(member, petition_id, body.question, body.points, body.reason))
