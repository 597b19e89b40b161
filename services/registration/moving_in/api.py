"""The JSON API that brings in files."""

from fastapi import APIRouter, Depends, Request

from services.registration.moving_in.columns import (
    ASSISTANCE_COLUMNS,
    PARTICIPATION_COLUMNS,
    PEOPLE_COLUMNS,
    SESSION_COLUMNS,
)
from services.registration.moving_in.usecases import MovingIn
from shared.staff import StaffMember
from shared.web.import_api import TABLE_BODY, DryRun, ImportOut, answer_import, describe
from shared.web.openapi import ApiRouter, problems
from shared.web.staff_cookie import bearer_member


def moving_in_routes(moving_in: MovingIn, staff_token: str) -> APIRouter:
    router = ApiRouter(tag="imports")
    staff = Depends(bearer_member(staff_token))
    sessions, participation, assistances = moving_in.sessions, moving_in.participation, moving_in.assistances

    @router.post(
        "/sessions/import",
        summary="Bring in sessions that took place before",
        description=f"With their recordings and materials; nobody gets a mail. {describe(SESSION_COLUMNS)}",
        openapi_extra={**TABLE_BODY},
    )
    async def import_sessions(request: Request, dry_run: DryRun = False, member: StaffMember = staff) -> ImportOut:
        return await answer_import(request, member, sessions, dry_run)

    @router.post(
        "/participation/import",
        summary="Bring in how many of each council took part in those sessions",
        description="`session` is its id, your own code of it, its date or its title; `entity` a code or a name. "
        f"Figures only: a file with a column of people is refused. {describe(PARTICIPATION_COLUMNS)}",
        openapi_extra={**TABLE_BODY},
    )
    async def import_participation(request: Request, dry_run: DryRun = False, member: StaffMember = staff) -> ImportOut:
        return await answer_import(request, member, participation, dry_run)

    @router.post(
        "/assistances/import",
        summary="Bring in which entities requested and finished which resources",
        description="`resource` is its slug or its name, `entity` a code or a name; lines with the same `reference` "
        "are about the same request. An empty `finished_on` takes a finish back; an empty `requested_on` keeps what is "
        f"known. {describe(ASSISTANCE_COLUMNS)}",
        openapi_extra={**TABLE_BODY},
    )
    async def import_assistances(request: Request, dry_run: DryRun = False, member: StaffMember = staff) -> ImportOut:
        return await answer_import(request, member, assistances, dry_run)

    @router.post(
        "/sessions/{session_id}/registrations/import",
        summary="Register people for a session to come",
        description="As registering each by hand: they get the same mail, and must have agreed. "
        f"`mails` says how many leave. {describe(PEOPLE_COLUMNS)}",
        responses=problems(409),
        openapi_extra={**TABLE_BODY},
    )
    async def import_people(
        request: Request, session_id: str, dry_run: DryRun = False, member: StaffMember = staff
    ) -> ImportOut:
        return await answer_import(request, member, moving_in.people(session_id), dry_run)

    return router
