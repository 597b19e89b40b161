"""The steps of proposals: the office's, each stored with its record, and those that the end of a session brings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from services.proposals.domain import proposals as rules
from services.proposals.domain.known import KnownSession
from services.proposals.domain.problems import (
    OtherProposalUnknownProblem,
    ProposalUnknownProblem,
    SessionOfOthersProblem,
    SessionOverProblem,
    SessionUnknownProblem,
)
from services.proposals.domain.proposals import Proposal
from services.proposals.store import ProposalStore
from services.proposals.usecases.merging import Merging
from shared.clock import Clock
from shared.events.vocabulary import SessionStatus
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.aggregates import NotFoundError
from shared.storage.records import Author

REVIEWED, SCHEDULED, ANSWERED = "proposal.reviewed", "proposal.scheduled", "proposal.answered"
DECLINED, MERGED = "proposal.declined", "proposal.merged"
ROLE = Role.EDITOR
"""The lowest role that may take a step."""


@dataclass(eq=False)
class Steps:
    """The write of a step carries the event that informs the followers.

    Every act of the office raises ProposalUnknownProblem and WrongStepProblem.
    """

    store: ProposalStore
    merging: Merging
    clock: Clock

    def __post_init__(self) -> None:
        self.review = Action(REVIEWED, ROLE, self._review)
        self.answer = Action(ANSWERED, ROLE, self._answer)
        self.decline = Action(DECLINED, ROLE, self._decline)
        self.schedule = Action(SCHEDULED, ROLE, self._schedule_one)
        self.schedule_many = Action(SCHEDULED, ROLE, self._schedule_many)
        self.merge = Action(MERGED, ROLE, self.merging.merge)

    async def _review(self, by: Author, proposal_id: str) -> Proposal:
        return await self._take(by, proposal_id, partial(rules.review, now=self.clock()))

    async def _answer(self, by: Author, proposal_id: str, reason: str) -> Proposal:
        decide = partial(rules.answer, reason=reason, now=self.clock())
        return await self._take(by, proposal_id, decide, reason=reason)

    async def _decline(self, by: Author, proposal_id: str, reason: str) -> Proposal:
        decide = partial(rules.decline, reason=reason, now=self.clock())
        return await self._take(by, proposal_id, decide, reason=reason)

    async def _schedule_one(self, by: Author, proposal_id: str, session_id: str) -> Proposal:
        """Raises:
        SessionUnknownProblem, SessionOverProblem, SessionOfOthersProblem
        """
        proposal = await self.store.proposal(proposal_id)
        _require_offered(await self._coming(session_id), proposal)
        return await self._schedule(by, proposal_id, session_id)

    async def _schedule_many(self, by: Author, proposal_ids: Sequence[str], session_id: str) -> list[Proposal]:
        """Check all before the first one changes. A repeat after a failure completes the rest.

        Raises:
            OtherProposalUnknownProblem, SessionUnknownProblem, SessionOverProblem, SessionOfOthersProblem
        """
        session = await self._coming(session_id)
        for place, proposal_id in enumerate(proposal_ids):
            proposal = await self.store.proposals.get(proposal_id)
            if proposal is None:
                raise OtherProposalUnknownProblem(f"/proposals/{place}")
            _require_offered(session, proposal)
            rules.schedule(proposal, session_id, self.clock())
        return [await self._schedule(by, proposal_id, session_id) for proposal_id in proposal_ids]

    async def _schedule(self, by: Author, proposal_id: str, session_id: str) -> Proposal:
        decide = partial(rules.schedule, session_id=session_id, now=self.clock())
        return await self._take(by, proposal_id, decide, session=session_id)

    async def _coming(self, session_id: str) -> KnownSession:
        session = await self.store.sessions.get(session_id)
        if session is None:
            raise SessionUnknownProblem("/session")
        if session.status is not SessionStatus.SCHEDULED:
            raise SessionOverProblem("/session")
        return session

    async def _take(
        self, by: Author, proposal_id: str, decide: Callable[[Proposal], rules.Decision], **details: str
    ) -> Proposal:
        try:
            return await self.store.proposals.change(proposal_id, decide, record=by.record(proposal_id, details))
        except NotFoundError:
            raise ProposalUnknownProblem from None

    async def keep_session(self, session: KnownSession) -> None:
        """Keep a session and move its proposals on if it is over, whatever the order of its events."""
        await self.store.sessions.apply(session)
        await self.close_if_over(session.id)

    async def close_if_over(self, session_id: str) -> None:
        """Answer the proposals of an ended session; review those of a cancelled one again."""
        session = await self.store.sessions.get(session_id)
        if session is None or session.status is SessionStatus.SCHEDULED:
            return
        took_place = session.status is SessionStatus.ENDED
        over = partial(rules.session_over, session_id=session_id, took_place=took_place, now=self.clock())
        async for proposal in self.store.scheduled(session_id):
            await self.store.proposals.change(proposal.id, over)


def _require_offered(session: KnownSession, proposal: Proposal) -> None:
    """Raises SessionOfOthersProblem."""
    if not session.is_offered_to(proposal.programme):
        raise SessionOfOthersProblem("/session")
