"""The JSON API of memberships and of enrolling them; for the office only."""

from fastapi import APIRouter, Depends

from services.registration.entities.usecases import Entities
from services.registration.memberships.choices import NO_SUCH_BODY, NO_SUCH_PHASE, Choices
from services.registration.memberships.domain import Membership
from services.registration.memberships.enrolment import Enrolments
from services.registration.memberships.schemas import (
    AdvanceIn,
    EnrolledOut,
    MembershipChange,
    MembershipIn,
    MembershipOut,
)
from services.registration.memberships.usecases import Beginning, Memberships
from services.registration.programmes.domain import Programme, ProgrammeUnknownProblem
from shared.entities.domain import Entity
from shared.events.vocabulary import MembershipState
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.openapi import ApiRouter, problems
from shared.web.problems import field_error
from shared.web.schemas import Nothing
from shared.web.staff_cookie import bearer_member

NO_SUCH_ENTITY = mark("There is no such local entity.")
NOT_ACCEPTED = mark("This petition was not accepted, or is of another programme.")
NOT_BACK = mark("An entity that is to take part again is started once more.")


def membership_routes(
    memberships: Memberships, enrolments: Enrolments, choices: Choices, entities: Entities, staff_token: str
) -> APIRouter:
    router = ApiRouter(dependencies=[Depends(bearer_member(staff_token))])
    staff = Depends(bearer_member(staff_token))
    _add_memberships(router, memberships, choices, entities, staff)
    _add_steps(router, memberships, choices, staff)

    @router.post(
        "/sessions/{session_id}/enrol",
        summary="Register the contacts of the members",
        tags=["sessions"],
        responses=problems(409),
    )
    async def enrol(session_id: str, _: Nothing, member: StaffMember = staff) -> EnrolledOut:
        """Each contact of the members for whom the session is gets a seat or a place on the waiting list, and the usual
        mail. Who gave a place up is not registered again; one address has one place. Safe to repeat. Staff only."""
        done = await enrolments.enrol(member, session_id)
        counts = {"there": done.there, "left": done.left, "without_contact": list(done.without_contact)}
        return EnrolledOut(enrolled=done.new, **counts)

    return router


def _add_memberships(
    router: APIRouter, memberships: Memberships, choices: Choices, entities: Entities, staff: StaffMember
) -> None:
    @router.get("/memberships", summary="List the memberships of a programme", tags=["memberships"])
    async def page(programme: str, member: StaffMember = staff) -> list[MembershipOut]:
        """By code of their entities, those that ended too. There are hundreds at most, so that all are on one page.
        Staff only."""
        return [MembershipOut.of(each) for each in await memberships.of_programme(member, programme)]

    @router.post(
        "/memberships", status_code=201, summary="Start a membership", tags=["memberships"], responses=problems(409)
    )
    async def start(body: MembershipIn, member: StaffMember = staff) -> MembershipOut:
        """An entity takes part from the first phase on, and its contacts are told. From an accepted petition, with its
        contact, or with a reason. An entity that takes part already stays as it is; one that left comes back. Staff
        only."""
        programme, entity, given = await _beginning(body, choices, entities)
        return MembershipOut.of(await memberships.start(member, programme, entity, given))

    @router.patch("/memberships/{id}", summary="Change a membership", tags=["memberships"], responses=problems(409))
    async def change(id: str, body: MembershipChange, member: StaffMember = staff) -> MembershipOut:  # noqa: A002  the name that the path shows to callers
        """Another mentor, project address, next step, contacts, or its end. The next step is reminded of a week and a
        day before; another one takes its place. Staff only."""
        await _require_possible(body, await memberships.get(member, id), choices)
        await _change(memberships, member, id, body)
        return MembershipOut.of(await memberships.get(member, id))


async def _beginning(body: MembershipIn, choices: Choices, entities: Entities) -> tuple[Programme, Entity, Beginning]:
    """Raises RequestValidationError at what does not exist."""
    try:
        programme = await choices.programme(body.programme)
    except ProgrammeUnknownProblem:
        raise field_error("programme", ProgrammeUnknownProblem.title) from None
    petition = await choices.petition(body.programme, body.petition)
    if body.petition and petition is None:
        raise field_error("petition", NOT_ACCEPTED)
    entity = await entities.find(petition.entity if petition else body.entity)
    if entity is None:
        raise field_error("entity", NO_SUCH_ENTITY)
    if not choices.has_body(programme, body.mentor or ""):
        raise field_error("mentor", NO_SUCH_BODY)
    people = [*body.contacts, *([petition.contact] if petition and petition.contact else [])]
    return programme, entity, Beginning(body.reason, body.petition, body.mentor, body.project_url, people)


async def _require_possible(body: MembershipChange, membership: Membership, choices: Choices) -> None:
    """Raises RequestValidationError at what does not exist."""
    if not choices.has_body(await choices.programme(membership.programme), body.mentor or ""):
        raise field_error("mentor", NO_SUCH_BODY)
    if body.state is MembershipState.ACTIVE:
        raise field_error("state", NOT_BACK)


async def _change(memberships: Memberships, member: StaffMember, key: str, body: MembershipChange) -> None:
    if changes := body.model_dump(include={"mentor", "project_url"}, exclude_none=True):
        await memberships.change(member, key, changes)
    if body.contacts is not None:
        await memberships.replace_contacts(member, key, body.contacts)
    if "next_step" in body.model_fields_set:
        await memberships.set_next_step(member, key, body.next_step.next_step() if body.next_step else None)
    if body.state:
        await memberships.end(member, key, body.state)


def _add_steps(router: APIRouter, memberships: Memberships, choices: Choices, staff: StaffMember) -> None:
    @router.post(
        "/memberships/{id}/advance",
        summary="Begin, finish or reopen a phase",
        tags=["memberships"],
        responses=problems(409),
    )
    async def advance(id: str, body: AdvanceIn, member: StaffMember = staff) -> MembershipOut:  # noqa: A002  the name that the path shows to callers
        """To go on to a later phase is to finish the one it was in. Its contacts are told of another phase. Staff
        only."""
        membership = await memberships.get(member, id)
        phase = choices.phase(await choices.programme(membership.programme), body.phase)
        if phase is None:
            raise field_error("phase", NO_SUCH_PHASE)
        return MembershipOut.of(await memberships.advance(member, id, phase, body.state, body.evidence, body.note))
