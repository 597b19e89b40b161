"""Programmes at the office: the list, a new one, its settings."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.programmes.domain import (
    DEFAULT_REMINDERS_MINUTES,
    DEFAULT_TIME_ZONE,
    DEFAULT_TOOL,
    ProgrammeExistsProblem,
)
from services.registration.programmes.forms import programme_fields, programme_values
from services.registration.programmes.schemas import ProgrammeIn
from services.registration.programmes.usecases import Programmes
from shared.events.vocabulary import ProgrammeKind
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.desk import Desk
from shared.web.office_forms import changed_fields
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import see_other

KIND_NAMES = {
    ProgrammeKind.SERIES: mark("a series of sessions, open to all"),
    ProgrammeKind.COHORT: mark("a cohort that goes through phases"),
}

SURVEY = ("survey_questions", "survey_days", "survey_reminder_days")
"""What has a page of its own."""

DEFAULTS = {
    "kind": ProgrammeKind.SERIES.value,
    "time_zone": DEFAULT_TIME_ZONE,
    "tool": DEFAULT_TOOL,
    "reminders_minutes": ", ".join(map(str, DEFAULT_REMINDERS_MINUTES)),
}


@dataclass(frozen=True)
class ProgrammeDesk(Desk):
    """What the office's pages about programmes share."""

    programmes: Programmes


def routes(desk: ProgrammeDesk) -> PageRouter:
    """`/office/programmes`, `/office/programmes/new`, `/office/programmes/{slug}`."""
    router = page_router(desk.pages)
    _add_list(router, desk)
    _add_new(router, desk)
    _add_change(router, desk)
    return router


def _form(desk: ProgrammeDesk, request: Request, *, slug: str = "", status: int = 200, **given: Any) -> HTMLResponse:
    kinds = [(kind.value, desk.pages.text(request, name)) for kind, name in KIND_NAMES.items()]
    return desk.pages.render(request, "office/programme_form.html", status=status, slug=slug, kinds=kinds, **given)


def _add_list(router: PageRouter, desk: ProgrammeDesk) -> None:
    @router.get("/office/programmes")
    async def programmes(request: Request, _: Annotated[StaffMember, Depends(desk.viewer)]) -> HTMLResponse:
        found = (await desk.programmes.by_slug()).values()
        return desk.pages.render(request, "office/programmes.html", programmes=found, kinds=KIND_NAMES)


def _add_new(router: PageRouter, desk: ProgrammeDesk) -> None:
    @router.get("/office/programmes/new")
    async def new(request: Request, _: Annotated[StaffMember, Depends(desk.editor)]) -> HTMLResponse:
        return _form(desk, request, values=DEFAULTS)

    @router.post("/office/programmes/new")
    async def define(request: Request, member: Annotated[StaffMember, Depends(desk.editor)]) -> Response:
        form = await desk.pages.form(request)
        asked, errors = desk.checked(request, ProgrammeIn, programme_fields(form))
        if asked is None:
            return _form(desk, request, status=422 if errors else 200, errors=errors, values=form.values)
        try:
            await desk.programmes.define(member, asked.programme())
        except ProgrammeExistsProblem as problem:
            errors = {"slug": desk.say(request, problem)}
            return _form(desk, request, status=422, errors=errors, values=form.values)
        return see_other(f"/office/sessions?programme={asked.slug}")


def _add_change(router: PageRouter, desk: ProgrammeDesk) -> None:
    @router.get("/office/programmes/{slug}")
    async def settings(request: Request, slug: str, _: Annotated[StaffMember, Depends(desk.editor)]) -> HTMLResponse:
        return _form(desk, request, slug=slug, values=programme_values(await desk.programmes.get(slug)))

    @router.post("/office/programmes/{slug}")
    async def change(request: Request, slug: str, member: Annotated[StaffMember, Depends(desk.editor)]) -> Response:
        form = await desk.pages.form(request)
        programme = await desk.programmes.get(slug)
        asked, errors = desk.checked(request, ProgrammeIn, {**programme_fields(form), "slug": slug})
        if asked is None:
            status = 422 if errors else 200
            return _form(desk, request, slug=slug, status=status, errors=errors, values=form.values)
        if changes := changed_fields(programme, asked.model_dump(exclude={"slug", *SURVEY})):
            await desk.programmes.change(member, slug, changes)
        return see_other("/office/programmes")
