"""Programmes at the office: the list, a new one, its settings."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.programmes import domain
from services.registration.programmes.domain import Programme, ProgrammeExistsProblem
from services.registration.programmes.schemas import ProgrammeIn
from services.registration.programmes.usecases import Programmes
from shared.events.vocabulary import ProgrammeKind
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.desk import Desk, changed_fields, text_values, texts
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

KIND_NAMES = {
    ProgrammeKind.SERIES: mark("a series of sessions, open to all"),
    ProgrammeKind.COHORT: mark("a cohort that goes through phases"),
}

SURVEY = ("survey_questions", "survey_days", "survey_reminder_days")
ON_OTHER_PAGES = {*SURVEY, "bodies", "phases"}
_PLAIN = ("kind", "time_zone", "tool", "organiser", "reply_to")
_NUMBERS = ("keep_people_days", "lowest_mean")
"""Fields that are one text in the form and in the programme."""

DEFAULTS = {
    "kind": ProgrammeKind.SERIES.value,
    "time_zone": domain.DEFAULT_TIME_ZONE,
    "tool": domain.DEFAULT_TOOL,
    "reminders_minutes": ", ".join(map(str, domain.DEFAULT_REMINDERS_MINUTES)),
}


class Retention(Protocol):
    """How long people are kept."""

    @property
    def usual_days(self) -> int:
        """Of a programme that says nothing."""

    async def count_over(self, programme: str, days: int, /) -> int:
        """How many would be erased at once if the programme kept people so long."""


@dataclass(frozen=True)
class ProgrammeDesk(Desk):
    programmes: Programmes
    provinces: Callable[[], Awaitable[set[str]]]
    """Those that the directory has entities in."""
    retention: Retention


def routes(desk: ProgrammeDesk) -> PageRouter:
    router = page_router(desk.pages)
    viewer, editor = Depends(desk.viewer), Depends(desk.editor)

    @router.get("/office/programmes")
    async def programmes(request: Request, _: StaffMember = viewer) -> HTMLResponse:
        found = (await desk.programmes.by_slug()).values()
        return desk.pages.render(request, "office/programmes.html", programmes=found, kinds=KIND_NAMES)

    @router.get("/office/programmes/new")
    async def new(request: Request, _: StaffMember = editor) -> HTMLResponse:
        return _form(desk, request, DEFAULTS, {})

    @router.post("/office/programmes/new")
    async def define(request: Request, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        asked, errors = desk.checked(request, ProgrammeIn, _programme_fields(form))
        if asked is None:
            return _form(desk, request, form.values, errors)
        try:
            await desk.programmes.define(member, asked.programme())
        except ProgrammeExistsProblem as problem:
            return _form(desk, request, form.values, {"slug": desk.pages.say(request, problem)})
        return see_other(f"/office/sessions?programme={asked.slug}")

    _add_settings(router, desk)
    return router


def _add_settings(router: PageRouter, desk: ProgrammeDesk) -> None:
    editor = Depends(desk.editor)

    @router.get("/office/programmes/{slug}")
    async def settings(request: Request, slug: str, _: StaffMember = editor) -> HTMLResponse:
        return _form(desk, request, _programme_values(await desk.programmes.get(slug)), {}, slug=slug)

    @router.post("/office/programmes/{slug}")
    async def change(request: Request, slug: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        programme = await desk.programmes.get(slug)
        asked, errors = desk.checked(request, ProgrammeIn, {**_programme_fields(form), "slug": slug})
        if asked is None:
            return _form(desk, request, form.values, errors, slug=slug)
        if going := await _going(desk, programme, asked.keep_people_days, form):
            seen = str(asked.keep_people_days or desk.retention.usual_days)
            return _form(desk, request, {**form.values, "seen_days": seen}, {}, slug=slug, going=going)
        if changes := changed_fields(programme, asked.model_dump(exclude={"slug", *ON_OTHER_PAGES})):
            await desk.programmes.change(member, slug, changes)
        return see_other("/office/programmes")


async def _going(desk: ProgrammeDesk, programme: Programme, days: int | None, form: Form) -> int:
    """How many people would be erased by a shorter time that was not seen and saved again; else 0."""
    usual = desk.retention.usual_days
    wanted = days or usual
    if wanted >= (programme.keep_people_days or usual) or form.get("seen_days") == str(wanted):
        return 0
    return await desk.retention.count_over(programme.id, wanted)


def _form(
    desk: ProgrammeDesk,
    request: Request,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    slug: str = "",
    going: int = 0,
) -> HTMLResponse:
    kinds = [(kind.value, desk.pages.text(request, name)) for kind, name in KIND_NAMES.items()]
    return desk.again(
        request,
        "office/programme_form.html",
        errors,
        values=values,
        slug=slug,
        kinds=kinds,
        going=going,
        usual_days=desk.retention.usual_days,
    )


def _programme_fields(form: Form) -> dict[str, Any]:
    return {
        **{name: form.get(name) for name in ("slug", *_PLAIN)},
        "name": texts(form, "name"),
        "summary": texts(form, "summary") or None,
        "audience": texts(form, "audience") or None,
        "accredited": bool(form.get("accredited")),
        "members_public": bool(form.get("members_public")),
        **{name: form.get(name).replace(",", ".") or None for name in _NUMBERS},
        "reminders_minutes": [part.strip() for part in form.get("reminders_minutes").split(",") if part.strip()],
    }


def _programme_values(programme: Programme) -> dict[str, str]:
    return {
        "slug": programme.id,
        **{name: getattr(programme, name) for name in _PLAIN},
        **text_values("name", programme.name),
        **text_values("summary", programme.summary),
        **text_values("audience", programme.audience),
        "accredited": "1" if programme.accredited else "",
        "members_public": "1" if programme.members_public else "",
        "reminders_minutes": ", ".join(map(str, programme.reminders_minutes)),
        **{name: _number(getattr(programme, name)) for name in _NUMBERS},
    }


def _number(stored: float | None) -> str:
    return "" if stored is None else f"{stored:g}"
