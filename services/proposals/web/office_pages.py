"""The programme office's pages: the proposals to deal with, and every step that can be taken with one."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import ValidationError

from services.proposals.domain.problems import ProposalUnknownProblem, SessionUnknownProblem
from services.proposals.domain.proposals import OPEN_STATES, STEPS, Proposal
from services.proposals.usecases import UseCases
from services.proposals.usecases.browsing import Wish
from services.proposals.usecases.steps import ROLE as STEP_ROLE
from services.proposals.web import audit_words
from services.proposals.web.choices import programme_choices, session_choices, worded
from services.proposals.web.faults import faults_of
from services.proposals.web.forms import MergeForm, ScheduleForm, ScheduleManyForm
from services.proposals.web.lists import read_list, read_query
from services.proposals.web.office_forms import FIELDS, picked, read_step, take_step
from services.proposals.web.wording import (
    ACTS,
    KINDS,
    MEANINGS,
    ORDER_WORDS,
    ORDERS,
    STATES,
    STEP_CONSEQUENCES,
    STEP_OF,
    STEP_WORDS,
    ListOrder,
    OfficeStep,
    state_of,
)
from shared.clock import Clock
from shared.events.vocabulary import ProposalState
from shared.problems import FieldProblem, Problem, mark
from shared.staff import Role, StaffMember
from shared.text.catalogues import Translations
from shared.web.audit_pages import who_acted
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import CONFIRMED, Pages, see_other
from shared.web.staff_cookie import require_role

LISTED = 50
CANDIDATES = 20
TO_DEAL_WITH = (ProposalState.RECEIVED, ProposalState.UNDER_REVIEW)
CANDIDATE_STATES = (*TO_DEAL_WITH, ProposalState.SCHEDULED, ProposalState.ANSWERED_IN_SESSION)
"""What others may be merged into."""
EVERY, ALL = "all", mark("All")
GROUPS = {"": TO_DEAL_WITH, EVERY: tuple(ProposalState)}
DEAL_WITH = mark("To deal with: received or under review")


def office_page_routes(use_cases: UseCases, pages: Pages, words: Translations, clock: Clock) -> PageRouter:
    """`/office/proposals…`: a viewer reads, an editor acts."""
    router = page_router(pages)
    viewer = Annotated[StaffMember, Depends(require_role(pages.office, Role.VIEWER))]
    editor = Annotated[StaffMember, Depends(require_role(pages.office, STEP_ROLE))]
    triage = Triage(use_cases, pages, words, clock)
    desk = Desk(use_cases, pages, words)

    @router.get("/office/proposals")
    async def show_list(request: Request, member: viewer) -> Response:
        return await triage.show(request, member)

    @router.post("/office/proposals")
    async def schedule_many(request: Request, member: editor) -> Response:
        return await triage.schedule(request, member)

    @router.get("/office/proposals/{proposal_id}")
    async def show(request: Request, proposal_id: str, member: viewer) -> Response:
        return await desk.show(request, member, proposal_id)

    @router.post("/office/proposals/{proposal_id}/{step}")
    async def take(request: Request, proposal_id: str, step: OfficeStep, member: editor) -> Response:
        return await desk.take(request, member, proposal_id, step)

    router.routes.extend(audit_words.routes(use_cases, pages).routes)
    return router


class Triage:
    """The list, and scheduling several at once."""

    def __init__(self, use_cases: UseCases, pages: Pages, words: Translations, clock: Clock) -> None:
        self._browsing = use_cases.browsing
        self._steps = use_cases.steps
        self._pages = pages
        self._words = words
        self._clock = clock

    async def show(self, request: Request, member: StaffMember, *, status: int = 200, **values: Any) -> Response:
        """What was received and what is under review, most supported first, unless the address asks for others."""
        query = read_query(request.query_params, GROUPS, ListOrder.SUPPORTS)
        found, next_page = await read_list(self._browsing, query, LISTED)
        programmes = await self._browsing.programmes()
        sessions = await self._browsing.coming_sessions(query.wish.programme)
        states = [("", DEAL_WITH), *STATES.items(), (EVERY, ALL)]
        return self._pages.render(
            request,
            "office_proposals.html",
            status=status,
            query=query,
            **{"values": {}, "errors": {}, **values},
            proposals=[(proposal, (self._clock() - proposal.created_at).days) for proposal in found],
            next_page=next_page,
            programmes=programmes,
            programme_choices=programme_choices(self._pages, request, programmes),
            session_choices=session_choices(self._pages, request, sessions, programmes),
            state_choices=worded(self._pages, request, states),
            order_choices=worded(self._pages, request, ORDER_WORDS.items()),
            state_of=state_of,
            open_states=OPEN_STATES,
            may_act=member.role >= STEP_ROLE,
            scheduled=request.query_params.get("scheduled", ""),
        )

    async def schedule(self, request: Request, member: StaffMember) -> Response:
        """Ask to confirm that a session will treat the chosen proposals; then do so."""
        sent = (await self._pages.form(request)).values
        try:
            form = ScheduleManyForm(session=sent.get("session", ""), proposals=picked(sent))
        except ValidationError as error:
            errors = faults_of(error, request, self._pages, self._words)
            return await self.show(request, member, status=422, errors=errors, values=sent)
        if "change" in sent:
            return await self.show(request, member, values=sent)
        try:
            if CONFIRMED not in sent:
                return await self._ask(request, form)
            await self._steps.schedule_many(member, form.proposals, form.session)
        except Problem as problem:
            field = "session" if isinstance(problem, FieldProblem) else "main"
            errors = {field: self._pages.say(request, problem)}
            return await self.show(request, member, status=problem.status, errors=errors, values=sent)
        return see_other(f"/office/proposals?scheduled={len(form.proposals)}")

    async def _ask(self, request: Request, form: ScheduleManyForm) -> Response:
        proposals = await self._browsing.get_many(form.proposals)
        sessions = await self._browsing.coming_sessions()
        session = next((session for session in sessions if session.id == form.session), None)
        if session is None:
            raise SessionUnknownProblem("/session")
        programmes = await self._browsing.programmes()
        return self._pages.render(
            request,
            "office_schedule.html",
            form=form,
            proposals=proposals,
            session=session,
            programme=programmes[session.programme],
            followers=await self._browsing.followers(proposals),
            consequence=STEP_CONSEQUENCES[OfficeStep.SCHEDULE],
        )


class Desk:
    """One proposal and the steps that its state allows."""

    def __init__(self, use_cases: UseCases, pages: Pages, words: Translations) -> None:
        self._browsing = use_cases.browsing
        self._similar = use_cases.proposals.similar
        self._steps = use_cases.steps
        self._pages = pages
        self._words = words

    async def show(
        self,
        request: Request,
        member: StaffMember,
        proposal_id: str,
        *,
        status: int = 200,
        values: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        """The proposal, who would be told, the forms of the possible steps, and what the office did so far."""
        reading = await self._browsing.read(proposal_id)
        proposal = reading.proposal
        sessions = await self._browsing.coming_sessions(proposal.programme)
        search = request.query_params.get("q", "").strip()
        values = {"q": search, "session": proposal.session_id, **(values or {})}
        return self._pages.render(
            request,
            "office_proposal.html",
            status=status,
            reading=reading,
            followers=await self._browsing.followers([proposal]),
            acts=[
                (act.at, who_acted(self._pages, request, act.member_id, act.member_name), ACTS[act.action])
                for act in await self._browsing.acts(proposal_id)
            ],
            possible=[STEP_OF[state] for state in STEPS[proposal.state]] if member.role >= STEP_ROLE else [],
            candidate_choices=[
                (other.id, f"{other.title} ({other.supports})")
                for other in await self._candidates(proposal, search, values.get("into", ""))
            ],
            session_choices=session_choices(self._pages, request, sessions, {proposal.programme: reading.programme}),
            values=values,
            errors=errors or {},
            was_done="done" in request.query_params,
            state_of=state_of,
            meanings=MEANINGS,
            kinds=KINDS,
            step_words=STEP_WORDS,
        )

    async def take(self, request: Request, member: StaffMember, proposal_id: str, step: OfficeStep) -> Response:
        """Ask to confirm a step, saying who will be told; then take it."""
        sent = (await self._pages.form(request)).values
        try:
            form = read_step(step, sent)
        except ValidationError as error:
            errors = faults_of(error, request, self._pages, self._words, FIELDS[step])
            return await self.show(request, member, proposal_id, status=422, values=sent, errors=errors)
        if "change" in sent:
            return await self.show(request, member, proposal_id, values=sent)
        try:
            if CONFIRMED not in sent:
                return await self._ask(request, proposal_id, step, form, sent)
            await take_step(self._steps, member, proposal_id, form)
        except ProposalUnknownProblem:
            raise
        except Problem as problem:
            field = next(iter(FIELDS[step].values()), "main") if isinstance(problem, FieldProblem) else "main"
            errors = {field: self._pages.say(request, problem)}
            return await self.show(request, member, proposal_id, status=problem.status, values=sent, errors=errors)
        return see_other(f"/office/proposals/{proposal_id}?done=1")

    async def _ask(
        self, request: Request, proposal_id: str, step: OfficeStep, form: object, sent: Mapping[str, str]
    ) -> Response:
        reading = await self._browsing.read(proposal_id)
        session, target = None, None
        if isinstance(form, ScheduleForm):
            coming = await self._browsing.coming_sessions()
            session = next((each for each in coming if each.id == form.session), None)
            if session is None:
                raise SessionUnknownProblem("/session")
        if isinstance(form, MergeForm):
            await self._steps.check_merge(proposal_id, form.into)
            target = (await self._browsing.read(form.into)).proposal
        return self._pages.render(
            request,
            "office_step.html",
            reading=reading,
            step=step,
            step_word=STEP_WORDS[step],
            consequence=STEP_CONSEQUENCES[step],
            kept=[(field, sent.get(field, "")) for field in FIELDS[step].values()],
            words=sent.get("answer", "") or sent.get("reason", ""),
            session=session,
            target=target,
            followers=await self._browsing.followers([reading.proposal]),
        )

    async def _candidates(self, proposal: Proposal, search: str, chosen: str) -> list[Proposal]:
        """What it may be merged into: what the search finds, or the nearest titles; the chosen one among them."""
        if search:
            wish = Wish(
                order=ORDERS[ListOrder.SUPPORTS], states=CANDIDATE_STATES, programme=proposal.programme, text=search
            )
            found = (await self._browsing.search(wish, CANDIDATES, None)).items
        else:
            found = [other for other, _ in await self._similar(proposal.programme, proposal.title)]
        if chosen and chosen not in {other.id for other in found}:
            found = [*await self._browsing.get_many([chosen]), *found]
        return [other for other in found if other.id != proposal.id and other.state in CANDIDATE_STATES]
