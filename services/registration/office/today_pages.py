"""Today: what needs doing, and the next session."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from services.registration.office.today import Today
from services.registration.programmes.domain import DEFAULT_TIME_ZONE
from services.registration.programmes.usecases import Programmes
from shared.staff import StaffMember
from shared.web.desk import Desk
from shared.web.page_routes import PageRouter, page_router


@dataclass(frozen=True)
class TodayDesk(Desk):
    """What the first page of the office shows."""

    today: Today
    programmes: Programmes


def routes(desk: TodayDesk) -> PageRouter:
    """`/office`."""
    router = page_router(desk.pages)

    @router.get("/office")
    async def today(request: Request, _: Annotated[StaffMember, Depends(desk.viewer)]) -> HTMLResponse:
        programmes = await desk.programmes.by_slug()
        zones = {slug: programme.time_zone for slug, programme in programmes.items()}
        return desk.pages.render(
            request,
            "office/today.html",
            agenda=await desk.today.agenda(),
            zones=zones,
            default_zone=DEFAULT_TIME_ZONE,
            has_programmes=bool(programmes),
        )

    return router
