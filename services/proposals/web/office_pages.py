"""The office's pages: proposals to deal with, and the steps of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import ValidationError

from services.proposals.domain.problems import ProposalUnknownProblem
from services.proposals.domain.proposals import OPEN_STATES, STEPS, Proposal
from services.proposals.usecases import UseCases
from services.proposals.usecases.proposals import ProposalFilter
from services.proposals.usecases.steps import ROLE as STEP_ROLE
from services.proposals.web import audit_words, wording
from services.proposals.web.decidim_pages import decidim_routes
from services.proposals.web.forms import (
    FIELDS,
    MergeForm,
    ScheduleForm,
    ScheduleManyForm,
    form_errors,
    read_step,
    take_step,
)
from services.proposals.web.lists import read_query
from services.proposals.web.weights_pages import weights_routes
from services.proposals.web.wording import ListOrder, OfficeStep
from shared.clock import Clock
from shared.events.vocabulary import ProposalState
from shared.problems import FieldProblem, Problem, mark
from shared.staff import Role, StaffMember
from shared.web.audit_pages import who_acted
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import CONFIRMED, Pages, see_other
from shared.web.staff_cookie import require_role

LISTED = 50
CANDIDATES = 20
TO_DEAL_WITH = (ProposalState.RECEIVED, ProposalState.UNDER_REVIEW)
CANDIDATE_STATES = (*TO_DEAL_WITH, ProposalState.SCHEDULED, ProposalState.ANSWERED_IN_SESSION)
"""Proposals in these may be a merge's target."""
EVERY, ALL = "all", mark("All")
GROUPS = {"": TO_DEAL_WITH, EVERY: tuple(ProposalState)}
PICK = "pick-"
"""Prefix of the checkboxes' names, before the proposal's id."""
DEAL_WITH = mark("To deal with: received or under review")


def office_page_routes(use_cases: UseCases, pages: Pages, clock: Clock) -> PageRouter:
    """`/office/proposals…`: a viewer reads, an editor acts."""
    router = page_router(pages)
    reads = [Depends(require_role(pages.office, Role.VIEWER))]
    editor = Annotated[StaffMember, Depends(require_role(pages.office, STEP_ROLE))]
    lists, proposals = OfficeList(use_cases, pages, clock), OfficeProposal(use_cases, pages)

    async def schedule_many(request: Request, member: editor) -> Response:
        return await lists.schedule(request, member)

    async def take(request: Request, proposal_id: str, step: OfficeStep, member: editor) -> Response:
        return await proposals.take(request, member, proposal_id, step)

    router.add_api_route("/office/proposals", lists.show_list, dependencies=reads)
    router.add_api_route("/office/proposals", schedule_many, methods=["POST"])
    router.routes.extend(decidim_routes(use_cases, pages).routes)
    router.routes.extend(weights_routes(use_cases, pages).routes)
    router.add_api_route("/office/proposals/{proposal_id}", proposals.show_proposal, dependencies=reads)
    router.add_api_route("/office/proposals/{proposal_id}/{step}", take, methods=["POST"])
    router.routes.extend(audit_words.routes(use_cases, pages).routes)
    return router


def _may_act(pages: Pages, request: Request) -> bool:
    member = pages.member(request)
    return member is not None and member.role >= STEP_ROLE


@dataclass(frozen=True, slots=True)
class OfficeList:
    """The list, and scheduling several at once."""

    use_cases: UseCases
    pages: Pages
    clock: Clock

    async def show_list(self, request: Request) -> Response:
        return await self._page(request)

    async def schedule(self, request: Request, member: StaffMember) -> Response:
        """Ask to confirm scheduling the chosen proposals for a session; then schedule them."""
        sent = (await self.pages.form(request)).values
        picked = [name.removeprefix(PICK) for name in sent if name.startswith(PICK)]
        try:
            form = ScheduleManyForm(session=sent.get("session", ""), proposals=picked)
        except ValidationError as error:
            errors = form_errors(self.pages, request, error)
            return await self._page(request, status=422, errors=errors, values=sent)
        if "change" in sent:
            return await self._page(request, values=sent)
        try:
            if CONFIRMED not in sent:
                return await self._ask(request, form)
            await self.use_cases.steps.schedule_many(member, form.proposals, form.session)
        except Problem as problem:
            field = "session" if isinstance(problem, FieldProblem) else "main"
            errors = {field: self.pages.say(request, problem)}
            return await self._page(request, status=problem.status, errors=errors, values=sent)
        return see_other(f"/office/proposals?scheduled={len(form.proposals)}")

    async def _page(self, request: Request, *, status: int = 200, **values: Any) -> Response:
        """By default, proposals received or under review, heaviest first."""
        browsing = self.use_cases.proposals
        query = read_query(request.query_params, GROUPS, tuple(wording.ORDER_WORDS))
        found = await browsing.search(query.filter, LISTED, query.after)
        programmes = await browsing.programmes()
        chosen = query.filter.programme
        coming = await self.use_cases.store.coming_sessions(chosen)
        sessions = [session for session in coming if session.is_offered_to(chosen)]
        states = [("", DEAL_WITH), *wording.STATES.items(), (EVERY, ALL)]
        return self.pages.render(
            request,
            "office_proposals.html",
            status=status,
            query=query,
            **values,
            proposals=[(proposal, (self.clock() - proposal.created_at).days) for proposal in found.items],
            next_page=query.next_address(found.next),
            weights=await self.use_cases.weighing.weigh(found.items),
            programmes=programmes,
            programme_choices=wording.programme_choices(self.pages, request, programmes),
            session_choices=wording.session_choices(self.pages, request, sessions, programmes),
            state_choices=wording.worded(self.pages, request, states),
            order_choices=wording.worded(self.pages, request, wording.ORDER_WORDS.items()),
            **wording.IN_TEMPLATES,
            open_states=OPEN_STATES,
            may_act=_may_act(self.pages, request),
            scheduled=request.query_params.get("scheduled", ""),
        )

    async def _ask(self, request: Request, form: ScheduleManyForm) -> Response:
        browsing = self.use_cases.proposals
        proposals = await browsing.get_many(form.proposals)
        session = await browsing.coming_session(form.session)
        return self.pages.render(
            request,
            "office_schedule.html",
            form=form,
            proposals=proposals,
            session=session,
            programme=(await browsing.programmes())[session.programme],
            followers=await browsing.count_recipients(proposals),
            consequence=wording.STEP_CONSEQUENCES[OfficeStep.SCHEDULE],
        )


@dataclass(frozen=True, slots=True)
class OfficeProposal:
    """One proposal and the steps that its state allows."""

    use_cases: UseCases
    pages: Pages

    async def show_proposal(self, request: Request, proposal_id: str) -> Response:
        return await self._page(request, proposal_id)

    async def take(self, request: Request, member: StaffMember, proposal_id: str, step: OfficeStep) -> Response:
        """Ask to confirm a step, with the number of recipients; then take it."""
        sent = (await self.pages.form(request)).values
        try:
            form = read_step(step, sent)
        except ValidationError as error:
            errors = form_errors(self.pages, request, error, FIELDS[step])
            return await self._page(request, proposal_id, status=422, values=sent, errors=errors)
        if "change" in sent:
            return await self._page(request, proposal_id, values=sent)
        try:
            if CONFIRMED not in sent:
                return await self._ask(request, proposal_id, step, form, sent)
            await take_step(self.use_cases.steps, member, proposal_id, form)
        except ProposalUnknownProblem:
            raise
        except Problem as problem:
            field = next(iter(FIELDS[step].values()), "main") if isinstance(problem, FieldProblem) else "main"
            errors = {field: self.pages.say(request, problem)}
            return await self._page(request, proposal_id, status=problem.status, values=sent, errors=errors)
        return see_other(f"/office/proposals/{proposal_id}?done=1")

    async def _page(
        self,
        request: Request,
        proposal_id: str,
        *,
        status: int = 200,
        values: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        """The proposal, the number of its recipients, the forms of possible steps, and the office's acts so far."""
        browsing = self.use_cases.proposals
        reading = await browsing.read(proposal_id)
        proposal = reading.proposal
        sessions = await self.use_cases.store.coming_sessions(proposal.programme)
        programmes = {proposal.programme: reading.programme}
        search = request.query_params.get("q", "").strip()
        values = {"q": search, "session": proposal.session_id, **(values or {})}
        return self.pages.render(
            request,
            "office_proposal.html",
            status=status,
            reading=reading,
            followers=await browsing.count_recipients([proposal]),
            councils=await browsing.councils_of(proposal),
            weight=(await self.use_cases.weighing.weigh([proposal]))[proposal.id],
            acts=[
                (act.at, who_acted(self.pages, request, act.member_id, act.member_name), wording.ACTS[act.action])
                for act in await self.use_cases.audit.entries(subject=proposal_id)
            ],
            possible=[wording.STEP_OF[state] for state in STEPS[proposal.state]]
            if _may_act(self.pages, request)
            else [],
            candidate_choices=[
                (other.id, f"{other.title} ({other.supports})")
                for other in await self._candidates(proposal, search, values.get("into", ""))
            ],
            session_choices=wording.session_choices(self.pages, request, sessions, programmes),
            values=values,
            errors=errors or {},
            was_done="done" in request.query_params,
            **wording.IN_TEMPLATES,
        )

    async def _ask(
        self, request: Request, proposal_id: str, step: OfficeStep, form: object, sent: Mapping[str, str]
    ) -> Response:
        browsing = self.use_cases.proposals
        reading = await browsing.read(proposal_id)
        session, target = None, None
        if isinstance(form, ScheduleForm):
            session = await browsing.coming_session(form.session)
        if isinstance(form, MergeForm):
            await self.use_cases.merging.check(proposal_id, form.into)
            target = await self.use_cases.store.proposal(form.into)
        return self.pages.render(
            request,
            "office_step.html",
            reading=reading,
            step=step,
            step_word=wording.STEP_WORDS[step],
            consequence=wording.STEP_CONSEQUENCES[step],
            kept=[(field, sent.get(field, "")) for field in FIELDS[step].values()],
            words=sent.get("answer", "") or sent.get("reason", ""),
            session=session,
            target=target,
            followers=await browsing.count_recipients([reading.proposal]),
        )

    async def _candidates(self, proposal: Proposal, search: str, chosen: str) -> list[Proposal]:
        """Possible targets of a merge: the search's, or the nearest titles; the chosen one is included."""
        browsing, order = self.use_cases.proposals, wording.ORDERS[ListOrder.SUPPORTS]
        if search:
            wanted = ProposalFilter(order, CANDIDATE_STATES, proposal.programme, search)
            found = (await browsing.search(wanted, CANDIDATES, None)).items
        else:
            similar = await self.use_cases.proposals.similar(proposal.programme, proposal.title)
            found = [other for other, _ in similar]
        if chosen and chosen not in {other.id for other in found}:
            found = [*await browsing.get_many([chosen]), *found]
        return [other for other in found if other.id != proposal.id and other.state in CANDIDATE_STATES]
