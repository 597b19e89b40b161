"""The bodies that accompany a programme's entities, at the office."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.programmes.domain import Programme
from services.registration.programmes.office_pages import ProgrammeDesk
from services.registration.programmes.schemas import MAX_BODIES, ProgrammeChange
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.desk import changed_fields
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

PATH = "/office/programmes/{slug}/bodies"
NEW_BODIES = 1
"""Empty rows to fill in."""
NO_SUCH_PROVINCE = mark("The directory has no local entity in: {provinces}.")
_TEXTS = ("key", "name", "mailbox")


def routes(desk: ProgrammeDesk) -> PageRouter:
    router = page_router(desk.pages)
    editor = Depends(desk.editor)

    @router.get(PATH)
    async def show(request: Request, slug: str, done: str = "", _: StaffMember = editor) -> HTMLResponse:
        programme = await desk.programmes.get(slug)
        stored = [body.model_dump() for body in programme.bodies]
        return await _form(desk, request, programme, stored, {}, is_done=bool(done))

    @router.post(PATH)
    async def change(request: Request, slug: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        programme = await desk.programmes.get(slug)
        bodies = _bodies(form)
        asked, errors = desk.checked(request, ProgrammeChange, {"bodies": bodies})
        for row, body in enumerate(bodies):
            if unknown := [name for name in body["provinces"] if name not in await desk.provinces()]:
                text = desk.pages.text(request, NO_SUCH_PROVINCE, provinces=", ".join(unknown))
                errors[f"bodies_{row}_provinces"] = text
        if asked is None or errors:
            return await _form(desk, request, programme, bodies, errors)
        if changes := changed_fields(programme, asked.changes()):
            await desk.programmes.change(member, slug, changes)
        return see_other(f"/office/programmes/{slug}/bodies?done=1")

    return router


async def _form(
    desk: ProgrammeDesk,
    request: Request,
    programme: Programme,
    bodies: Sequence[Mapping[str, Any]],
    errors: Mapping[str, str],
    *,
    is_done: bool = False,
) -> HTMLResponse:
    count = len(bodies)
    return desk.again(
        request,
        "office/bodies.html",
        errors,
        programme=programme,
        count=count,
        known={body.key for body in programme.bodies},
        rows=range(min(count + NEW_BODIES, MAX_BODIES)),
        values=_values(bodies),
        provinces=", ".join(sorted(await desk.provinces())),
        is_done=is_done,
    )


def _bodies(form: Form) -> list[dict[str, Any]]:
    """The form as `ProgrammeChange` takes it, without removed and empty rows."""
    found = []
    for row in range(MAX_BODIES):
        body: dict[str, Any] = {name: form.get(f"bodies_{row}_{name}") for name in _TEXTS}
        listed = [part.strip() for part in form.get(f"bodies_{row}_provinces").split(",")]
        body["provinces"] = [name for name in listed if name]
        if any(body.values()) and not form.get(f"out_{row}"):
            found.append(body)
    return found


def _values(bodies: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for row, body in enumerate(bodies):
        values |= {f"bodies_{row}_{name}": body[name] for name in _TEXTS}
        values[f"bodies_{row}_provinces"] = ", ".join(body["provinces"])
    return values
