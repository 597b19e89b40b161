"""Completing what a crash left half done, and publishing again what the broker lost."""

from datetime import timedelta

from services.proposals.store import UNSETTLED, ProposalStore
from services.proposals.usecases.followers import Followers
from services.proposals.usecases.merging import Merging
from services.proposals.usecases.projections import Projections
from shared.clock import Clock, to_millis
from shared.storage.contract import Where, at_least

TOLD_AGAIN_FOR = timedelta(days=30)
"""What changed within that time is in the inventory; older news has arrived or is of no use any more."""


class Sweep:
    """Finds and takes the steps that a crash left out."""

    def __init__(
        self, store: ProposalStore, followers: Followers, merging: Merging, projections: Projections, *, clock: Clock
    ) -> None:
        self._store = store
        self._followers = followers
        self._merging = merging
        self._projections = projections
        self._clock = clock

    async def complete(self) -> bool:
        """Take the missing steps. As a loop's step never more at once: what fails now may succeed at the next turn."""
        await self._followers.add_authors()
        async for follower in self._store.followers.each(UNSETTLED):
            await self._followers.settle(follower.id)
        async for book in self._store.merges.each(UNSETTLED):
            await self._merging.carry_out(book)
        for session_id in {proposal.session_id async for proposal in self._store.scheduled()}:
            await self._projections.close_if_over(session_id)
        return False

    def recent(self) -> Where:
        """The proposals and followers of the inventory."""
        return {"changed_at": at_least(to_millis(self._clock() - TOLD_AGAIN_FOR))}

    async def tell_proposal_again(self, proposal_id: str) -> None:
        """Publish a proposal's present state once more."""
        await self._store.proposals.republish(proposal_id, lambda proposal: [proposal.state_event()])

    async def tell_follower_again(self, follower_id: str) -> None:
        """Publish once more who follows, or is asked to confirm a support."""
        follower = await self._store.followers.get(follower_id)
        proposal = await self._store.proposals.get(follower.proposal_id) if follower else None
        if proposal:
            await self._store.followers.republish(follower_id, lambda present: present.present_events(proposal))
