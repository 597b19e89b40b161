"""The JSON API of the registration service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from services.registration.domain.acts import Act
from services.registration.domain.entities import MAX_QUERY, Entity
from services.registration.domain.entity_files import EntityFileError, decode_entities
from services.registration.domain.problems import ProgrammeUnknownProblem
from services.registration.domain.programmes import Programme
from services.registration.domain.registrations import Registration
from services.registration.domain.sessions import Session
from services.registration.usecases import UseCases
from services.registration.usecases.entities import Entities
from services.registration.usecases.programmes import Programmes
from services.registration.usecases.registrations import Person
from services.registration.usecases.sessions import Sessions, SessionView, When
from services.registration.web.errors import field_error, row_errors
from services.registration.web.models.base import Nothing
from services.registration.web.models.entities import EntitiesImported, EntityOut
from services.registration.web.models.programmes import ProgrammeChange, ProgrammeIn, ProgrammeOut
from services.registration.web.models.registrations import (
    RegistrationAccepted,
    RegistrationForStaff,
    RegistrationIn,
    RegistrationOut,
)
from services.registration.web.models.sessions import (
    Cancellation,
    MaterialsIn,
    Reschedule,
    SessionChange,
    SessionForStaff,
    SessionIn,
    SessionOut,
)
from services.registration.web.person import people_routes
from shared import ids
from shared.audit import Audit
from shared.clock import Clock, to_millis
from shared.problems import mark
from shared.storage.contract import Scalar
from shared.web.description import ANYBODY_OR_STAFF, ApiRouter, problems
from shared.web.office import StaffMember, bearer_member
from shared.web.origins import origin_of
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, encode_cursor
from shared.web.staff import staff_only

NO_SUCH_PROGRAMME = mark("There is no such programme.")
NO_SUCH_ENTITY = mark("There is no such entity in the directory.")
IN_THE_PAST = mark("A session cannot begin in the past.")

T = TypeVar("T")
Shown = TypeVar("Shown", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class OfficeCalls:
    """What the calls share that are the office's: who may make them, and where they are written down."""

    staff_token: str
    audit: Audit

    @property
    def member(self) -> Any:
        """The parameter of a call that only the office makes: who it is."""
        return Depends(bearer_member(self.staff_token))

    async def act(self, member: StaffMember, action: Act, subject: str, **details: Scalar) -> None:
        """Record an act that is about to be done."""
        await self.audit.record(member, action, subject, details)


def routers(use_cases: UseCases, office: OfficeCalls, clock: Clock) -> list[APIRouter]:
    """All of the API. Routes are tried in their order: first what hundreds ask for at once."""
    return [
        registration_routes(use_cases, office),
        programme_routes(use_cases.programmes, office),
        session_routes(use_cases.sessions, office),
        calendar_routes(use_cases.sessions, use_cases.programmes, office, clock),
        closing_routes(use_cases.sessions, office),
        people_routes(use_cases.mine, use_cases.erasures, office.staff_token),
        entity_routes(use_cases.entities, office),
    ]


def programme_routes(programmes: Programmes, office: OfficeCalls) -> APIRouter:
    """Programmes: anybody reads them, the office defines them."""
    router = ApiRouter("/api/v1/programmes", tag="programmes")

    @router.post("", status_code=201, summary="Create a programme", responses=problems(409))
    async def define(body: ProgrammeIn, member: StaffMember = office.member) -> ProgrammeOut:
        await office.act(member, Act.PROGRAMME_DEFINED, body.slug)
        return ProgrammeOut.of(await programmes.define(body.programme()))

    @router.get("", summary="List the programmes")
    async def page(limit: Limit = 100, cursor: CursorParameter = None) -> Page[ProgrammeOut]:
        found = await programmes.page(limit=limit + 1, after=decode_cursor(cursor, 1))
        return _page(found, limit, ProgrammeOut.of, _id_place)

    @router.get("/{slug}", summary="Read a programme")
    async def read(slug: str) -> ProgrammeOut:
        return ProgrammeOut.of(await programmes.get(slug))

    @router.patch("/{slug}", summary="Change a programme's settings")
    async def change(slug: str, body: ProgrammeChange, member: StaffMember = office.member) -> ProgrammeOut:
        await programmes.get(slug)
        await office.act(member, Act.PROGRAMME_CHANGED, slug, fields=", ".join(body.changes()))
        return ProgrammeOut.of(await programmes.change(slug, body.changes()))

    return router


def session_routes(sessions: Sessions, office: OfficeCalls) -> APIRouter:
    """Sessions as anybody reads them: without the join link."""
    router = ApiRouter("/api/v1/sessions", tag="sessions")
    require_staff = staff_only(office.staff_token)

    @router.get("", summary="List sessions by start", description="Past sessions begin with the latest.")
    async def page(
        programme: str | None = None, when: When | None = None, limit: Limit = 50, cursor: CursorParameter = None
    ) -> Page[SessionOut]:
        after = decode_cursor(cursor, 2)
        found = await sessions.page(programme=programme, when=when, limit=limit + 1, after=after)
        return _page(found, limit, SessionOut.of, _start_place)

    @router.get(
        "/{session_id}",
        summary="Read a session",
        description="With the office's token: the join link too.",
        openapi_extra=ANYBODY_OR_STAFF,
    )
    async def read(request: Request, session_id: str) -> SessionForStaff | SessionOut:
        view = await sessions.view(session_id)
        if "authorization" not in request.headers:
            return SessionOut.of(view)
        require_staff(request)
        return SessionForStaff.of(view)

    return router


def calendar_routes(sessions: Sessions, programmes: Programmes, office: OfficeCalls, clock: Clock) -> APIRouter:
    """Sessions as the office puts them on the calendar and changes them."""
    router = ApiRouter("/api/v1/sessions", tag="sessions")

    @router.post("", status_code=201, summary="Schedule a session")
    async def schedule(body: SessionIn, member: StaffMember = office.member) -> SessionForStaff:
        _require_future(body.starts_at, clock())
        try:
            await programmes.get(body.programme)
        except ProgrammeUnknownProblem:
            raise field_error("programme", NO_SUCH_PROGRAMME) from None
        session = body.session(ids.new_id())
        await office.act(member, Act.SESSION_SCHEDULED, session.id, programme=session.programme)
        return await _for_staff(sessions, await sessions.schedule(session))

    @router.patch(
        "/{session_id}",
        summary="Change title, description, duration, capacity or join link",
        description="Who is registered or waits is told of another title or duration, with the calendar entry.",
        responses=problems(409),
    )
    async def change(session_id: str, body: SessionChange, member: StaffMember = office.member) -> SessionForStaff:
        await sessions.view(session_id)
        await office.act(member, Act.SESSION_CHANGED, session_id, fields=", ".join(body.changes()))
        return await _for_staff(sessions, await sessions.change(session_id, body.changes()))

    @router.post("/{session_id}/reschedule", summary="Move a session to another time", responses=problems(409))
    async def reschedule(session_id: str, body: Reschedule, member: StaffMember = office.member) -> SessionForStaff:
        _require_future(body.starts_at, clock())
        starts_at, before = body.starts_at.astimezone(UTC), (await sessions.view(session_id)).session.starts_at
        times = {"from": before.isoformat(), "to": starts_at.isoformat()}
        await office.act(member, Act.SESSION_RESCHEDULED, session_id, **times)
        return await _for_staff(sessions, await sessions.reschedule(session_id, starts_at, body.duration_minutes))

    return router


def closing_routes(sessions: Sessions, office: OfficeCalls) -> APIRouter:
    """Sessions as the office closes them and publishes what was shown."""
    router = ApiRouter("/api/v1/sessions", tag="sessions")

    @router.post(
        "/{session_id}/cancel",
        summary="Cancel a session",
        description="Again: the same answer.",
        responses=problems(409),
    )
    async def cancel(session_id: str, body: Cancellation, member: StaffMember = office.member) -> SessionForStaff:
        if (await sessions.view(session_id)).session.is_scheduled:
            await office.act(member, Act.SESSION_CANCELLED, session_id)
        return await _for_staff(sessions, await sessions.cancel(session_id, body.reason))

    @router.post(
        "/{session_id}/end",
        summary="End a session, also before its time",
        description="Again: the same answer.",
        responses=problems(409),
    )
    async def end(session_id: str, _: Nothing, member: StaffMember = office.member) -> SessionForStaff:
        if (await sessions.view(session_id)).session.is_scheduled:
            await office.act(member, Act.SESSION_ENDED, session_id)
        return await _for_staff(sessions, await sessions.end(session_id))

    @router.post("/{session_id}/materials", summary="Publish recording and materials", responses=problems(409))
    async def publish_materials(
        session_id: str, body: MaterialsIn, member: StaffMember = office.member
    ) -> SessionForStaff:
        materials = [item.material() for item in body.materials]
        await sessions.view(session_id)
        await office.act(member, Act.MATERIALS_PUBLISHED, session_id, materials=len(materials))
        return await _for_staff(sessions, await sessions.publish_materials(session_id, body.recording_url, materials))

    return router


async def _for_staff(sessions: Sessions, session: Session) -> SessionForStaff:
    return SessionForStaff.of(await sessions.view(session.id))


def registration_routes(use_cases: UseCases, office: OfficeCalls) -> APIRouter:
    """Registrations: anybody registers, the holder of the personal link manages, the office lists."""
    router = ApiRouter(tag="registrations")
    registrations, entities = use_cases.registrations, use_cases.entities
    require_staff = bearer_member(office.staff_token)

    @router.post(
        "/sessions/{session_id}/registrations",
        status_code=202,
        summary="Register a person for a session",
        description="The answer is the same whoever was registered before; a mail tells what came of it. How many may "
        "be asked for in ten minutes from one place, with one address and for one session is limited (429 with "
        "Retry-After), and a session that has begun without a seat left takes nobody more (409). Neither holds for who "
        "sends the office's token.",
        responses=problems(409, 429),
        openapi_extra=ANYBODY_OR_STAFF,
    )
    async def register(request: Request, session_id: str, body: RegistrationIn) -> RegistrationAccepted:
        session = await registrations.open_session(session_id)
        entity = await entities.find(body.entity)
        if entity is None:
            raise field_error("entity", NO_SUCH_ENTITY)
        if "authorization" in request.headers:
            await office.act(require_staff(request), Act.REGISTRATION_ADDED, session_id, entity=entity.code)
        else:
            await use_cases.sessions.require_seat_once_begun(session)
            await use_cases.gate.admit(session_id, body.email, origin_of(request))
        person = Person(name=body.name, email=body.email, role=body.role, language=body.language)
        await registrations.register(session, entity, person)
        return RegistrationAccepted(session=session_id)

    @router.get("/sessions/{session_id}/registrations", summary="List who registered")
    async def page(
        session_id: str, limit: Limit = 100, cursor: CursorParameter = None, member: StaffMember = office.member
    ) -> Page[RegistrationForStaff]:
        if cursor is None:
            await office.act(member, Act.REGISTRATIONS_EXPORTED, session_id)
        found = await registrations.page(session_id, limit=limit + 1, after=decode_cursor(cursor, 2))
        return _page(found, limit, RegistrationForStaff.of, _arrival_place)

    @router.get("/registrations/{token}", summary="Read one's own registration", responses=problems(410))
    async def read(token: str) -> RegistrationOut:
        return RegistrationOut.of(await registrations.view(registrations.read_link(token)))

    @router.delete("/registrations/{token}", summary="Cancel one's own registration", responses=problems(409, 410))
    async def cancel(token: str) -> RegistrationOut:
        registration_id = registrations.read_link(token)
        await registrations.cancel(registration_id)
        return RegistrationOut.of(await registrations.view(registration_id))

    return router


def entity_routes(entities: Entities, office: OfficeCalls) -> APIRouter:
    """The directory of local entities."""
    router = ApiRouter("/api/v1/entities", tag="entities")

    @router.get(
        "",
        summary="Search the directory, or read it whole",
        description="Accents, case, articles and punctuation do not matter; the best match comes first. Without words: "
        "all entities by code.",
    )
    async def search(
        q: Annotated[str, Query(max_length=MAX_QUERY)] = "", limit: Limit = 20, cursor: CursorParameter = None
    ) -> Page[EntityOut]:
        place = decode_cursor(cursor, 1)
        found = await entities.page(q, limit=limit + 1, after=str(place[0]) if place else None)
        return _page(found, limit, EntityOut.of, _code_place)

    @router.post(
        "/import",
        summary="Import entities from CSV",
        description="All rows or none; those with a known code replace it.",
        openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def import_entities(request: Request, member: StaffMember = office.member) -> EntitiesImported:
        try:
            rows = decode_entities(await request.body())
        except EntityFileError as error:
            raise row_errors(error) from None
        await office.act(member, Act.ENTITIES_IMPORTED, "directory", entities=len(rows))
        return EntitiesImported(imported=await entities.import_entities(rows))

    return router


def _require_future(starts_at: datetime, now: datetime) -> None:
    """Raises RequestValidationError at `starts_at` for an instant that is over."""
    if starts_at < now:
        raise field_error("starts_at", IN_THE_PAST)


def _page(
    found: Sequence[T], limit: int, show: Callable[[T], Shown], place: Callable[[T], list[Scalar]]
) -> Page[Shown]:
    """A page out of up to one more than `limit`; the one more tells that there is another page."""
    items = found[:limit]
    following = encode_cursor(place(items[-1])) if len(found) > limit else None
    return Page(items=[show(item) for item in items], next=following)


def _id_place(programme: Programme) -> list[Scalar]:
    return [programme.id]


def _code_place(entity: Entity) -> list[Scalar]:
    return [entity.code]


def _start_place(view: SessionView) -> list[Scalar]:
    return [to_millis(view.session.starts_at), view.session.id]


def _arrival_place(registration: Registration) -> list[Scalar]:
    return [to_millis(registration.arrived_at), registration.id]
