"""The JSON API of sessions."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request

from services.registration.entities.usecases import Entities
from services.registration.programmes.domain import ProgrammeUnknownProblem
from services.registration.programmes.usecases import Programmes
from services.registration.sessions.domain import IN_THE_PAST, Session
from services.registration.sessions.schemas import (
    Cancellation,
    MaterialsIn,
    Reschedule,
    SessionChange,
    SessionForStaff,
    SessionIn,
    SessionOut,
)
from services.registration.sessions.store import When
from services.registration.sessions.usecases import Sessions
from shared import ids
from shared.clock import Clock
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.openapi import ANYBODY_OR_STAFF, ApiRouter, problems
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.problems import field_error
from shared.web.schemas import Nothing
from shared.web.staff_cookie import bearer_member

NO_SUCH_ENTITY = mark("There is no such entity in the directory.")


def session_routes(
    sessions: Sessions, programmes: Programmes, entities: Entities, staff_token: str, clock: Clock
) -> APIRouter:
    router = ApiRouter("/api/v1/sessions", tag="sessions")
    require_staff = bearer_member(staff_token)
    _add_reading(router, sessions, require_staff)
    _add_scheduling(router, sessions, programmes, entities, Depends(require_staff), clock)
    _add_closing(router, sessions, Depends(require_staff))
    return router


def _add_reading(router: APIRouter, sessions: Sessions, require_staff: Callable[[Request], StaffMember]) -> None:
    @router.get(
        "",
        summary="List sessions by start",
        description="Past sessions begin with the latest. With the office's token: also those that are for some only.",
        openapi_extra=ANYBODY_OR_STAFF,
    )
    async def page(
        request: Request,
        programme: str | None = None,
        when: When | None = None,
        limit: Limit = 50,
        cursor: CursorParameter = None,
    ) -> Page[SessionOut]:
        hidden = "authorization" in request.headers and bool(require_staff(request))
        after = decode_cursor(cursor, 2)
        found = await sessions.page(programme=programme, when=when, limit=limit, after=after, hidden=hidden)
        return page_of(found, SessionOut.of)

    @router.get(
        "/{session_id}",
        summary="Read a session",
        description="With the office's token: the join link too, and those that are for some only.",
        openapi_extra=ANYBODY_OR_STAFF,
    )
    async def read(request: Request, session_id: str) -> SessionForStaff | SessionOut:
        if "authorization" not in request.headers:
            return SessionOut.of(await sessions.public_view(session_id))
        require_staff(request)
        return SessionForStaff.of(await sessions.view(session_id))


def _add_scheduling(
    router: APIRouter,
    sessions: Sessions,
    programmes: Programmes,
    entities: Entities,
    staff: StaffMember,
    clock: Clock,
) -> None:
    @router.post("", status_code=201, summary="Schedule a session")
    async def schedule(body: SessionIn, member: StaffMember = staff) -> SessionForStaff:
        _require_future(body.starts_at, clock())
        try:
            await programmes.get(body.programme)
        except ProgrammeUnknownProblem:
            raise field_error("programme", ProgrammeUnknownProblem.title) from None
        await _require_listed(entities, body.entities)
        session = body.session(ids.new_id())
        return await _for_staff(sessions, await sessions.schedule(member, session))

    @router.patch(
        "/{session_id}",
        summary="Change a session, except its time",
        description="Who is registered or waits is told of another title or duration, with the calendar entry.",
        responses=problems(409),
    )
    async def change(session_id: str, body: SessionChange, member: StaffMember = staff) -> SessionForStaff:
        await _require_listed(entities, body.entities or ())
        return await _for_staff(sessions, await sessions.change(member, session_id, body.changes()))

    @router.post("/{session_id}/reschedule", summary="Move a session to another time", responses=problems(409))
    async def reschedule(session_id: str, body: Reschedule, member: StaffMember = staff) -> SessionForStaff:
        _require_future(body.starts_at, clock())
        starts_at = body.starts_at.astimezone(UTC)
        moved = await sessions.reschedule(member, session_id, starts_at, body.duration_minutes)
        return await _for_staff(sessions, moved)


def _add_closing(router: APIRouter, sessions: Sessions, staff: StaffMember) -> None:
    @router.post(
        "/{session_id}/cancel",
        summary="Cancel a session",
        description="Again: the same answer.",
        responses=problems(409),
    )
    async def cancel(session_id: str, body: Cancellation, member: StaffMember = staff) -> SessionForStaff:
        return await _for_staff(sessions, await sessions.cancel(member, session_id, body.reason))

    @router.post(
        "/{session_id}/end",
        summary="End a session, also before its time",
        description="Again: the same answer.",
        responses=problems(409),
    )
    async def end(session_id: str, _: Nothing, member: StaffMember = staff) -> SessionForStaff:
        return await _for_staff(sessions, await sessions.end(member, session_id))

    @router.post("/{session_id}/materials", summary="Publish recording and materials", responses=problems(409))
    async def publish_materials(session_id: str, body: MaterialsIn, member: StaffMember = staff) -> SessionForStaff:
        materials = [item.material() for item in body.materials]
        published = await sessions.publish_materials(member, session_id, body.recording_url, materials)
        return await _for_staff(sessions, published)


async def _for_staff(sessions: Sessions, session: Session) -> SessionForStaff:
    return SessionForStaff.of(await sessions.view(session.id))


async def _require_listed(entities: Entities, codes: Sequence[str]) -> None:
    """Raises RequestValidationError at `entities`."""
    if {entity.code for entity in await entities.many(codes)} != {*codes}:
        raise field_error("entities", NO_SUCH_ENTITY)


def _require_future(starts_at: datetime, now: datetime) -> None:
    """Raises RequestValidationError at `starts_at`."""
    if starts_at < now:
        raise field_error("starts_at", IN_THE_PAST)
