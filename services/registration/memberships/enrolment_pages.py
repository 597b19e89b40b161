"""Enrolling the members in a session, at the office: how many mails leave is said before."""

from dataclasses import dataclass

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.memberships.enrolment import Enrolments
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.desk import Desk
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import see_other

PATH = "/office/sessions/{session_id}/enrol"
ENROL = mark("Enrol the members in this session?")
NEW = mark("Contacts who are registered and get the confirmation by mail: {count}.")
THERE = mark("Contacts who have a place already: {count}.")
LEFT = mark("Contacts who gave their place up and are not registered again: {count}.")
WITHOUT = mark("Members without a contact: {names}.")
BUTTON = mark("Enrol the members")


@dataclass(frozen=True)
class EnrolmentDesk(Desk):
    enrolments: Enrolments


def routes(desk: EnrolmentDesk) -> PageRouter:
    """`/office/sessions/{id}/enrol`."""
    router = page_router(desk.pages)
    editor = Depends(desk.editor)

    @router.get(PATH)
    async def ask(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        plan = await desk.enrolments.plan(session_id)
        lines = [desk.pages.text(request, NEW, count=plan.new)]
        lines += [desk.pages.text(request, THERE, count=plan.there)] if plan.there else []
        lines += [desk.pages.text(request, LEFT, count=plan.left)] if plan.left else []
        if plan.without_contact:
            lines.append(desk.pages.text(request, WITHOUT, names=", ".join(plan.without_contact)))
        return desk.pages.render(
            request,
            "office/confirm.html",
            title=desk.pages.text(request, ENROL),
            consequences=lines,
            action=PATH.format(session_id=session_id),
            hidden={},
            style="",
            button=desk.pages.text(request, BUTTON),
            back=f"/office/sessions/{session_id}",
        )

    @router.post(PATH)
    async def enrol(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        await desk.pages.form(request)
        await desk.enrolments.enrol(member, session_id)
        return see_other(f"/office/sessions/{session_id}/registrations")

    return router
