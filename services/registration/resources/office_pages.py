"""The catalogue at the office: the list, a new resource, its limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.eligibility.domain import KINDS
from services.registration.resources.domain import ImpossibleLimitsProblem, Resource, ResourceExistsProblem
from services.registration.resources.schemas import ResourceIn
from services.registration.resources.usecases import Resources
from shared.problems import Problem
from shared.staff import StaffMember
from shared.text.dates import OFFICE_ZONE
from shared.web.desk import Desk, changed_fields, text_values, texts
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

LIST = "/office/resources"
KIND_NAMES = {kind: words.message for kind, words in KINDS.items()}
_FIELDS: Mapping[type[Problem], str] = {ResourceExistsProblem: "slug", ImpossibleLimitsProblem: "population_max"}
"""Of the form, by what is wrong with them."""
_NUMBERS = ("population_min", "population_max", "per_entity")


@dataclass(frozen=True)
class ResourceDesk(Desk):
    resources: Resources


def routes(desk: ResourceDesk) -> PageRouter:
    """`/office/resources…`."""
    router = page_router(desk.pages)
    viewer, editor = Depends(desk.viewer), Depends(desk.editor)

    @router.get(LIST)
    async def resources(request: Request, _: StaffMember = viewer) -> HTMLResponse:
        found = list((await desk.resources.by_slug()).values())
        counts = await desk.resources.counts()
        year = desk.clock().astimezone(ZoneInfo(OFFICE_ZONE)).year
        return desk.pages.render(
            request, "office/resources.html", resources=found, counts=counts, year=year, kinds=KIND_NAMES
        )

    @router.get(LIST + "/new")
    async def new(request: Request, _: StaffMember = editor) -> HTMLResponse:
        return _form(desk, request, {}, {})

    @router.post(LIST + "/new")
    async def add(request: Request, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        asked, errors = desk.checked(request, ResourceIn, _fields(form))
        if asked is None:
            return _form(desk, request, form.values, errors)
        try:
            await desk.resources.add(member, asked.resource())
        except (ResourceExistsProblem, ImpossibleLimitsProblem) as problem:
            return _form(desk, request, form.values, {_FIELDS[type(problem)]: desk.pages.say(request, problem)})
        return see_other(LIST)

    _add_changing(router, desk)
    return router


def _add_changing(router: PageRouter, desk: ResourceDesk) -> None:
    editor = Depends(desk.editor)

    @router.get(LIST + "/{slug}")
    async def resource(request: Request, slug: str, _: StaffMember = editor) -> HTMLResponse:
        return _form(desk, request, _values(await desk.resources.get(slug)), {}, slug=slug)

    @router.post(LIST + "/{slug}")
    async def change(request: Request, slug: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        stored = await desk.resources.get(slug)
        asked, errors = desk.checked(request, ResourceIn, {**_fields(form), "slug": slug})
        if asked is None:
            return _form(desk, request, form.values, errors, slug=slug)
        wanted = asked.resource().model_dump(include=set(ResourceIn.model_fields) - {"slug"})
        try:
            if changes := changed_fields(stored, wanted):
                await desk.resources.change(member, slug, changes)
        except ImpossibleLimitsProblem as problem:
            return _form(
                desk, request, form.values, {_FIELDS[type(problem)]: desk.pages.say(request, problem)}, slug=slug
            )
        return see_other(LIST)


def _form(
    desk: ResourceDesk, request: Request, values: Mapping[str, str], errors: Mapping[str, str], *, slug: str = ""
) -> HTMLResponse:
    kinds = [(f"kind_{kind}", desk.pages.text(request, name)) for kind, name in KIND_NAMES.items()]
    return desk.again(request, "office/resource_form.html", errors, values=values, slug=slug, kinds=kinds)


def _fields(form: Form) -> dict[str, Any]:
    return {
        "slug": form.get("slug"),
        "name": texts(form, "name"),
        "kinds": [kind for kind in KIND_NAMES if form.get(f"kind_{kind}")],
        "years": [part.strip() for part in form.get("years").split(",") if part.strip()],
        **{name: form.get(name) or None for name in _NUMBERS},
    }


def _values(resource: Resource) -> dict[str, str]:
    return {
        **text_values("name", resource.name),
        **{f"kind_{kind}": "1" for kind in resource.kinds},
        "years": ", ".join(map(str, resource.years)),
        **{name: str(number) for name in _NUMBERS if (number := getattr(resource, name)) is not None},
    }
