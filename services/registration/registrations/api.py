"""The JSON API of registrations."""

from fastapi import APIRouter, Depends, Request

from services.registration.entities.usecases import Entities
from services.registration.registrations.rate_limits import RateLimit
from services.registration.registrations.schemas import (
    RegistrationAccepted,
    RegistrationForStaff,
    RegistrationIn,
    RegistrationOut,
)
from services.registration.registrations.usecases import Person, Registrations
from services.registration.sessions.problems import SessionUnknownProblem
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.client_address import client_key
from shared.web.openapi import ANYBODY_OR_STAFF, ApiRouter, problems
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.problems import field_error
from shared.web.staff_cookie import bearer_member

NO_SUCH_ENTITY = mark("There is no such entity in the directory.")


def registration_routes(
    registrations: Registrations, entities: Entities, rate_limit: RateLimit, staff_token: str
) -> APIRouter:
    """Registrations: anybody registers, the holder of the personal link manages, the office lists."""
    router = ApiRouter(tag="registrations")
    staff = Depends(bearer_member(staff_token))
    require_staff = bearer_member(staff_token)

    @router.post(
        "/sessions/{session_id}/registrations",
        status_code=202,
        summary="Register a person for a session",
        description="The answer is the same whoever was registered before; a mail tells what came of it. How many may "
        "be asked for in ten minutes from one place, with one address and for one session is limited (429 with "
        "Retry-After), and a session that has begun without a seat left takes nobody more (409). Neither holds for who "
        "sends the office's token, who alone registers for a session that is not for everybody (404).",
        responses=problems(409, 429),
        openapi_extra=ANYBODY_OR_STAFF,
    )
    async def register(request: Request, session_id: str, body: RegistrationIn) -> RegistrationAccepted:
        is_of_office = "authorization" in request.headers
        session = await registrations.open_session(session_id)
        if not (session.is_public or is_of_office):
            # Its id is in the calendar of everybody who has a seat: whoever has it is not therefore of those it is for.
            raise SessionUnknownProblem
        entity = await entities.find(body.entity)
        if entity is None:
            raise field_error("entity", NO_SUCH_ENTITY)
        person = Person(name=body.name, email=body.email, role=body.role, language=body.language)
        if is_of_office:
            await registrations.register_for(require_staff(request), session, entity, person)
        else:
            await registrations.require_seat_once_begun(session)
            await rate_limit.hit(session_id, body.email, client_key(request))
            await registrations.register(session, entity, person)
        return RegistrationAccepted(session=session_id)

    @router.get("/sessions/{session_id}/registrations", summary="List who registered")
    async def page(
        session_id: str, limit: Limit = 100, cursor: CursorParameter = None, member: StaffMember = staff
    ) -> Page[RegistrationForStaff]:
        found = await registrations.read(member, session_id, limit=limit, after=decode_cursor(cursor, 2))
        return page_of(found, RegistrationForStaff.model_validate)

    @router.get("/registrations/{token}", summary="Read one's own registration", responses=problems(410))
    async def read(token: str) -> RegistrationOut:
        return RegistrationOut.of(await registrations.view(await registrations.read_link(token)))

    @router.delete("/registrations/{token}", summary="Cancel one's own registration", responses=problems(409, 410))
    async def cancel(token: str) -> RegistrationOut:
        registration_id = await registrations.read_link(token)
        await registrations.cancel(registration_id)
        return RegistrationOut.of(await registrations.view(registration_id))

    return router
