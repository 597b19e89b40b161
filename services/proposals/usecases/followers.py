"""Steps that followers take by themselves: becoming one, being counted, moving along when proposals merge.

Each is one write and safe to repeat; the sweep completes what a crash interrupts.
"""

from dataclasses import dataclass

from services.proposals.domain import followers as rules
from services.proposals.domain.followers import Follower
from services.proposals.domain.problems import ErasedProblem
from services.proposals.domain.proposals import Decision, Proposal, count_support, forget_author
from services.proposals.store import UNSETTLED, ProposalStore
from shared.clock import Clock
from shared.events.vocabulary import Language, ProposalState
from shared.ids import derived_id
from shared.problems import LinkInvalidProblem
from shared.security.erasing import Erasing
from shared.security.links import LinkPurpose, Links


@dataclass
class Followers:
    store: ProposalStore
    erasing: Erasing
    links: Links
    secret: bytes
    clock: Clock

    def id_of(self, proposal_id: str, email: str) -> str:
        return derived_id(self.secret, "follower", proposal_id, email)

    async def holder(self, purpose: LinkPurpose, token: str) -> Follower:
        """The holder of a link.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem: the link is not good.
            ErasedProblem: the address was erased.
        """
        follower = await self.store.followers.get(self.links.read(purpose, token, self.clock()))
        if follower is None:
            raise LinkInvalidProblem
        if follower.erased_at:
            raise ErasedProblem
        return follower

    async def language(self, purpose: LinkPurpose, token: str) -> Language | None:
        """The language of a link's holder, even if the link has expired; None if there is no holder."""
        follower = await self.store.followers.get(self.links.subject(purpose, token))
        return follower.language if follower else None

    async def end_of(self, proposal: Proposal) -> str:
        """The id of the proposal that this one was merged into in the end, or its own."""
        book = await self.store.merges.get(proposal.programme)
        return book.end_of(proposal.id) if book else proposal.id

    async def add_authors(self) -> None:
        """Complete proposals in which a crash left the author's address."""
        async for proposal in self.store.proposals.each(UNSETTLED):
            await self.add_author(proposal)

    async def add_author(self, proposal: Proposal) -> None:
        """Make the author a follower, then forget the address in the proposal."""
        assert proposal.author is not None
        email, language = proposal.author.email, proposal.author.language
        author = rules.new_author(self.id_of(proposal.id, email), proposal.id, email, language, self.clock())
        await self.store.followers.create(author, author.followed())
        await self.settle(author.id)
        await self.store.proposals.change(proposal.id, forget_author)

    async def settle(self, follower_id: str) -> None:
        """Count a confirmed support, or move the person along with a merged proposal, unless erased."""
        follower = await self.store.followers.get(follower_id)
        assert follower is not None
        proposal = await self._counted(follower)
        if proposal.state is ProposalState.MERGED and not follower.erased_at:
            await self._move(follower, proposal)
        else:
            await self.store.followers.change(follower_id, rules.settle)

    async def _counted(self, follower: Follower) -> Proposal:
        now = self.clock()

        def count(proposal: Proposal) -> Decision:
            return count_support(proposal, follower.id, now, follower.entity) if follower.supports else (proposal, [])

        return await self.store.proposals.change(follower.proposal_id, count)

    async def _move(self, follower: Follower, merged: Proposal) -> None:
        target = await self.store.proposal(await self.end_of(merged))
        moved_id = self.id_of(target.id, follower.email)
        taken = target.steps_before(max(follower.changed_at, merged.history[-1].at))
        other = rules.newcomer(follower, moved_id, target, taken, self.clock())
        if not await self.store.followers.create(other, other.followed()):
            await self.store.followers.change(moved_id, lambda present: rules.take_over(present, other))
        await self.settle(moved_id)
        left = await self.store.followers.change(follower.id, lambda present: rules.settle(present, moved_id))
        moved = await self.store.followers.get(moved_id)
        if left.erased_at and moved and not moved.erased_at:  # erased while moving: erase the copy too
            await self.erasing.begin(moved_id, moved.generation)
