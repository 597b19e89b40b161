"""The JSON API of offers."""

from fastapi import APIRouter, Depends

from services.registration.offers.schemas import OfferIn, OfferOut, OfferTerms
from services.registration.offers.usecases import Offers
from services.registration.programmes.domain import ProgrammeUnknownProblem
from shared.clock import Clock
from shared.staff import StaffMember
from shared.web.openapi import ApiRouter, problems
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.problems import field_error
from shared.web.staff_cookie import bearer_member


def offer_routes(offers: Offers, staff_token: str, clock: Clock) -> APIRouter:
    router = ApiRouter("/api/v1/offers", tag="offers")
    staff = Depends(bearer_member(staff_token))

    @router.get("", summary="List what entities may ask for")
    async def page(limit: Limit = 100, cursor: CursorParameter = None) -> Page[OfferOut]:
        found, now = await offers.page(limit=limit, after=decode_cursor(cursor, 1)), clock()
        return page_of(found, lambda offer: OfferOut.of(offer, now))

    @router.post("", status_code=201, summary="Publish an offer", responses=problems(409))
    async def publish(body: OfferIn, member: StaffMember = staff) -> OfferOut:
        try:
            return OfferOut.of(await offers.publish(member, body.offer(clock)), clock())
        except ProgrammeUnknownProblem:
            raise field_error("programme", ProgrammeUnknownProblem.title) from None

    @router.put("/{offer_id}", summary="Change the terms of an offer", responses=problems(409))
    async def change(offer_id: str, body: OfferTerms, member: StaffMember = staff) -> OfferOut:
        """What was found of petitions received stays as it was. More places are offered to the reserve."""
        return OfferOut.of(await offers.change(member, offer_id, body.changes()), clock())

    return router
