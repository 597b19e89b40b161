"""Sessions at the office: the lists, one session, a new one, changing it, publishing what was shown."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any, Protocol

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.programmes.domain import DEFAULT_TIME_ZONE, Programme
from services.registration.programmes.usecases import Programmes
from services.registration.sessions.domain import IN_THE_PAST, SeatCounts, Session, SessionNotScheduledProblem
from services.registration.sessions.forms import (
    EMPTY_ROWS,
    materials_fields,
    materials_values,
    session_fields,
    session_values,
)
from services.registration.sessions.schemas import MaterialsIn, SessionIn
from services.registration.sessions.store import SessionFilter, SessionStore
from services.registration.sessions.usecases import Sessions
from shared import ids
from shared.events.vocabulary import Language, in_language, reads_otherwise
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.desk import REQUIRED, Desk
from shared.web.office_forms import NO_SUCH_TIME
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import CONFIRMED, see_other
from shared.web.paging import decode_cursor, encode_cursor

PAGE = 25

VIEW_NAMES = {
    SessionFilter.UPCOMING: mark("To come"),
    SessionFilter.PAST: mark("Past"),
    SessionFilter.CANCELLED: mark("Cancelled"),
}

CHOOSE_PROGRAMME = mark("Choose a programme.")
_NEW_ID = re.compile("[a-z2-7]{16}")
"""Ids come with the form, so that sending it twice makes one session."""


@dataclass(frozen=True, slots=True)
class Row:
    """A session in a list."""

    session: Session
    numbers: SeatCounts
    programme: Programme | None

    @property
    def zone(self) -> str:
        """The time zone of its programme."""
        return self.programme.time_zone if self.programme else DEFAULT_TIME_ZONE


class SeatCounting(Protocol):
    """Counts the registrations of a session."""

    async def __call__(self, session_id: str, readers: Collection[Language] = ...) -> SeatCounts:
        """Of those who read in these languages."""


@dataclass(frozen=True)
class SessionDesk(Desk):
    """What the office's pages about sessions share."""

    sessions: Sessions
    programmes: Programmes
    stored: SessionStore
    counts: SeatCounting


def routes(desk: SessionDesk) -> PageRouter:
    """`/office/sessions`, `/office/sessions/new`, `/office/sessions/{id}`, `…/edit`, `…/materials`."""
    router = page_router(desk.pages)
    _add_list(router, desk)
    _add_new(router, desk)
    _add_session(router, desk)
    _add_edit(router, desk)
    _add_materials(router, desk)
    return router


async def row_of(desk: SessionDesk, session: Session, programmes: dict[str, Programme]) -> Row:
    """A session with its numbers."""
    return Row(session, await desk.counts(session.id), programmes.get(session.programme))


async def session_page(desk: SessionDesk, session_id: str) -> Row:
    """A session with its numbers and programme.

    Raises:
        SessionUnknownProblem: there is none.
    """
    view = await desk.sessions.view(session_id)
    return await row_of(desk, view.session, await desk.programmes.by_slug())


def _add_list(router: PageRouter, desk: SessionDesk) -> None:
    @router.get("/office/sessions")
    async def sessions(
        request: Request,
        _: Annotated[StaffMember, Depends(desk.viewer)],
        view: SessionFilter = SessionFilter.UPCOMING,
        programme: Annotated[str, Query(max_length=64)] = "",
        after: str | None = None,
    ) -> HTMLResponse:
        place = decode_cursor(after, 2)
        found = await desk.stored.office_page(view, programme, limit=PAGE, after=place)
        programmes = await desk.programmes.by_slug()
        return desk.pages.render(
            request,
            "office/sessions.html",
            rows=[await row_of(desk, session, programmes) for session in found.items],
            view=view,
            views=VIEW_NAMES,
            programme=programme,
            programmes=programmes,
            following=encode_cursor(found.next),
        )


def _add_new(router: PageRouter, desk: SessionDesk) -> None:
    template = "office/session_form.html"

    async def form_page(request: Request, *, status: int = 200, **given: Any) -> HTMLResponse:
        return desk.pages.render(
            request,
            template,
            status=status,
            session=None,
            programmes=await desk.programmes.by_slug(),
            **given,
        )

    @router.get("/office/sessions/new")
    async def new(
        request: Request,
        _: Annotated[StaffMember, Depends(desk.editor)],
        programme: str = "",
        like: Annotated[str, Query(alias="from")] = "",
    ) -> HTMLResponse:
        values = {"programme": programme, "duration_minutes": "60"}
        if like:
            copied = await session_page(desk, like)
            values = {**session_values(copied.session, copied.zone), "starts_at": "", "join_url": ""}
        return await form_page(request, values={**values, "id": ids.new_id()})

    @router.post("/office/sessions/new")
    async def schedule(request: Request, member: Annotated[StaffMember, Depends(desk.editor)]) -> Response:
        form = await desk.pages.form(request)
        programme = (await desk.programmes.by_slug()).get(form.get("programme"))
        fields = session_fields(form, programme.time_zone if programme else DEFAULT_TIME_ZONE)
        asked, errors = desk.checked(request, SessionIn, fields)
        new_id = form.get("id") if _NEW_ID.fullmatch(form.get("id")) else ids.new_id()
        errors |= _time_errors(desk, request, form.get("starts_at"), fields)
        if programme is None:
            errors = {"programme": desk.pages.text(request, CHOOSE_PROGRAMME), **errors}
        if asked is None or errors:
            return await form_page(
                request, status=422 if errors else 200, errors=errors, values={**form.values, "id": new_id}
            )
        session = asked.session(new_id)
        await desk.sessions.schedule(member, session)
        return see_other(f"/office/sessions/{session.id}")


def _add_session(router: PageRouter, desk: SessionDesk) -> None:
    @router.get("/office/sessions/{session_id}")
    async def session(
        request: Request, session_id: str, _: Annotated[StaffMember, Depends(desk.viewer)]
    ) -> HTMLResponse:
        row = await session_page(desk, session_id)
        return desk.pages.render(request, "office/session.html", row=row, session=row.session, now=desk.clock())


def _add_edit(router: PageRouter, desk: SessionDesk) -> None:
    template = "office/session_form.html"

    async def form_page(request: Request, row: Row, *, status: int = 200, **given: Any) -> HTMLResponse:
        return desk.pages.render(request, template, status=status, session=row.session, programmes={}, **given)

    @router.get("/office/sessions/{session_id}/edit")
    async def edit(request: Request, session_id: str, _: Annotated[StaffMember, Depends(desk.editor)]) -> HTMLResponse:
        row = await session_page(desk, session_id)
        return await form_page(request, row, values=session_values(row.session, row.zone))

    @router.post("/office/sessions/{session_id}/edit")
    async def change(
        request: Request, session_id: str, member: Annotated[StaffMember, Depends(desk.editor)]
    ) -> Response:
        form = await desk.pages.form(request)
        row = await session_page(desk, session_id)
        unchanged = {
            "programme": row.session.programme,
            "starts_at": row.session.starts_at,
            "duration_minutes": row.session.duration_minutes,
        }
        asked, errors = desk.checked(request, SessionIn, {**session_fields(form, row.zone), **unchanged})
        if asked is None or form.get("change"):
            return await form_page(request, row, status=422 if errors else 200, errors=errors, values=form.values)
        if not form.get(CONFIRMED) and (told := await _title_news(desk, request, row, asked)):
            return desk.pages.render(
                request,
                "office/change_preview.html",
                **told,
                session=row.session,
                values=form.values,
            )
        changes = asked.model_dump(include={"title", "description", "capacity", "join_url"})
        try:
            await desk.sessions.change(member, session_id, changes)
        except SessionNotScheduledProblem as problem:
            errors = {"capacity": desk.say(request, problem)}
            return await form_page(request, row, status=422, errors=errors, values=form.values)
        return see_other(f"/office/sessions/{session_id}")


async def _title_news(desk: SessionDesk, request: Request, row: Row, asked: SessionIn) -> dict[str, Any]:
    """Whom saving mails, and with which title in place of which; empty where it mails nobody. Another title goes to
    who reads it and is registered or waits, with the calendar entry."""
    before, after = row.session.title, asked.title
    readers = [language for language in Language if reads_otherwise(before, after, language)]
    if not row.session.is_scheduled or not readers:
        return {}
    numbers = await desk.counts(row.session.id, readers)
    own = desk.pages.language(request)
    shown = own if own in readers else readers[0]
    titles = {name: {shown: in_language(title, shown)} for name, title in (("before", before), ("after", after))}
    return {"row": replace(row, numbers=numbers), **titles} if numbers.told else {}


def _add_materials(router: PageRouter, desk: SessionDesk) -> None:
    template = "office/materials.html"

    @router.get("/office/sessions/{session_id}/materials")
    async def materials(
        request: Request, session_id: str, _: Annotated[StaffMember, Depends(desk.editor)]
    ) -> HTMLResponse:
        row = await session_page(desk, session_id)
        count = len(row.session.materials) + EMPTY_ROWS
        return desk.pages.render(request, template, row=row, rows=range(count), values=materials_values(row.session))

    @router.post("/office/sessions/{session_id}/materials")
    async def publish(
        request: Request, session_id: str, member: Annotated[StaffMember, Depends(desk.editor)]
    ) -> Response:
        form = await desk.pages.form(request)
        row = await session_page(desk, session_id)
        fields = materials_fields(form)
        asked, errors = desk.checked(request, MaterialsIn, fields)
        if asked is None:
            errors = {_material_field(name): text for name, text in errors.items()}
            values = _materials_again(fields)
            count = len(fields["materials"]) + EMPTY_ROWS
            return desk.again(request, template, errors, row=row, rows=range(count), values=values)
        await desk.sessions.publish_materials(
            member, session_id, asked.recording_url, [item.material() for item in asked.materials]
        )
        return see_other(f"/office/sessions/{session_id}")


def _time_errors(desk: SessionDesk, request: Request, typed: str, fields: dict[str, Any]) -> dict[str, str]:
    """What is wrong with when a session is to begin, in words of the form."""
    if not typed:
        return {"starts_at": desk.pages.text(request, REQUIRED)}
    if fields["starts_at"] is None:
        return {"starts_at": desk.pages.text(request, NO_SUCH_TIME)}
    if fields["starts_at"] < desk.clock():
        return {"starts_at": desk.pages.text(request, IN_THE_PAST)}
    return {}


def _materials_again(fields: dict[str, Any]) -> dict[str, str]:
    """What was sent, its empty rows closed up, as the errors number them."""
    values = {"recording_url": str(fields["recording_url"])}
    for row, material in enumerate(fields["materials"]):
        values |= {f"material_{row}_title": material["title"], f"material_{row}_url": material["url"]}
    return values


def _material_field(name: str) -> str:
    """`materials_2_url` is the field `material_2_url`."""
    return name.replace("materials_", "material_", 1)
