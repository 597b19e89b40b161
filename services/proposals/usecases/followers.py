"""What a follower goes through by itself: becoming one, being counted, moving along when proposals merge.

Each step is one write and safe to repeat, so that what a crash left half done is completed by the sweep.
"""

from services.proposals.domain import followers as rules
from services.proposals.domain.followers import Follower
from services.proposals.domain.proposals import Proposal, count_support, forget_author
from services.proposals.store import UNSETTLED, ProposalStore
from shared.clock import Clock
from shared.events.vocabulary import ProposalState
from shared.ids import derived_id
from shared.security.erasing import Erasing


class Followers:
    """Followers, counted where their proposal goes on."""

    def __init__(self, store: ProposalStore, erasing: Erasing, *, secret: bytes, clock: Clock) -> None:
        self._store = store
        self._erasing = erasing
        self._secret = secret
        self._clock = clock

    def id_of(self, proposal_id: str, email: str) -> str:
        """The one follower that a person can be of a proposal."""
        return derived_id(self._secret, "follower", proposal_id, email)

    async def end_of(self, proposal: Proposal) -> str:
        """The id of the proposal in which that one goes on: itself unless it was merged."""
        book = await self._store.merges.get(proposal.programme)
        return book.end_of(proposal.id) if book else proposal.id

    async def add_authors(self) -> None:
        """Make followers of the authors of whom a crash left the address in the proposal."""
        async for proposal in self._store.proposals.each(UNSETTLED):
            await self.add_author(proposal)

    async def add_author(self, proposal: Proposal) -> None:
        """Make the author a follower, then forget the address in the proposal."""
        assert proposal.author is not None
        email, language = proposal.author.email, proposal.author.language
        author = rules.new_author(self.id_of(proposal.id, email), proposal.id, email, language, self._clock())
        await self._store.followers.create(author, author.followed())
        await self.settle(author.id)
        await self._store.proposals.change(proposal.id, forget_author)

    async def settle(self, follower_id: str) -> None:
        """Count a confirmed support; where the proposal was merged, let the person go on with the other one, unless
        the address was erased."""
        follower = await self._store.followers.get(follower_id)
        assert follower is not None
        proposal = await self._counted(follower)
        if proposal.state is ProposalState.MERGED and not follower.erased_at:
            await self._move(follower, proposal)
        else:
            await self._store.followers.change(follower_id, rules.settle)

    async def _counted(self, follower: Follower) -> Proposal:
        """The follower's proposal after it has counted the support, if there is one and it was not merged."""
        now = self._clock()
        return await self._store.proposals.change(
            follower.proposal_id,
            lambda proposal: count_support(proposal, follower.id, now) if follower.supports else (proposal, []),
        )

    async def _move(self, follower: Follower, merged: Proposal) -> None:
        target = await self._store.proposal(await self.end_of(merged))
        moved_id = self.id_of(target.id, follower.email)
        taken = target.steps_before(max(follower.changed_at, merged.history[-1].at))
        other = rules.newcomer(follower, moved_id, target, taken, self._clock())
        if not await self._store.followers.create(other, other.followed()):
            await self._store.followers.change(moved_id, lambda present: rules.take_over(present, other))
        await self.settle(moved_id)
        left = await self._store.followers.change(follower.id, lambda present: rules.settle(present, moved_id))
        moved = await self._store.followers.get(moved_id)
        if left.erased_at and moved and not moved.erased_at:  # while moving: whom they became is erased too
            await self._erasing.begin(moved_id, moved.generation)
