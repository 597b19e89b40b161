"""The JSON API of programmes."""

from fastapi import APIRouter, Depends

from services.registration.programmes.schemas import ProgrammeChange, ProgrammeIn, ProgrammeOut
from services.registration.programmes.usecases import Programmes
from shared.staff import StaffMember
from shared.web.openapi import ApiRouter, problems
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.staff_cookie import bearer_member


def programme_routes(programmes: Programmes, staff_token: str) -> APIRouter:
    router = ApiRouter("/api/v1/programmes", tag="programmes")
    staff = Depends(bearer_member(staff_token))

    @router.post("", status_code=201, summary="Create a programme", responses=problems(409))
    async def define(body: ProgrammeIn, member: StaffMember = staff) -> ProgrammeOut:
        return ProgrammeOut.of(await programmes.define(member, body.programme()))

    @router.get("", summary="List the programmes")
    async def page(limit: Limit = 100, cursor: CursorParameter = None) -> Page[ProgrammeOut]:
        found = await programmes.page(limit=limit, after=decode_cursor(cursor, 1))
        return page_of(found, ProgrammeOut.of)

    @router.get("/{slug}", summary="Read a programme")
    async def read(slug: str) -> ProgrammeOut:
        return ProgrammeOut.of(await programmes.get(slug))

    @router.patch("/{slug}", summary="Change a programme's settings", responses=problems(409))
    async def change(slug: str, body: ProgrammeChange, member: StaffMember = staff) -> ProgrammeOut:
        return ProgrammeOut.of(await programmes.change(member, slug, body.changes()))

    return router
