"""The registrations of a session at the office: search, attendance, by hand, cancel, spreadsheets."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from services.registration.projections import KnownBounces
from services.registration.registrations.domain import Registration, RegistrationState, SessionStartedProblem
from services.registration.registrations.export import COLUMNS, as_xlsx, rows
from services.registration.registrations.store import RegistrationStore
from services.registration.registrations.usecases import Person, Registrations
from services.registration.sessions.domain import JOIN_OPENS_BEFORE_START
from services.registration.sessions.office_pages import SessionDesk, session_row
from services.registration.sessions.problems import AttendanceTooEarlyProblem, NotForEntityProblem
from shared.entities.domain import Entity
from shared.events.vocabulary import Language
from shared.problems import LinkInvalidProblem, mark
from shared.staff import StaffMember
from shared.text.addresses import EmailAddress
from shared.text.fields import OneLine
from shared.text.search_words import words_of
from shared.text.spreadsheets import csv_table
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

PAGE = 100
MOST_ENTITIES = 12

STATE_NAMES = {
    RegistrationState.REGISTERED: mark("registered"),
    RegistrationState.WAITING: mark("on the waiting list"),
    RegistrationState.CANCELLED: mark("cancelled by the person or the office"),
}

NO_ENTITY = mark("No local entity was found. Write a part of its name, or its code.")
CHOOSE_ENTITY = mark("Choose one of the local entities found.")
CANCEL = mark("Cancel the registration of {name}?")
CANCEL_MEANS = mark("{name} gets a mail that says so, and the seat goes to whoever has waited longest.")
CANCEL_BUTTON = mark("Cancel the registration")
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _PersonIn(BaseModel):
    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    email: EmailAddress
    role: Annotated[OneLine, Field(max_length=200)] = ""
    language: Language = Language.CA


@dataclass(frozen=True)
class RegistrationDesk(SessionDesk):
    registrations: Registrations
    stored_registrations: RegistrationStore
    bounces: KnownBounces
    supported: Callable[[str], Awaitable[set[str]]]
    """Codes of the entities that a programme supports, by its slug."""


def routes(desk: RegistrationDesk) -> PageRouter:
    """`/office/sessions/{id}/registrations…`."""
    router = page_router(desk.pages)
    _add_list(router, desk)
    _add_spreadsheets(router, desk)
    _add_by_hand(router, desk)
    _add_cancel(router, desk)
    return router


def _add_list(router: PageRouter, desk: RegistrationDesk) -> None:
    viewer = Depends(desk.viewer)
    path = "/office/sessions/{session_id}/registrations"

    @router.get(path)
    async def registrations(
        request: Request,
        session_id: str,
        _: StaffMember = viewer,
        q: Annotated[str, Query(max_length=100)] = "",
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
    ) -> HTMLResponse:
        row = await session_row(desk, session_id)
        found = _searched(await desk.stored_registrations.all_of(session_id), q)
        shown = found[(page - 1) * PAGE : page * PAGE]
        return desk.pages.render(
            request,
            "office/registrations.html",
            row=row,
            registrations=shown,
            unreached=await _unreached(desk, shown),
            supported=await desk.supported(row.session.programme),
            found=len(found),
            states=STATE_NAMES,
            may_cancel=row.session.lets_cancel(desk.clock()),
            takes_attendance=row.session.takes_attendance(desk.clock()),
            takes_registrations=row.session.takes_registrations(desk.clock()),
            not_yet=desk.pages.say(request, AttendanceTooEarlyProblem(JOIN_OPENS_BEFORE_START)),
            q=q,
            page=page,
            is_last=len(found) <= page * PAGE,
        )


def _searched(registrations: Sequence[Registration], query: str) -> list[Registration]:
    """Every word of the query begins a word of name, address or entity."""
    asked = words_of(query)

    def fits(item: Registration) -> bool:
        words = words_of(f"{item.name} {item.email} {item.entity_name}")
        return all(any(word.startswith(prefix) for word in words) for prefix in asked)

    return [item for item in registrations if fits(item)]


async def _unreached(desk: RegistrationDesk, registrations: Sequence[Registration]) -> set[str]:
    """The ids of those whose address refuses our mails, in whichever session it was refused."""
    refused = (await desk.stored_registrations.many(await desk.bounces.recipients())).values()
    addresses = {each.email for each in refused if each.email}
    return {each.id for each in registrations if each.email in addresses}


def _add_spreadsheets(router: PageRouter, desk: RegistrationDesk) -> None:
    viewer = Depends(desk.viewer)

    async def table(request: Request, session_id: str, member: StaffMember) -> tuple[list[str], list[list[Any]]]:
        row = await session_row(desk, session_id)
        header = [desk.pages.text(request, title) for title in COLUMNS]
        states = {state: desk.pages.text(request, name) for state, name in STATE_NAMES.items()}
        return header, rows(await desk.registrations.export(member, session_id), row.zone, states)

    @router.get("/office/sessions/{session_id}/registrations.csv")
    async def csv(request: Request, session_id: str, member: StaffMember = viewer) -> Response:
        content = csv_table(*await table(request, session_id, member)).encode()
        return _file(content, "text/csv; charset=utf-8", f"{session_id}.csv")

    @router.get("/office/sessions/{session_id}/registrations.xlsx")
    async def xlsx(request: Request, session_id: str, member: StaffMember = viewer) -> Response:
        return _file(as_xlsx(*await table(request, session_id, member)), XLSX_TYPE, f"{session_id}.xlsx")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="registrations-{name}"'}
    return Response(content, media_type=media_type, headers=headers)


def _add_by_hand(router: PageRouter, desk: RegistrationDesk) -> None:
    editor = Depends(desk.editor)
    path = "/office/sessions/{session_id}/registrations/add"

    async def page(request: Request, session_id: str, *, status: int = 200, **given: Any) -> HTMLResponse:
        turns_away = (await desk.sessions.view(session_id)).turns_away(desk.clock())
        row = await session_row(desk, session_id)
        template = "office/registration_form.html"
        return desk.pages.render(request, template, status=status, row=row, turns_away=turns_away, **given)

    @router.get(path)
    async def form_page(request: Request, session_id: str, _: StaffMember = editor) -> HTMLResponse:
        await desk.registrations.open_session(session_id)
        return await page(request, session_id, entities=[], values={"language": "ca"})

    @router.post(path)
    async def add(request: Request, session_id: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        session = await desk.registrations.open_session(session_id)
        fields = {name: form.get(name) for name in ("name", "email", "role", "language")}
        asked, errors = desk.checked(request, _PersonIn, fields)
        entity, entities, wrong = await _entity(desk, form)
        if wrong:
            errors["entity"] = desk.pages.text(request, wrong)
        if asked is None or entity is None:
            return await page(request, session_id, status=422, errors=errors, entities=entities, values=form.values)
        person = Person(asked.name, asked.email, asked.role, asked.language)
        try:
            await desk.registrations.register_for(member, session, entity, person)
        except NotForEntityProblem as problem:
            errors = {"entity": desk.pages.say(request, problem)}
            return await page(request, session_id, status=422, errors=errors, entities=entities, values=form.values)
        return see_other(f"/office/sessions/{session_id}/registrations")


async def _entity(desk: RegistrationDesk, form: Form) -> tuple[Entity | None, list[Entity], str]:
    """The entity meant; else those to choose from, and the error."""
    if code := form.get("entity_code"):
        return await desk.entities.find(code), [], CHOOSE_ENTITY
    if entity := await desk.entities.find(form.get("entity")):
        return entity, [], ""
    found = await desk.entities.search(form.get("entity"), MOST_ENTITIES)
    if len(found) == 1:
        return found[0], [], ""
    return None, found, CHOOSE_ENTITY if found else NO_ENTITY


def _add_cancel(router: PageRouter, desk: RegistrationDesk) -> None:
    editor = Depends(desk.editor)
    path = "/office/sessions/{session_id}/registrations/{registration_id}/cancel"

    async def of_session(session_id: str, registration_id: str) -> Registration:
        view = await desk.registrations.view(registration_id)
        if view.registration.session_id != session_id:
            raise LinkInvalidProblem
        if not view.session.lets_cancel(desk.clock()):
            raise SessionStartedProblem
        return view.registration

    @router.get(path)
    async def ask(request: Request, session_id: str, registration_id: str, _: StaffMember = editor) -> HTMLResponse:
        registration = await of_session(session_id, registration_id)
        return desk.pages.render(
            request,
            "office/confirm.html",
            title=desk.pages.text(request, CANCEL, name=registration.name),
            consequences=[desk.pages.text(request, CANCEL_MEANS, name=registration.name)],
            action=path.format(session_id=session_id, registration_id=registration_id),
            hidden={},
            style="danger",
            button=desk.pages.text(request, CANCEL_BUTTON),
            back=f"/office/sessions/{session_id}/registrations",
        )

    @router.post(path)
    async def cancel(request: Request, session_id: str, registration_id: str, member: StaffMember = editor) -> Response:
        await desk.pages.form(request)
        await of_session(session_id, registration_id)
        await desk.registrations.cancel_for(member, registration_id)
        return see_other(f"/office/sessions/{session_id}/registrations")
