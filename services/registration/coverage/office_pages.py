"""The directory at the office: search, participation, councils that never came."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.coverage import domain
from services.registration.coverage.domain import Participation
from services.registration.coverage.usecases import participations
from services.registration.entities.usecases import Entities
from services.registration.programmes.usecases import Programmes
from services.registration.registrations.store import RegistrationStore
from shared.entities.domain import MAX_QUERY
from shared.problems import mark
from shared.staff import StaffMember
from shared.storage.contract import Scalar
from shared.text.spreadsheets import csv_table
from shared.web.desk import Desk
from shared.web.page_routes import PageRouter, page_router

MOST_FOUND = 50

COLUMNS = (
    mark("Code"),
    mark("Local entity"),
    mark("Comarca"),
    mark("Province"),
    mark("Population"),
    mark("Registered"),
    mark("Attended"),
    mark("Sessions"),
)

_NOTHING = Participation()
Chosen = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True)
class CoverageDesk(Desk):
    entities: Entities
    registrations: RegistrationStore
    programmes: Programmes


def routes(desk: CoverageDesk) -> PageRouter:
    """`/office/entities`, `/office/entities/coverage`, `/office/entities.csv`."""
    router = page_router(desk.pages)
    viewer = Depends(desk.viewer)

    @router.get("/office/entities")
    async def entities(
        request: Request, _: StaffMember = viewer, q: Annotated[str, Query(max_length=MAX_QUERY)] = ""
    ) -> HTMLResponse:
        participation = await participations(desk.registrations)
        if q.strip():
            found = await desk.entities.search(q, MOST_FOUND)
        else:  # those that came most
            came = [entity for entity in await desk.entities.everybody() if entity.code in participation]
            found = sorted(came, key=lambda entity: -participation[entity.code].registered)[:MOST_FOUND]
        rows = [(entity, participation.get(entity.code, _NOTHING)) for entity in found]
        return desk.pages.render(request, "office/entities.html", rows=rows, q=q)

    @router.get("/office/entities/coverage")
    async def coverage(request: Request, _: StaffMember = viewer, programme: Chosen = "") -> HTMLResponse:
        participation = await participations(desk.registrations, programme)
        found = domain.coverage(await desk.entities.everybody(), participation)
        never: dict[str, list[str]] = {}
        for entity in found.never:
            never.setdefault(entity.comarca, []).append(entity.short_name)
        return desk.pages.render(
            request,
            "office/coverage.html",
            coverage=found,
            programme=programme,
            programmes=await desk.programmes.by_slug(),
            never=dict(sorted(never.items())),
        )

    @router.get("/office/entities/coverage.csv")
    async def table(request: Request, _: StaffMember = viewer, programme: Chosen = "") -> Response:
        participation = await participations(desk.registrations, programme)
        rows: list[list[Scalar]] = []
        for entity in await desk.entities.everybody():
            part = participation.get(entity.code, _NOTHING)
            place: list[Scalar] = [entity.code, entity.name, entity.comarca, entity.province, entity.population]
            rows.append([*place, part.registered, part.attended, part.sessions])
        header = [desk.pages.text(request, title) for title in COLUMNS]
        headers = {"content-disposition": 'attachment; filename="coverage.csv"'}
        return Response(csv_table(header, rows).encode(), media_type="text/csv; charset=utf-8", headers=headers)

    return router
