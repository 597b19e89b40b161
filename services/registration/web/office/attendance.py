"""The attendance report of Teams: choose the file, look at who was found, store."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.domain.acts import Act
from services.registration.domain.attendance import ReportProblem
from services.registration.web.office.desk import Desk
from services.registration.web.office.sessions import session_page
from shared.staff import StaffMember
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import see_other


def routes(desk: Desk) -> PageRouter:
    """`/office/sessions/{id}/attendance`."""
    router = page_router(desk.pages)
    path = "/office/sessions/{session_id}/attendance"
    template = "office/attendance.html"

    @router.get(path)
    async def choose(
        request: Request, session_id: str, _: Annotated[StaffMember, Depends(desk.editor)]
    ) -> HTMLResponse:
        row = await session_page(desk, session_id)
        await desk.office.attendance.require_open(session_id)
        return desk.pages.render(request, template, row=row, matches=None)

    @router.post(path)
    async def compare(
        request: Request, session_id: str, _: Annotated[StaffMember, Depends(desk.editor)]
    ) -> HTMLResponse:
        """Nothing is stored: the page shows who was found, and its form brings their ids back."""
        form = await desk.pages.form(request)
        row = await session_page(desk, session_id)
        try:
            matches = await desk.office.attendance.compare(session_id, form.files.get("report", b""))
        except ReportProblem as problem:
            errors = {"report": desk.say(request, problem)}
            return desk.again(request, template, errors, row=row, matches=None)
        return desk.pages.render(request, template, row=row, matches=matches)

    @router.post(path + "/store")
    async def store(
        request: Request, session_id: str, member: Annotated[StaffMember, Depends(desk.editor)]
    ) -> Response:
        form = await desk.pages.form(request)
        await desk.office.attendance.require_open(session_id)
        found = form.get("registrations").split()
        await desk.act(member, Act.ATTENDANCE_IMPORTED, session_id, {"found": len(found)})
        await desk.office.attendance.mark(session_id, found)
        return see_other(f"/office/sessions/{session_id}/registrations")

    return router
