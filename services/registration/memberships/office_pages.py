"""The members of a programme at the office: the board, one page each, starting and ending."""

from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.contacts.domain import Person
from services.registration.entities.usecases import Entities
from services.registration.memberships.board import CELL_NAMES, SIGNS, Cell, board
from services.registration.memberships.choices import NO_SUCH_BODY, NO_SUCH_PHASE, Choices
from services.registration.memberships.domain import (
    BY_ENTITY,
    BY_OFFICE,
    Membership,
    Progress,
    TooManyContactsProblem,
    membership_id,
)
from services.registration.memberships.schemas import AdvanceIn, MembershipChange, NextStepIn, Reason
from services.registration.memberships.usecases import Beginning, Memberships
from services.registration.programmes.domain import Programme
from services.registration.projections import KnownBounces
from shared.entities.domain import Entity
from shared.entities.picker import SCRIPT, choose
from shared.events.vocabulary import MembershipState, in_language
from shared.problems import Problem, mark
from shared.staff import StaffMember
from shared.text.dates import today_in
from shared.web.desk import Desk
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import LANGUAGE_NAMES, Form, see_other
from shared.web.schemas import RequestModel

BOARD = "/office/programmes/{slug}/members"
MEMBER = BOARD + "/{entity}"
THE_OFFICE = mark("the programme office")
WHY_NEEDED = mark("Write why the entity takes part.")
NOT_ACCEPTED = mark("This petition was not accepted, or is of another programme.")
PROGRESS_NAMES = {Progress.DOING: CELL_NAMES[Cell.DOING], Progress.DONE: CELL_NAMES[Cell.DONE]}
STATE_NAMES = {
    MembershipState.ACTIVE: mark("takes part"),
    MembershipState.FINISHED: mark("has finished"),
    MembershipState.LEFT: mark("has left"),
}
DONE = ("started", "there", "advanced", "next-step", "contacts", "settings", "ended")
"""What the page may say was done, as its address names it."""
END = {
    MembershipState.FINISHED: mark("Has {name} finished?"),
    MembershipState.LEFT: mark("Does {name} leave the programme?"),
}
END_MEANS = {
    MembershipState.FINISHED: mark("Nothing more can be added. Its contacts see their page for 30 days more."),
    MembershipState.LEFT: mark(
        "Its contacts lose their seats in the sessions to come, which go to who waits. While it is in the first phase, "
        "its place goes to the first of the reserve."
    ),
}
END_BUTTONS = {
    MembershipState.FINISHED: mark("Yes, it has finished"),
    MembershipState.LEFT: mark("Yes, it leaves"),
}
_ENDS = {"finished": MembershipState.FINISHED, "left": MembershipState.LEFT}
LANGUAGES = [(str(language), name) for language, name in LANGUAGE_NAMES.items()]
_PERSON = ("name", "email", "role", "language")


class _Start(RequestModel):
    reason: Reason = ""


@dataclass(frozen=True)
class MembershipDesk(Desk):
    memberships: Memberships
    choices: Choices
    entities: Entities
    bounces: KnownBounces

    async def member(
        self, request: Request, staff: StaffMember, programme: Programme, membership: Membership, **given: Any
    ) -> HTMLResponse:
        """The page of one entity, with what was wrong in the form that was sent."""
        today = today_in(self.clock())
        language = self.pages.language(request)
        phases = {phase.key: phase.text for phase in programme.phases}
        bodies = {body.key: body.name for body in programme.bodies}
        following = next((phase.key for phase in programme.phases if not membership.progress(phase.key)), "")
        values = {"phase": following or membership.phase, "state": Progress.DOING.value, "language": "ca"}
        if step := membership.next_step:
            values |= {"text": step.text, "due_on": step.due_on.isoformat()}
        values |= {"mentor": membership.mentor, "project_url": membership.project_url}
        page = {"errors": {}, "status": 422 if given.get("errors") else 200, **given}
        page["values"] = values | given.get("values", {})
        return self.pages.render(
            request,
            "office/member.html",
            programme=programme,
            membership=membership,
            phases=phases,
            rows=board([membership], programme.phases, today).rows,
            is_late=membership.is_late(today),
            bodies=bodies,
            phase_choices=[(phase.key, in_language(phase.text, language)) for phase in programme.phases],
            progress_choices=[(state, self.pages.text(request, name)) for state, name in PROGRESS_NAMES.items()],
            body_choices=[("", self.pages.text(request, THE_OFFICE)), *bodies.items()],
            authors={BY_OFFICE: self.pages.text(request, THE_OFFICE), **bodies} | {BY_ENTITY: membership.entity_name},
            unreached=set(await self.bounces.recipients()),
            is_own=not staff.body,
            zone=programme.time_zone,
            cell_names=CELL_NAMES,
            signs=SIGNS,
            progress_names=PROGRESS_NAMES,
            state_names=STATE_NAMES,
            languages_of_mails=LANGUAGES,
            path=MEMBER.format(slug=programme.id, entity=membership.entity),
            done=request.query_params.get("done", ""),
            **page,
        )


def routes(desk: MembershipDesk) -> PageRouter:
    """`/office/programmes/{slug}/members…`."""
    router = page_router(desk.pages)
    _add_board(router, desk)
    _add_start(router, desk)
    _add_member(router, desk)
    _add_contacts(router, desk)
    _add_settings(router, desk)
    _add_end(router, desk)
    return router


def _add_board(router: PageRouter, desk: MembershipDesk) -> None:
    viewer = Depends(desk.accompanying_viewer)

    @router.get(BOARD)
    async def show(request: Request, slug: str, member: StaffMember = viewer) -> HTMLResponse:
        programme = await desk.choices.programme(slug)
        today = today_in(desk.clock())
        found = await desk.memberships.of_programme(member, slug)
        return desk.pages.render(
            request,
            "office/members.html",
            programme=programme,
            board=board(found, programme.phases, today),
            bodies={body.key: body.name for body in programme.bodies},
            is_own=not member.body,
            cell_names=CELL_NAMES,
            signs=SIGNS,
            state_names=STATE_NAMES,
            path=BOARD.format(slug=slug),
        )


def _add_start(router: PageRouter, desk: MembershipDesk) -> None:
    editor = Depends(desk.editor)
    path = BOARD + "/new"

    async def page(request: Request, slug: str, **given: Any) -> HTMLResponse:
        programme = await desk.choices.programme(slug)
        bodies = [("", desk.pages.text(request, mark("the body of its province, or the office")))]
        bodies += [(body.key, body.name) for body in programme.bodies]
        page = {"matches": [], "has_more": False, "errors": {}, **given}
        return desk.again(
            request,
            "office/member_new.html",
            page.pop("errors"),
            programme=programme,
            bodies=bodies,
            languages_of_mails=LANGUAGES,
            scripts=(SCRIPT,),
            **page,
        )

    @router.get(path)
    async def form_page(request: Request, slug: str, petition: str = "", _: StaffMember = editor) -> HTMLResponse:
        values = {"language": "ca", "petition": petition}
        if found := await desk.choices.petition(slug, petition):
            entity = await desk.entities.find(found.entity)
            values |= {"entity": entity.name if entity else found.entity, "entity_code": found.entity}
            values |= found.contact.model_dump(mode="json") if found.contact else {}
        return await page(request, slug, values=values)

    @router.post(path)
    async def start(request: Request, slug: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        programme = await desk.choices.programme(slug)
        choice = await choose(desk.entities, form.get("entity"), form.get("entity_code"))
        errors = {name: desk.pages.text(request, message) for name, message in choice.errors.items()}
        given, wrong = await _beginning(desk, request, programme, form, choice.entity)
        if choice.entity is None or given is None:
            matches = [(entity.code, entity.name) for entity in choice.matches]
            shown = {"matches": matches, "has_more": choice.has_more, "values": form.values}
            return await page(request, slug, errors=errors | wrong, **shown)
        is_there = await desk.memberships.takes_part(slug, choice.entity.code)
        try:
            await desk.memberships.start(member, programme, choice.entity, given)
        except TooManyContactsProblem as problem:
            return await page(request, slug, errors={"email": desk.pages.say(request, problem)}, values=form.values)
        done = "there" if is_there else "started"
        return see_other(f"{BOARD.format(slug=slug)}/{choice.entity.code}?done={done}")


async def _beginning(
    desk: MembershipDesk, request: Request, programme: Programme, form: Form, entity: Entity | None
) -> tuple[Beginning | None, dict[str, str]]:
    asked, errors = desk.checked(request, _Start, {"reason": form.get("reason")})
    petition = form.get("petition")
    found = await desk.choices.petition(programme.id, petition)
    if petition and (found is None or (entity and found.entity != entity.code)):
        errors["reason"] = desk.pages.text(request, NOT_ACCEPTED)
    elif asked and not asked.reason and not petition:
        errors["reason"] = desk.pages.text(request, WHY_NEEDED)
    if not desk.choices.has_body(programme, form.get("mentor")):
        errors["mentor"] = desk.pages.text(request, NO_SUCH_BODY)
    people, wrong = _person(desk, request, form) if form.get("email") or form.get("name") else ([], {})
    errors |= wrong
    if asked is None or errors:
        return None, errors
    mentor = form.get("mentor") or None
    return Beginning(asked.reason, petition, mentor, people=people), {}


def _person(desk: MembershipDesk, request: Request, form: Form) -> tuple[list[Person], dict[str, str]]:
    person, errors = desk.checked(request, Person, {name: form.get(name) for name in _PERSON})
    return [person] if person else [], errors


def _add_member(router: PageRouter, desk: MembershipDesk) -> None:
    viewer, editor = Depends(desk.accompanying_viewer), Depends(desk.accompanying_editor)

    @router.get(MEMBER)
    async def show(request: Request, slug: str, entity: str, member: StaffMember = viewer) -> HTMLResponse:
        membership = await desk.memberships.get(member, membership_id(slug, entity))
        return await desk.member(request, member, await desk.choices.programme(slug), membership)

    @router.post(MEMBER + "/advance")
    async def advance(request: Request, slug: str, entity: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        key, programme = membership_id(slug, entity), await desk.choices.programme(slug)
        sent = {name: form.get(name) for name in ("phase", "state", "evidence", "note")}
        asked, errors = desk.checked(request, AdvanceIn, sent)
        phase = desk.choices.phase(programme, form.get("phase"))
        if asked is None or phase is None:
            errors |= {} if phase else {"phase": desk.pages.text(request, NO_SUCH_PHASE)}
            membership = await desk.memberships.get(member, key)
            return await desk.member(request, member, programme, membership, errors=errors, values=form.values)
        await desk.memberships.advance(member, key, phase, asked.state, asked.evidence, asked.note)
        return see_other(f"{MEMBER.format(slug=slug, entity=entity)}?done=advanced")

    @router.post(MEMBER + "/next-step")
    async def next_step(request: Request, slug: str, entity: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        key = membership_id(slug, entity)
        asked, errors = None, dict[str, str]()
        if form.get("text") or form.get("due_on"):
            asked, errors = desk.checked(request, NextStepIn, {name: form.get(name) for name in ("text", "due_on")})
        if errors:
            programme, membership = await desk.choices.programme(slug), await desk.memberships.get(member, key)
            return await desk.member(request, member, programme, membership, errors=errors, values=form.values)
        await desk.memberships.set_next_step(member, key, asked.next_step() if asked else None)
        return see_other(f"{MEMBER.format(slug=slug, entity=entity)}?done=next-step")


def _add_contacts(router: PageRouter, desk: MembershipDesk) -> None:
    editor = Depends(desk.accompanying_editor)

    @router.post(MEMBER + "/contacts")
    async def name_contact(request: Request, slug: str, entity: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        key = membership_id(slug, entity)
        people, errors = _person(desk, request, form)
        try:
            if people:
                await desk.memberships.name_contacts(member, key, people)
        except TooManyContactsProblem as problem:
            errors = {"email": desk.pages.say(request, problem)}
        if errors:
            programme, membership = await desk.choices.programme(slug), await desk.memberships.get(member, key)
            return await desk.member(request, member, programme, membership, errors=errors, values=form.values)
        return see_other(f"{MEMBER.format(slug=slug, entity=entity)}?done=contacts")

    @router.post(MEMBER + "/contacts/{contact_id}/erase")
    async def erase_contact(
        request: Request, slug: str, entity: str, contact_id: str, member: StaffMember = editor
    ) -> Response:
        await desk.pages.form(request)
        await desk.memberships.erase_contact(member, membership_id(slug, entity), contact_id)
        return see_other(f"{MEMBER.format(slug=slug, entity=entity)}?done=contacts")


def _add_settings(router: PageRouter, desk: MembershipDesk) -> None:
    editor = Depends(desk.editor)

    @router.post(MEMBER + "/settings")
    async def change(request: Request, slug: str, entity: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        key, programme = membership_id(slug, entity), await desk.choices.programme(slug)
        sent = {name: form.get(name) for name in ("mentor", "project_url")}
        asked, errors = desk.checked(request, MembershipChange, sent)
        membership = await desk.memberships.get(member, key)
        if not desk.choices.has_body(programme, sent["mentor"]):
            errors["mentor"] = desk.pages.text(request, NO_SUCH_BODY)
        if asked is None or errors:
            return await desk.member(request, member, programme, membership, errors=errors, values=form.values)
        await desk.memberships.change(member, key, asked.model_dump(include={"mentor", "project_url"}))
        return see_other(f"{MEMBER.format(slug=slug, entity=entity)}?done=settings")


class UnknownEndProblem(Problem):
    status = 404
    code = "end-unknown"
    title = mark("There is no such page.")


def _add_end(router: PageRouter, desk: MembershipDesk) -> None:
    editor = Depends(desk.editor)
    path = MEMBER + "/end/{how}"

    @router.get(path)
    async def ask(request: Request, slug: str, entity: str, how: str, member: StaffMember = editor) -> HTMLResponse:
        membership, state = await desk.memberships.get(member, membership_id(slug, entity)), _end(how)
        return desk.pages.render(
            request,
            "office/confirm.html",
            title=desk.pages.text(request, END[state], name=membership.entity_name),
            consequences=[desk.pages.text(request, END_MEANS[state])],
            action=path.format(slug=slug, entity=entity, how=how),
            hidden={},
            style="danger" if state is MembershipState.LEFT else "",
            button=desk.pages.text(request, END_BUTTONS[state]),
            back=MEMBER.format(slug=slug, entity=entity),
        )

    @router.post(path)
    async def end(request: Request, slug: str, entity: str, how: str, member: StaffMember = editor) -> Response:
        await desk.pages.form(request)
        await desk.memberships.end(member, membership_id(slug, entity), _end(how))
        return see_other(f"{MEMBER.format(slug=slug, entity=entity)}?done=ended")


def _end(how: str) -> MembershipState:
    """Raises UnknownEndProblem."""
    if how not in _ENDS:
        raise UnknownEndProblem
    return _ENDS[how]
