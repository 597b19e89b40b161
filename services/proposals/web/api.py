"""The JSON API of proposals: `/api/v1/proposals`, `/api/v1/supports` and `/api/v1/followers`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.proposals.usecases import UseCases
from services.proposals.web import forms, views
from services.proposals.web.views import ProposalView
from services.proposals.web.wording import ORDERS, ListOrder
from shared.events.vocabulary import ProposalState
from shared.staff import StaffMember
from shared.storage.collection import Slice
from shared.web.client_address import client_key
from shared.web.openapi import ApiRouter, problems
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.schemas import ErasedOut, PersonIn
from shared.web.staff_cookie import bearer_member

Origin = Annotated[str, Depends(client_key)]
TITLE = Query(min_length=1, max_length=forms.MAX_TITLE, description="The title to compare with.")


def public_routes(use_cases: UseCases) -> APIRouter:
    router = ApiRouter(tag="proposals")

    @router.post("/proposals", status_code=202, summary="Propose a topic or a doubt", responses=problems(429))
    async def propose(form: forms.ProposalForm, origin: Origin) -> views.ReceivedView:
        """With an address, its owner gets a mail at every step. The same proposal sent twice is received once."""
        proposal = await use_cases.proposals.propose(form.new_proposal(), origin=origin)
        return views.ReceivedView(id=proposal.id, state=proposal.state)

    @router.get("/proposals", summary="List proposals")
    async def list_proposals(
        programme: str | None = None,
        state: ProposalState | None = None,
        order: forms.ProposalOrder = forms.ProposalOrder.NEWEST,
        limit: Limit = 50,
        cursor: CursorParameter = None,
    ) -> Page[ProposalView]:
        """Newest or most supported first."""
        keys = ORDERS[ListOrder(order)]
        after = decode_cursor(cursor, len(keys) + 1)
        states = [state] if state else list(ProposalState)
        found = await use_cases.store.list_proposals(programme, states, keys, limit, after)
        return page_of(Slice(await use_cases.proposals.as_anybody_sees(found.items), found.next), ProposalView.of)

    @router.get("/proposals/similar", summary="Find proposals with a similar title")
    async def similar(programme: str, title: Annotated[str, TITLE]) -> Page[views.SimilarView]:
        """So that people support one instead of proposing it again. Nearest first; accents do not matter."""
        near = await use_cases.proposals.similar(programme, title)
        return Page(items=[views.SimilarView.of(proposal, similarity) for proposal, similarity in near])

    @router.get("/proposals/{proposal_id}", summary="Read a proposal")
    async def read(proposal_id: str) -> ProposalView:
        """Its text, its state and what became of it."""
        [shown] = await use_cases.proposals.as_anybody_sees([await use_cases.store.proposal(proposal_id)])
        return ProposalView.of(shown)

    @router.post(
        "/proposals/{proposal_id}/supports", status_code=202, summary="Support a proposal", responses=problems(409, 429)
    )
    async def support(proposal_id: str, form: forms.SupportForm, origin: Origin) -> views.SupportRequestedView:
        """Mails a link that confirms it. The answer does not reveal whether that address supports it already."""
        await use_cases.supports.request(proposal_id, form.email, form.language, entity=form.entity, origin=origin)
        return views.SupportRequestedView()

    @router.post("/supports/{token}", summary="Confirm a support", responses=problems(409, 410))
    async def confirm(token: str, _: forms.EmptyForm | None = None) -> views.SupportView:
        """With the token of the mailed link; it counts once, however often it is sent."""
        return views.SupportView.of(await use_cases.supports.confirm(token))

    return router


def office_routes(use_cases: UseCases, staff_token: str) -> APIRouter:
    staff = Depends(bearer_member(staff_token))
    router = ApiRouter("/api/v1/proposals", tag="proposals", dependencies=[staff])
    steps = use_cases.steps

    @router.post("/schedule", summary="Schedule several proposals for one session", responses=problems(409))
    async def schedule_many(form: forms.ScheduleManyForm, by: StaffMember = staff) -> list[ProposalView]:
        """All are checked before the first one changes."""
        scheduled = await steps.schedule_many(by, form.proposals, form.session)
        return [ProposalView.of(proposal) for proposal in scheduled]

    @router.post("/{proposal_id}/review", summary="Take a proposal up for review", responses=problems(409))
    async def review(proposal_id: str, _: forms.EmptyForm | None = None, by: StaffMember = staff) -> ProposalView:
        """Also again: out of a session, or after a decline."""
        return ProposalView.of(await steps.review(by, proposal_id))

    @router.post("/{proposal_id}/schedule", summary="Schedule a proposal for a session", responses=problems(409))
    async def schedule(proposal_id: str, form: forms.ScheduleForm, by: StaffMember = staff) -> ProposalView:
        """When the session ends it is answered; when the session is cancelled it is under review again."""
        return ProposalView.of(await steps.schedule(by, proposal_id, form.session))

    @router.post("/{proposal_id}/answer", summary="Answer a proposal", responses=problems(409))
    async def answer(proposal_id: str, form: forms.AnswerForm | None = None, by: StaffMember = staff) -> ProposalView:
        """By hand; the end of its session does it too."""
        return ProposalView.of(await steps.answer(by, proposal_id, form.reason if form else ""))

    @router.post("/{proposal_id}/decline", summary="Decline a proposal", responses=problems(409))
    async def decline(proposal_id: str, form: forms.DeclineForm, by: StaffMember = staff) -> ProposalView:
        """With the reason, which author and supporters read."""
        return ProposalView.of(await steps.decline(by, proposal_id, form.reason))

    @router.post("/{proposal_id}/merge", summary="Merge a proposal into another", responses=problems(409))
    async def merge(proposal_id: str, form: forms.MergeForm, by: StaffMember = staff) -> ProposalView:
        """Its followers move along; a person who supported both counts once; both keep the trace."""
        return ProposalView.of(await steps.merge(by, proposal_id, form.into))

    return router


def people_routes(use_cases: UseCases, staff_token: str) -> APIRouter:
    staff = Depends(bearer_member(staff_token))
    router = ApiRouter("/api/v1/followers", tag="people", dependencies=[staff])

    @router.post("/export", summary="Read all that is kept of a follower")
    async def export(person: PersonIn, by: StaffMember = staff) -> views.PersonView:
        """Every proposal that an address follows, supports, made or was asked to confirm."""
        return views.PersonView.of(await use_cases.following.export_for(by, person.email))

    @router.post("/erase", summary="Erase a follower")
    async def erase(person: PersonIn, by: StaffMember = staff) -> ErasedOut:
        """The address is erased from every proposal; the proposals and their counts stay. A repeat answers 0."""
        erased = await use_cases.following.erase_for(by, person.email)
        return ErasedOut(erased=erased, unfinished=await use_cases.erasing.unfinished())

    return router
