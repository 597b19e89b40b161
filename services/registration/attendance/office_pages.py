"""Attendance at the office: ticked by hand, or from the report of Teams (choose the file, look, store)."""

from dataclasses import dataclass

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.attendance.domain import ReportProblem
from services.registration.attendance.usecases import Attendance
from services.registration.sessions.office_pages import SessionDesk, session_row
from shared.staff import StaffMember
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other


@dataclass(frozen=True)
class AttendanceDesk(SessionDesk):
    attendance: Attendance


def routes(desk: AttendanceDesk) -> PageRouter:
    """`/office/sessions/{id}/attendance`, and the ticks on `…/registrations`."""
    router = page_router(desk.pages)
    editor = Depends(desk.editor)
    path = "/office/sessions/{session_id}/attendance"
    template = "office/attendance.html"

    @router.get(path)
    async def choose(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        row = await session_row(desk, session_id)
        await desk.attendance.require_open(session_id)
        return desk.pages.render(request, template, row=row, matches=None)

    @router.post(path)
    async def compare(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        """Nothing is stored: the page shows the matches, and its form sends their ids back."""
        form = await desk.pages.form(request)
        row = await session_row(desk, session_id)
        try:
            matches = await desk.attendance.compare(session_id, form.files.get("report", b""))
        except ReportProblem as problem:
            errors = {"report": desk.pages.say(request, problem)}
            return desk.again(request, template, errors, row=row, matches=None)
        return desk.pages.render(request, template, row=row, matches=matches)

    @router.post(path + "/store")
    async def store(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        await desk.attendance.import_report(member, session_id, form.get("registrations").split())
        return see_other(f"/office/sessions/{session_id}/registrations")

    @router.post("/office/sessions/{session_id}/registrations")
    async def mark(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        before = set(form.get("were").split())
        now = {name.removeprefix("came-") for name in form.values if name.startswith("came-")}
        await desk.attendance.mark(member, session_id, sorted(now - before), sorted(before - now))
        return see_other(f"/office/sessions/{session_id}/registrations?page={_page_number(form)}")

    return router


def _page_number(form: Form) -> int:
    text = form.get("page")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 else 1
