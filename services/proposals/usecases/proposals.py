"""Proposing, listing, and the steps that the programme office takes with a proposal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.proposals.domain import proposals as rules
from services.proposals.domain.problems import (
    OtherProposalUnknownProblem,
    ProgrammeUnknownProblem,
    ProposalUnknownProblem,
    SessionOverProblem,
    SessionUnknownProblem,
)
from services.proposals.domain.proposals import Author, Proposal
from services.proposals.domain.similarity import similarity
from services.proposals.store import ProposalStore, place_of
from services.proposals.usecases.followers import Followers
from shared.clock import Clock
from shared.events.proposals import TopicProposed
from shared.events.vocabulary import Language, ProposalKind, ProposalState, SessionStatus
from shared.ids import derived_id
from shared.storage.contract import Order, Scalar

SIMILAR_FROM = 0.4
"""Titles below this similarity have nothing to do with each other."""
SIMILAR_TITLES = 5


@dataclass(frozen=True, slots=True)
class NewProposal:
    """What somebody proposes; texts are stripped already, `email` may be empty."""

    programme: str
    kind: ProposalKind
    title: str
    body: str
    email: str
    language: Language


class Proposals:
    """The use cases of proposals. Every step tells the followers by the event that its write carries."""

    def __init__(self, store: ProposalStore, followers: Followers, *, secret: bytes, clock: Clock) -> None:
        self._store = store
        self._followers = followers
        self._secret = secret
        self._clock = clock

    async def propose(self, new: NewProposal) -> Proposal:
        """Receive a proposal. The very same one, sent twice within a day (UTC), is received once.

        Raises:
            ProgrammeUnknownProblem: no such programme is known.
        """
        if await self._store.programmes.get(new.programme) is None:
            raise ProgrammeUnknownProblem("/programme")
        proposal = self._proposal(new, self._clock())
        if await self._store.proposals.create(proposal, proposal.event(TopicProposed)) and proposal.author:
            await self._followers.add_author(proposal)
        return await self.get(proposal.id)

    def _proposal(self, new: NewProposal, now: datetime) -> Proposal:
        day = now.astimezone(UTC).date().isoformat()
        same = (new.programme, new.kind, new.title, new.body, new.email, day)
        return Proposal(
            id=derived_id(self._secret, "proposal", *same),
            programme=new.programme,
            kind=new.kind,
            title=new.title,
            body=new.body,
            language=new.language,
            author=Author(email=new.email, language=new.language) if new.email else None,
            unsettled=1 if new.email else 0,
            created_at=now,
            changed_at=now,
        )

    async def get(self, proposal_id: str) -> Proposal:
        """The proposal.

        Raises:
            ProposalUnknownProblem: there is none.
        """
        if proposal := await self._store.proposals.get(proposal_id):
            return proposal
        raise ProposalUnknownProblem

    async def page(
        self,
        programme: str | None,
        state: ProposalState | None,
        order: Order,
        limit: int,
        after: Sequence[Scalar] | None,
    ) -> tuple[list[Proposal], list[Scalar] | None]:
        """A page of proposals and the place where the next one begins, or None."""
        found = await self._store.list_proposals(programme, state, order, limit + 1, after)
        page = found[:limit]
        return page, place_of(page[-1], order) if len(found) > limit else None

    async def similar(self, programme: str, title: str) -> list[tuple[Proposal, float]]:
        """The proposals of a programme with the nearest titles, nearest first, each with its similarity."""
        weighed = [(other, similarity(title, other.title)) for other in await self._store.comparable(programme)]
        near = sorted(weighed, key=lambda pair: -pair[1])[:SIMILAR_TITLES]
        return [pair for pair in near if pair[1] >= SIMILAR_FROM]

    async def review(self, proposal_id: str) -> Proposal:
        """Take it up for review.

        Raises:
            ProposalUnknownProblem, WrongStepProblem
        """
        return await self._change(proposal_id, lambda proposal: rules.review(proposal, self._clock()))

    async def answer(self, proposal_id: str, reason: str) -> Proposal:
        """It was answered; `reason` is the answer in words, or empty.

        Raises:
            ProposalUnknownProblem, WrongStepProblem
        """
        return await self._change(proposal_id, lambda proposal: rules.answer(proposal, reason, self._clock()))

    async def decline(self, proposal_id: str, reason: str) -> Proposal:
        """It will not be treated, for that reason.

        Raises:
            ProposalUnknownProblem, WrongStepProblem
        """
        return await self._change(proposal_id, lambda proposal: rules.decline(proposal, reason, self._clock()))

    async def schedule(self, proposal_id: str, session_id: str) -> Proposal:
        """A session will treat it.

        Raises:
            ProposalUnknownProblem, SessionUnknownProblem, SessionOverProblem, WrongStepProblem
        """
        await self.get(proposal_id)
        await self._check_session(session_id)
        return await self._schedule(proposal_id, session_id)

    async def schedule_many(self, proposal_ids: Sequence[str], session_id: str) -> list[Proposal]:
        """One session will treat several proposals. All are checked before the first one changes; asked for again
        after a failure, it goes on.

        Raises:
            OtherProposalUnknownProblem, SessionUnknownProblem, SessionOverProblem, WrongStepProblem
        """
        await self._check_session(session_id)
        for place, proposal_id in enumerate(proposal_ids):
            proposal = await self._store.proposals.get(proposal_id)
            if proposal is None:
                raise OtherProposalUnknownProblem(f"/proposals/{place}")
            rules.schedule(proposal, session_id, self._clock())
        return [await self._schedule(proposal_id, session_id) for proposal_id in proposal_ids]

    async def _schedule(self, proposal_id: str, session_id: str) -> Proposal:
        return await self._change(proposal_id, lambda proposal: rules.schedule(proposal, session_id, self._clock()))

    async def _check_session(self, session_id: str) -> None:
        session = await self._store.sessions.get(session_id)
        if session is None:
            raise SessionUnknownProblem("/session")
        if session.status is not SessionStatus.SCHEDULED:
            raise SessionOverProblem("/session")

    async def _change(self, proposal_id: str, decide: Callable[[Proposal], rules.Decision]) -> Proposal:
        await self.get(proposal_id)
        return await self._store.proposals.change(proposal_id, decide)
