"""Today: what needs doing, and the next session."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from services.registration.domain.programmes import DEFAULT_TIME_ZONE
from services.registration.web.office.desk import Desk
from services.registration.web.office.sessions import programmes_by_slug
from shared.staff import StaffMember
from shared.web.page_routes import PageRouter, page_router


def routes(desk: Desk) -> PageRouter:
    """`/office`."""
    router = page_router(desk.pages)

    @router.get("/office")
    async def today(request: Request, _: Annotated[StaffMember, Depends(desk.viewer)]) -> HTMLResponse:
        programmes = await programmes_by_slug(desk)
        zones = {slug: programme.time_zone for slug, programme in programmes.items()}
        return desk.pages.render(
            request,
            "office/today.html",
            agenda=await desk.office.today.agenda(),
            zones=zones,
            default_zone=DEFAULT_TIME_ZONE,
            has_programmes=bool(programmes),
        )

    return router
