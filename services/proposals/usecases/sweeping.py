"""Completing what a crash left half done, and telling again what the broker lost."""

from collections.abc import Sequence

from services.proposals.domain.followers import Follower
from services.proposals.domain.proposals import Proposal
from services.proposals.store import ProposalStore, recently_changed, told_again
from services.proposals.usecases.calendar import Calendar
from services.proposals.usecases.followers import Followers
from services.proposals.usecases.merging import Merging
from shared.clock import Clock
from shared.events.base import Event
from shared.storage.contract import Where


class Sweep:
    """Every step of this service is one write; this finds the steps that were not taken after one."""

    def __init__(
        self, store: ProposalStore, followers: Followers, merging: Merging, calendar: Calendar, *, clock: Clock
    ) -> None:
        self._store = store
        self._followers = followers
        self._merging = merging
        self._calendar = calendar
        self._clock = clock

    async def complete(self) -> bool:
        """Take the missing steps; never more at once, since whatever is left fails now and may not at the next turn."""
        await self._followers.add_authors()
        for follower in await self._store.unsettled_followers():
            await self._followers.settle(follower.id)
        for book in await self._store.unsettled_merges():
            await self._merging.carry_out(book)
        for session_id in {proposal.session_id for proposal in await self._store.scheduled()}:
            if session := await self._store.sessions.get(session_id):
                await self._calendar.close_if_over(session)
        return False

    def recent(self) -> Where:
        """The proposals and followers of which the inventory speaks."""
        return recently_changed(self._clock())

    async def tell_proposal_again(self, proposal_id: str) -> None:
        """Publish a proposal's present state once more."""

        def decide(proposal: Proposal) -> tuple[Proposal, Sequence[Event]]:
            return told_again(proposal, [proposal.state_event()]), ()

        await self._store.proposals.change(proposal_id, decide)

    async def tell_follower_again(self, follower_id: str) -> None:
        """Publish once more who follows, or is asked to confirm a support."""
        follower = await self._store.followers.get(follower_id)
        proposal = await self._store.proposals.get(follower.proposal_id) if follower else None
        if proposal is None:
            return

        def decide(present: Follower) -> tuple[Follower, Sequence[Event]]:
            return told_again(present, present.present_events(proposal)), ()

        await self._store.followers.change(follower_id, decide)
