"""Bringing in files at the office: sessions of the past, who took part in them, people for a session to come."""

from dataclasses import dataclass

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.moving_in.usecases import MovingIn
from services.registration.registrations.usecases import Registrations
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.desk import Desk
from shared.web.import_pages import ImportPage
from shared.web.page_routes import PageRouter, page_router

SESSIONS = mark("Bring in past sessions")
ABOUT_SESSIONS = mark(
    "The sessions that took place before the programme ran here, with their recordings and materials. They stand in "
    "the archive at once, and nobody gets a mail."
)
STORE_SESSIONS = mark("Bring in these sessions")
PARTICIPATION = mark("Bring in who took part")
ABOUT_PARTICIPATION = mark(
    "How many people of each local entity registered for each session of the past and how many came, for the coverage. "
    "Figures only: a file with names or addresses of people is refused. Bring in the sessions first."
)
STORE_PARTICIPATION = mark("Bring in these figures")
ASSISTANCES = mark("Bring in requests and finishes")
ABOUT_ASSISTANCES = mark(
    "Which local entities requested and finished which resources of the catalogue. The same file, brought up to date, "
    "can be brought in as often as you like: an empty finish takes a finish back."
)
STORE_ASSISTANCES = mark("Bring in these lines")
PEOPLE = mark("Register people from a file")
ABOUT_PEOPLE = mark(
    "Each is registered as if by hand and gets the confirmation by mail. They must have agreed to it. Who is "
    "registered already gets nothing."
)
STORE_PEOPLE = mark("Register these people")


@dataclass(frozen=True)
class MovingInDesk(Desk):
    moving_in: MovingIn
    registrations: Registrations


def routes(desk: MovingInDesk) -> PageRouter:
    """`/office/import…`, `/office/sessions/{id}/registrations/import`."""
    router = page_router(desk.pages)
    admin = Depends(desk.admin)

    @router.get("/office/import")
    async def index(request: Request, _: StaffMember = admin) -> HTMLResponse:
        return desk.pages.render(request, "office/moving_in.html")

    _add_past(router, desk)
    _add_assistances(router, desk)
    _add_people(router, desk)
    return router


def _add_past(router: PageRouter, desk: MovingInDesk) -> None:
    admin = Depends(desk.admin)
    sessions = ImportPage(desk.pages, SESSIONS, ABOUT_SESSIONS, STORE_SESSIONS, "/office/sessions?view=past")
    participation = ImportPage(
        desk.pages, PARTICIPATION, ABOUT_PARTICIPATION, STORE_PARTICIPATION, "/office/entities/coverage"
    )

    @router.get("/office/import/sessions")
    async def choose_sessions(request: Request, _: StaffMember = admin) -> HTMLResponse:
        return sessions.choose(request, desk.moving_in.sessions)

    @router.post("/office/import/sessions")
    async def import_sessions(request: Request, member: StaffMember = admin) -> Response:
        return await sessions.answer(request, member, desk.moving_in.sessions)

    @router.get("/office/import/participation")
    async def choose_participation(request: Request, _: StaffMember = admin) -> HTMLResponse:
        return participation.choose(request, desk.moving_in.participation)

    @router.post("/office/import/participation")
    async def import_participation(request: Request, member: StaffMember = admin) -> Response:
        return await participation.answer(request, member, desk.moving_in.participation)


def _add_assistances(router: PageRouter, desk: MovingInDesk) -> None:
    admin = Depends(desk.admin)
    page = ImportPage(desk.pages, ASSISTANCES, ABOUT_ASSISTANCES, STORE_ASSISTANCES, "/office/resources")

    @router.get("/office/import/assistances")
    async def choose_assistances(request: Request, _: StaffMember = admin) -> HTMLResponse:
        return page.choose(request, desk.moving_in.assistances)

    @router.post("/office/import/assistances")
    async def import_assistances(request: Request, member: StaffMember = admin) -> Response:
        return await page.answer(request, member, desk.moving_in.assistances)


def _add_people(router: PageRouter, desk: MovingInDesk) -> None:
    editor = Depends(desk.editor)
    path = "/office/sessions/{session_id}/registrations/import"

    def page(session_id: str) -> ImportPage:
        back = f"/office/sessions/{session_id}/registrations"
        return ImportPage(desk.pages, PEOPLE, ABOUT_PEOPLE, STORE_PEOPLE, back)

    @router.get(path)
    async def choose_people(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        await desk.registrations.open_session(session_id)
        return page(session_id).choose(request, desk.moving_in.people(session_id))

    @router.post(path)
    async def import_people(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        return await page(session_id).answer(request, member, desk.moving_in.people(session_id))
