"""Completes what a crash left half done, and republishes what the broker lost."""

from dataclasses import dataclass
from datetime import timedelta

from services.proposals.store import UNSETTLED, ProposalStore
from services.proposals.usecases.followers import Followers
from services.proposals.usecases.merging import Merging
from services.proposals.usecases.steps import Steps
from shared.clock import Clock, to_millis
from shared.storage.contract import Where, at_least

REPUBLISHED_FOR = timedelta(days=30)
"""The inventory lists documents that changed this recently; older ones are known or no longer needed."""


@dataclass
class Sweep:
    store: ProposalStore
    followers: Followers
    merging: Merging
    steps: Steps
    clock: Clock

    async def complete(self) -> bool:
        """Take the missing steps. A loop's step: False, what failed now may succeed at the next turn."""
        await self.followers.add_authors()
        async for follower in self.store.followers.each(UNSETTLED):
            await self.followers.settle(follower.id)
        async for book in self.store.merges.each(UNSETTLED):
            await self.merging.carry_out(book)
        for session_id in {proposal.session_id async for proposal in self.store.scheduled()}:
            await self.steps.close_if_over(session_id)
        return False

    def recent(self) -> Where:
        return {"changed_at": at_least(to_millis(self.clock() - REPUBLISHED_FOR))}

    async def republish_proposal(self, proposal_id: str) -> None:
        await self.store.proposals.republish(proposal_id, lambda proposal: [proposal.state_event()])

    async def republish_follower(self, follower_id: str) -> None:
        follower = await self.store.followers.get(follower_id)
        proposal = await self.store.proposals.get(follower.proposal_id) if follower else None
        if proposal:
            await self.store.followers.republish(follower_id, lambda present: present.present_events(proposal))
