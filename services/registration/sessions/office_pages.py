"""Sessions at the office: the lists, one session, a new one, changing it, publishing what was shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.entities.usecases import Entities
from services.registration.programmes.domain import DEFAULT_TIME_ZONE, Programme
from services.registration.programmes.usecases import Programmes
from services.registration.projections import KnownProposal, KnownProposals
from services.registration.seats.domain import SeatCounts
from services.registration.sessions.domain import IN_THE_PAST, Session
from services.registration.sessions.forms import (
    AUDIENCES,
    NOT_LISTED,
    entity_names,
    session_fields,
    session_values,
    with_titles,
)
from services.registration.sessions.presented import Doubt
from services.registration.sessions.problems import (
    AlreadyRegisteredProblem,
    NobodyNamedProblem,
    OutsidersProblem,
    SessionNotScheduledProblem,
)
from services.registration.sessions.schemas import MaterialsIn, SessionIn, as_stored
from services.registration.sessions.store import SessionFilter, SessionStore
from services.registration.sessions.usecases import Sessions
from shared import ids
from shared.events.vocabulary import Audience, Language, SessionStatus, in_language, reads_otherwise
from shared.problems import Problem, mark
from shared.staff import StaffMember
from shared.web.desk import NO_SUCH_TIME, REQUIRED, Desk, sent_id
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import CONFIRMED, Form, see_other
from shared.web.paging import decode_cursor, encode_cursor

PAGE = 25
MOST_MATERIALS = 50
EMPTY_ROWS = 3

VIEW_NAMES = {
    SessionFilter.UPCOMING: mark("To come"),
    SessionFilter.PAST: mark("Past"),
    SessionFilter.CANCELLED: mark("Cancelled"),
}

_FIELDS_OF: Mapping[type[Problem], str] = {
    SessionNotScheduledProblem: "capacity",
    NobodyNamedProblem: "entities",
    OutsidersProblem: "audience",
    AlreadyRegisteredProblem: "tentative",
}
"""Where the form shows what is wrong with a change."""
CHOOSE_PROGRAMME = mark("Choose a programme.")


@dataclass(frozen=True, slots=True)
class Row:
    session: Session
    numbers: SeatCounts
    programme: Programme | None

    @property
    def zone(self) -> str:
        return self.programme.time_zone if self.programme else DEFAULT_TIME_ZONE


class SeatCounting(Protocol):
    async def __call__(self, session_id: str, readers: Collection[Language] = ...) -> SeatCounts:
        """Count everybody, or those who read in these languages."""


class DoubtsOf(Protocol):
    async def __call__(self, programme: str) -> Sequence[Doubt]:
        """Those that no session has treated, the oldest first."""


@dataclass(frozen=True)
class SessionDesk(Desk):
    sessions: Sessions
    programmes: Programmes
    stored: SessionStore
    counts: SeatCounting
    proposals: KnownProposals
    entities: Entities
    doubts: DoubtsOf

    async def checked_session(
        self, request: Request, form: Form, zone: str, session: Session | None = None, **fixed: Any
    ) -> tuple[SessionIn | None, dict[str, str], dict[str, Any]]:
        """The session as the form says, what is wrong with it, and the fields."""
        fields, unknown = await session_fields(self.entities, form, zone, session)
        asked, errors = self.checked(request, SessionIn, {**fields, **fixed})
        if unknown:
            errors["entities"] = self.pages.text(request, NOT_LISTED, names=", ".join(unknown))
        return asked, errors, fields

    def session_form(
        self, request: Request, errors: Mapping[str, str], values: Mapping[str, str], **shown: Any
    ) -> HTMLResponse:
        audiences = [(audience.value, self.pages.text(request, name)) for audience, name in AUDIENCES.items()]
        known = {"session": None, "programmes": {}, "audiences": audiences, "doubts": (), **shown}
        return self.again(request, "office/session_form.html", errors, values=values, **known)

    async def values_of(self, row: Row) -> dict[str, str]:
        return await session_values(self.entities, row.session, row.zone)

    async def treated(self, session: Session) -> list[KnownProposal]:
        """The proposals of a session; none once it is cancelled, also while they are on their way back to review."""
        cancelled = session.status is SessionStatus.CANCELLED
        return [] if cancelled else await self.proposals.treated_in(session.id)


def routes(desk: SessionDesk) -> PageRouter:
    router = page_router(desk.pages)
    _add_list(router, desk)
    _add_new(router, desk)
    _add_session(router, desk)
    _add_materials(router, desk)
    return router


async def session_row(desk: SessionDesk, session_id: str) -> Row:
    session = (await desk.sessions.view(session_id)).session
    return Row(session, await desk.counts(session_id), (await desk.programmes.by_slug()).get(session.programme))


def _add_list(router: PageRouter, desk: SessionDesk) -> None:
    viewer = Depends(desk.viewer)

    @router.get("/office/sessions")
    async def sessions(
        request: Request,
        view: SessionFilter = SessionFilter.UPCOMING,
        programme: Annotated[str, Query(max_length=64)] = "",
        after: str | None = None,
        _: StaffMember = viewer,
    ) -> HTMLResponse:
        found = await desk.stored.office_page(view, programme, limit=PAGE, after=decode_cursor(after, 2))
        programmes = await desk.programmes.by_slug()
        return desk.pages.render(
            request,
            "office/sessions.html",
            rows=[Row(each, await desk.counts(each.id), programmes.get(each.programme)) for each in found.items],
            view=view,
            views=VIEW_NAMES,
            programme=programme,
            programmes=programmes,
            following=encode_cursor(found.next),
        )


def _add_new(router: PageRouter, desk: SessionDesk) -> None:
    editor = Depends(desk.editor)

    @router.get("/office/sessions/new")
    async def new(
        request: Request,
        programme: str = "",
        like: Annotated[str, Query(alias="from")] = "",
        _: StaffMember = editor,
    ) -> HTMLResponse:
        values = {"programme": programme, "duration_minutes": "60", "audience": Audience.EVERYBODY.value}
        if like:
            copied = await desk.values_of(await session_row(desk, like))
            values = {**copied, "starts_at": "", "join_url": "", "tentative": ""}
        values["id"] = ids.new_id()
        return desk.session_form(request, {}, values, programmes=await desk.programmes.by_slug())

    @router.post("/office/sessions/new")
    async def schedule(request: Request, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        programmes = await desk.programmes.by_slug()
        programme = programmes.get(form.get("programme"))
        zone = programme.time_zone if programme else DEFAULT_TIME_ZONE
        asked, errors, fields = await desk.checked_session(request, form, zone)
        new_id = sent_id(form, "id")
        if time_error := _time_error(form.get("starts_at"), fields["starts_at"], desk.clock()):
            errors["starts_at"] = desk.pages.text(request, time_error)
        if programme is None:
            errors = {"programme": desk.pages.text(request, CHOOSE_PROGRAMME), **errors}
        if asked and not errors:
            try:
                await desk.sessions.schedule(member, asked.session(new_id))
                return see_other(f"/office/sessions/{new_id}")
            except NobodyNamedProblem as problem:
                errors = {"entities": desk.pages.say(request, problem)}
        return desk.session_form(request, errors, {**form.values, "id": new_id}, programmes=programmes)


def _time_error(typed: str, starts_at: datetime | None, now: datetime) -> str:
    if not typed:
        return REQUIRED
    if starts_at is None:
        return NO_SUCH_TIME
    return IN_THE_PAST if starts_at < now else ""


def _add_session(router: PageRouter, desk: SessionDesk) -> None:
    viewer, editor = Depends(desk.viewer), Depends(desk.editor)

    @router.get("/office/sessions/{session_id}")
    async def session(request: Request, session_id: str, _: StaffMember = viewer) -> HTMLResponse:
        row = await session_row(desk, session_id)
        proposals = await desk.treated(row.session)
        return desk.pages.render(
            request,
            "office/session.html",
            row=row,
            session=row.session,
            audience=AUDIENCES[row.session.audience],
            named=await entity_names(desk.entities, row.session),
            proposals=proposals,
            doubts=await desk.doubts(row.session.programme) if row.session.is_scheduled else (),
            now=desk.clock(),
        )

    @router.get("/office/sessions/{session_id}/edit")
    async def edit(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        row = await session_row(desk, session_id)
        return desk.session_form(request, {}, await desk.values_of(row), session=row.session)

    @router.get("/office/sessions/{session_id}/prepare")
    async def prepare(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        """The form to change it, with the titles of its proposals in the description, beside the doubts that wait for
        a session; saving it is `change`."""
        row = await session_row(desk, session_id)
        titles = [proposal.title for proposal in await desk.treated(row.session)]
        values, doubts = with_titles(await desk.values_of(row), titles), await desk.doubts(row.session.programme)
        return desk.session_form(request, {}, values, session=row.session, doubts=doubts)

    @router.post("/office/sessions/{session_id}/edit")
    async def change(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        row = await session_row(desk, session_id)
        unchanged = {name: getattr(row.session, name) for name in ("programme", "starts_at", "duration_minutes")}
        asked, errors, _ = await desk.checked_session(request, form, row.zone, row.session, **unchanged)
        if asked is None or errors or form.get("change"):
            return desk.session_form(request, errors, form.values, session=row.session)
        if not form.get(CONFIRMED) and (preview := await _title_change(desk, request, row, asked)):
            return desk.pages.render(
                request, "office/change_preview.html", **preview, session=row.session, values=form.values
            )
        changes = as_stored(asked.model_dump(exclude={*unchanged}))
        try:
            await desk.sessions.change(member, session_id, changes)
        except tuple(_FIELDS_OF) as problem:
            errors = {_FIELDS_OF[type(problem)]: desk.pages.say(request, problem)}
            return desk.session_form(request, errors, form.values, session=row.session)
        return see_other(f"/office/sessions/{session_id}")


async def _title_change(desk: SessionDesk, request: Request, row: Row, asked: SessionIn) -> dict[str, Any]:
    """Who gets a mail when this form is saved, with the old and the new title. Empty if nobody does.

    Those registered or waiting get one if they read the title in a language in which it changes.
    """
    before, after = row.session.title, asked.title
    readers = [language for language in Language if reads_otherwise(before, after, language)]
    if not row.session.is_scheduled or not readers:
        return {}
    numbers = await desk.counts(row.session.id, readers)
    own = desk.pages.language(request)
    shown = own if own in readers else readers[0]
    titles = {name: {shown: in_language(title, shown)} for name, title in (("before", before), ("after", after))}
    return {"row": replace(row, numbers=numbers), **titles} if numbers.recipients else {}


def _add_materials(router: PageRouter, desk: SessionDesk) -> None:
    editor = Depends(desk.editor)

    def form_page(request: Request, row: Row, fields: Mapping[str, Any], errors: Mapping[str, str]) -> HTMLResponse:
        rows = range(len(fields["materials"]) + EMPTY_ROWS)
        values = _materials_values(fields)
        return desk.again(request, "office/materials.html", errors, row=row, rows=rows, values=values)

    @router.get("/office/sessions/{session_id}/materials")
    async def materials(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        row = await session_row(desk, session_id)
        return form_page(request, row, row.session.model_dump(include={"recording_url", "materials"}), {})

    @router.post("/office/sessions/{session_id}/materials")
    async def publish(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        row = await session_row(desk, session_id)
        fields = _materials_fields(form)
        asked, errors = desk.checked(request, MaterialsIn, fields)
        if asked is None:
            # `materials_2_url` of the model is the field `material_2_url`.
            errors = {name.replace("materials_", "material_", 1): text for name, text in errors.items()}
            return form_page(request, row, fields, errors)
        materials = [item.material() for item in asked.materials]
        await desk.sessions.publish_materials(member, session_id, asked.recording_url, materials)
        return see_other(f"/office/sessions/{session_id}")


def _materials_fields(form: Form) -> dict[str, Any]:
    """The form as `MaterialsIn` takes it, without empty rows."""
    pairs = [(form.get(f"material_{row}_title"), form.get(f"material_{row}_url")) for row in range(MOST_MATERIALS)]
    return {
        "recording_url": form.get("recording_url"),
        "materials": [{"title": title, "url": url} for title, url in pairs if title or url],
    }


def _materials_values(fields: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields; the rows are numbered as errors of `MaterialsIn` number them."""
    values = {"recording_url": fields["recording_url"]}
    for row, material in enumerate(fields["materials"]):
        values |= {f"material_{row}_title": material["title"], f"material_{row}_url": material["url"]}
    return values
