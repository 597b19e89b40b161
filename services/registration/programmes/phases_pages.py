"""The phases of a programme at the office."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.programmes.domain import DEFAULT_PHASES, PhaseInUseProblem, Programme
from services.registration.programmes.office_pages import ProgrammeDesk
from services.registration.programmes.schemas import MAX_PHASES, ProgrammeChange
from services.registration.programmes.text_rows import TextRows, by_field, places
from shared.staff import StaffMember
from shared.web.desk import changed_fields
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import see_other

PATH = "/office/programmes/{slug}/phases"
ROWS = TextRows("phases", MAX_PHASES, new=1)


def routes(desk: ProgrammeDesk) -> PageRouter:
    router = page_router(desk.pages)
    editor = Depends(desk.editor)

    @router.get(PATH)
    async def show(request: Request, slug: str, done: str = "", _: StaffMember = editor) -> HTMLResponse:
        """Of a programme without phases the usual ones, to be saved."""
        programme = await desk.programmes.get(slug)
        phases = [phase.model_dump() for phase in programme.phases or DEFAULT_PHASES]
        return _form(desk, request, programme, phases, {}, is_done=bool(done))

    @router.post(PATH)
    async def change(request: Request, slug: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        programme = await desk.programmes.get(slug)
        fields = {"phases": ROWS.read(form)}
        asked, errors = desk.checked(request, ProgrammeChange, fields)
        if asked is None:
            return _form(desk, request, programme, fields["phases"], by_field(errors))
        try:
            if changes := changed_fields(programme, asked.changes()):
                await desk.programmes.change(member, slug, changes)
        except PhaseInUseProblem as problem:
            stored = [phase.model_dump() for phase in programme.phases]
            return _form(desk, request, programme, stored, {"phases": desk.pages.say(request, problem)})
        return see_other(f"/office/programmes/{slug}/phases?done=1")

    return router


def _form(
    desk: ProgrammeDesk,
    request: Request,
    programme: Programme,
    phases: Sequence[Mapping[str, Any]],
    errors: Mapping[str, str],
    *,
    is_done: bool = False,
) -> HTMLResponse:
    return desk.again(
        request,
        "office/phases.html",
        errors,
        programme=programme,
        count=len(phases),
        rows=ROWS.shown(len(phases)),
        places=places(len(phases)),
        values=ROWS.values(phases),
        is_done=is_done,
    )
