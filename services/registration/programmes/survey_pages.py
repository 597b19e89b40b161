"""A programme's survey at the office: questions, days open, reminder."""

from collections.abc import Mapping
from typing import Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.programmes.domain import Programme
from services.registration.programmes.office_pages import SURVEY, ProgrammeDesk
from services.registration.programmes.schemas import MAX_QUESTIONS, ProgrammeChange
from services.registration.programmes.text_rows import TextRows, by_field, places
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.desk import changed_fields
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

PATH = "/office/programmes/{slug}/survey"
NO_QUESTION = mark("The survey needs at least one question.")
NEVER_REMINDED = mark("The reminder has to go out before the survey closes.")
ROWS = TextRows("survey_questions", MAX_QUESTIONS, new=2)


def routes(desk: ProgrammeDesk) -> PageRouter:
    router = page_router(desk.pages)
    editor = Depends(desk.editor)

    @router.get(PATH)
    async def show(request: Request, slug: str, done: str = "", _: StaffMember = editor) -> HTMLResponse:
        programme = await desk.programmes.get(slug)
        stored = programme.model_dump(include={*SURVEY})
        return _form(desk, request, programme, stored, {}, is_done=bool(done))

    @router.post(PATH)
    async def change(request: Request, slug: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        programme = await desk.programmes.get(slug)
        fields = _fields(form)
        asked, errors = _checked(desk, request, fields)
        if asked is None or errors:
            return _form(desk, request, programme, fields, errors)
        if changes := changed_fields(programme, asked.changes()):
            await desk.programmes.change(member, slug, changes)
        return see_other(f"/office/programmes/{slug}/survey?done=1")

    return router


def _form(
    desk: ProgrammeDesk,
    request: Request,
    programme: Programme,
    fields: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    is_done: bool = False,
) -> HTMLResponse:
    count = len(fields["survey_questions"])
    return desk.again(
        request,
        "office/survey.html",
        errors,
        programme=programme,
        count=count,
        rows=ROWS.shown(count),
        places=places(count),
        values=_values(fields),
        is_done=is_done,
    )


def _checked(
    desk: ProgrammeDesk, request: Request, fields: Mapping[str, Any]
) -> tuple[ProgrammeChange | None, dict[str, str]]:
    asked, found = desk.checked(request, ProgrammeChange, fields)
    errors = by_field(found)
    if not fields["survey_questions"]:
        errors["survey_questions"] = desk.pages.text(request, NO_QUESTION)
    if asked and (asked.survey_reminder_days or 0) >= (asked.survey_days or 0):
        errors["survey_reminder_days"] = desk.pages.text(request, NEVER_REMINDED)
    return asked, errors


def _fields(form: Form) -> dict[str, Any]:
    """The form as `ProgrammeChange` takes it."""
    return {
        "survey_questions": ROWS.read(form),
        "survey_days": form.get("survey_days"),
        "survey_reminder_days": form.get("survey_reminder_days"),
    }


def _values(fields: Mapping[str, Any]) -> dict[str, str]:
    values = {name: str(fields[name]) for name in ("survey_days", "survey_reminder_days")}
    return values | ROWS.values(fields["survey_questions"])
