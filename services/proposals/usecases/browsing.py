"""What pages show: lists with search, and one proposal with all that belongs to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.domain.problems import SessionUnknownProblem
from services.proposals.domain.proposals import Proposal
from services.proposals.domain.similarity import mentions
from services.proposals.store import ProposalStore
from services.proposals.usecases.followers import Followers
from shared.events.vocabulary import ProposalState
from shared.storage.collection import Place, Slice, document_of
from shared.storage.contract import Order, position

_PAGE = 200
SEARCHED_PAGES = 10
"""Pages of the store read at most for one page of a search; the next page goes on from there."""


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    order: Order
    states: Collection[ProposalState]
    programme: str = ""
    text: str = ""
    """Words that title or body hold, whatever their accents and capitals."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A proposal with what its page shows."""

    proposal: Proposal
    programme: KnownProgramme
    sessions: dict[str, KnownSession]
    """Sessions of its history that are known, by id."""
    target: Proposal | None
    """The proposal that it was merged into."""
    sources: Sequence[Proposal]
    """The proposals merged into it."""


@dataclass
class Browsing:
    store: ProposalStore
    followers: Followers

    async def programmes(self) -> dict[str, KnownProgramme]:
        return {programme.id: programme async for programme in self.store.programmes.each()}

    async def coming_session(self, session_id: str) -> KnownSession:
        """A session that has neither ended nor been cancelled.

        Raises:
            SessionUnknownProblem: it is none of these.
        """
        if session := next((each for each in await self.store.coming_sessions() if each.id == session_id), None):
            return session
        raise SessionUnknownProblem("/session")

    async def search(self, filter_: ProposalFilter, limit: int, after: Place | None) -> Slice[Proposal]:
        found: list[Proposal] = []
        place = after
        for _ in range(SEARCHED_PAGES):
            batch = await self.store.list_proposals(filter_.programme, filter_.states, filter_.order, _PAGE, place)
            found += [each for each in batch.items if mentions(f"{each.title} {each.body}", filter_.text)]
            place = batch.next
            if len(found) > limit or place is None:
                break
        if len(found) > limit:
            place = position(document_of(found[limit - 1]), filter_.order)
        return Slice(found[:limit], place)

    async def read(self, proposal_id: str) -> Reading:
        """A proposal for its page.

        Raises:
            ProposalUnknownProblem: there is none.
        """
        proposal = await self.store.proposal(proposal_id)
        programme = await self.store.programmes.get(proposal.programme)
        assert programme is not None, "known before the first proposal, and never deleted"
        sessions = {step.session_id for step in proposal.history if step.session_id}
        merged = proposal.state is ProposalState.MERGED
        return Reading(
            proposal=proposal,
            programme=programme,
            sessions=await self.store.sessions.many(sessions),
            target=await self.store.proposal(await self.followers.end_of(proposal)) if merged else None,
            sources=await self.get_many(proposal.merged_from),
        )

    async def get_many(self, ids: Sequence[str]) -> list[Proposal]:
        return list((await self.store.proposals.many(ids)).values())

    async def count_recipients(self, proposals: Sequence[Proposal]) -> int:
        """How many people get a mail when these proposals take a step. Who follows two counts once."""
        people = [follower for each in proposals async for follower in self.store.followers_of(each.id)]
        return len({follower.email for follower in people if follower.follows})
