"""The JSON API of the catalogue's resources and of what entities did with them."""

from fastapi import APIRouter, Depends

from services.registration.resources.schemas import (
    AssistanceIn,
    AssistanceOut,
    ResourceChange,
    ResourceIn,
    ResourceOut,
)
from services.registration.resources.usecases import Resources
from shared.staff import StaffMember
from shared.web.openapi import ApiRouter, problems
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.staff_cookie import bearer_member


def resource_routes(resources: Resources, staff_token: str) -> APIRouter:
    router = ApiRouter(tag="resources")
    staff = Depends(bearer_member(staff_token))

    @router.get("/resources", summary="List the resources of the catalogue")
    async def page(limit: Limit = 100, cursor: CursorParameter = None) -> Page[ResourceOut]:
        found = await resources.page(limit=limit, after=decode_cursor(cursor, 1))
        return page_of(found, ResourceOut.of)

    @router.post("/resources", status_code=201, summary="Add a resource", responses=problems(409))
    async def add(body: ResourceIn, member: StaffMember = staff) -> ResourceOut:
        return ResourceOut.of(await resources.add(member, body.resource()))

    @router.patch("/resources/{slug}", summary="Change a resource")
    async def change(slug: str, body: ResourceChange, member: StaffMember = staff) -> ResourceOut:
        return ResourceOut.of(await resources.change(member, slug, body.changes()))

    @router.put(
        "/assistances/{resource}/{entity}",
        summary="Note what an entity did with a resource",
        description="In place of what was noted under the same reference; the same again changes nothing. "
        "`entity` is a code of the directory, of Idescat or of INE.",
    )
    async def note(resource: str, entity: str, body: AssistanceIn, member: StaffMember = staff) -> AssistanceOut:
        days = (body.requested_on, body.finished_on)
        return AssistanceOut.of(await resources.note(member, resource, entity, body.reference, *days))

    return router
