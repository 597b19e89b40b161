"""Moving, cancelling and ending a session: each first says what it will do and who will be told."""

from typing import Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.sessions.domain import IN_THE_PAST
from services.registration.sessions.office_pages import Row, SessionDesk, session_row
from services.registration.sessions.problems import SameTimeProblem, SessionNotScheduledProblem, TentativeProblem
from services.registration.sessions.schemas import Cancellation, Reschedule
from shared.events.vocabulary import in_language
from shared.problems import mark
from shared.staff import StaffMember
from shared.text.dates import local_instant, wall_clock
from shared.web.desk import NO_SUCH_TIME, text_values, texts
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import CONFIRMED, Form, see_other

END = mark("End «{title}»?")
END_EARLY = mark("The session is planned until later: it ends now, and its join links stop working.")
END_MEANS = mark(
    "Nobody can register any more. {count} people with a seat get the link to the survey. This cannot be undone."
)
END_MEANS_NO_SURVEY = mark(
    "Nobody can register any more. No survey follows this session: nobody gets a mail. This cannot be undone."
)
END_BUTTON = mark("End the session")


def routes(desk: SessionDesk) -> PageRouter:
    router = page_router(desk.pages)
    _add_reschedule(router, desk)
    _add_cancel(router, desk)
    _add_end(router, desk)
    return router


async def _scheduled(desk: SessionDesk, session_id: str) -> Row:
    """Read a session that is still to come.

    Raises:
        SessionUnknownProblem, SessionNotScheduledProblem: there is none, or it is cancelled or over.
    """
    row = await session_row(desk, session_id)
    if not row.session.is_scheduled:
        raise SessionNotScheduledProblem
    return row


def _add_reschedule(router: PageRouter, desk: SessionDesk) -> None:
    template = "office/reschedule.html"
    editor = Depends(desk.editor)

    @router.get("/office/sessions/{session_id}/reschedule")
    async def ask(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        row = await _scheduled(desk, session_id)
        values = {
            "starts_at": wall_clock(row.session.starts_at, row.zone),
            "duration_minutes": str(row.session.duration_minutes),
        }
        return desk.pages.render(request, template, row=row, session=row.session, values=values)

    @router.post("/office/sessions/{session_id}/reschedule")
    async def reschedule(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        row = await _scheduled(desk, session_id)
        shown: dict[str, Any] = {"row": row, "session": row.session, "values": form.values}
        asked, errors = _new_time(desk, request, form, row)
        if asked is None or errors or form.get("change"):
            return desk.again(request, template, errors, **shown)
        if not form.get(CONFIRMED):
            return desk.pages.render(request, "office/reschedule_preview.html", asked=asked, **shown)
        await desk.sessions.reschedule(member, session_id, asked.starts_at, asked.duration_minutes)
        return see_other(f"/office/sessions/{session_id}")


def _new_time(desk: SessionDesk, request: Request, form: Form, row: Row) -> tuple[Reschedule | None, dict[str, str]]:
    instant = local_instant(form.get("starts_at"), row.zone)
    if instant is None:
        return None, {"starts_at": desk.pages.text(request, NO_SUCH_TIME)}
    fields: dict[str, Any] = {"starts_at": instant, "duration_minutes": form.get("duration_minutes")}
    asked, errors = desk.checked(request, Reschedule, fields)
    if asked and instant < desk.clock():
        errors["starts_at"] = desk.pages.text(request, IN_THE_PAST)
    elif asked and (instant, asked.duration_minutes) == (row.session.starts_at, row.session.duration_minutes):
        errors["starts_at"] = desk.pages.say(request, SameTimeProblem())
    return asked, errors


def _add_cancel(router: PageRouter, desk: SessionDesk) -> None:
    template = "office/cancel.html"
    editor = Depends(desk.editor)

    @router.get("/office/sessions/{session_id}/cancel")
    async def ask(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        row = await _scheduled(desk, session_id)
        return desk.pages.render(request, template, row=row, session=row.session, values=text_values("reason", {}))

    @router.post("/office/sessions/{session_id}/cancel")
    async def cancel(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        row = await _scheduled(desk, session_id)
        asked, errors = desk.checked(request, Cancellation, {"reason": texts(form, "reason") or None})
        if asked is None or form.get("change"):
            return desk.again(request, template, errors, row=row, session=row.session, values=form.values)
        if not form.get(CONFIRMED):
            return desk.pages.render(
                request,
                "office/cancel_preview.html",
                row=row,
                session=row.session,
                reason=asked.reason,
                values=text_values("reason", asked.reason),
            )
        await desk.sessions.cancel(member, session_id, asked.reason)
        return see_other(f"/office/sessions/{session_id}")


def _add_end(router: PageRouter, desk: SessionDesk) -> None:
    editor = Depends(desk.editor)

    @router.get("/office/sessions/{session_id}/end")
    async def ask(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        row = await _scheduled(desk, session_id)
        if row.session.tentative:
            raise TentativeProblem
        means = END_MEANS if row.session.survey else END_MEANS_NO_SURVEY
        consequences = [desk.pages.text(request, means, count=row.numbers.registered)]
        if desk.clock() < row.session.ends_at:
            consequences.insert(0, desk.pages.text(request, END_EARLY))
        title = in_language(row.session.title, desk.pages.language(request))
        return desk.pages.render(
            request,
            "office/confirm.html",
            title=desk.pages.text(request, END, title=title),
            consequences=consequences,
            action=f"/office/sessions/{session_id}/end",
            hidden={},
            style="danger",
            button=desk.pages.text(request, END_BUTTON),
            back=f"/office/sessions/{session_id}",
        )

    @router.post("/office/sessions/{session_id}/end")
    async def end(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        await desk.pages.form(request)
        await desk.sessions.end(member, session_id)
        return see_other(f"/office/sessions/{session_id}")
