"""Erasing who follows proposals. The proposals stay, and so does the number of their supports."""

from datetime import timedelta
from functools import partial

from services.proposals.domain import followers as rules
from services.proposals.domain.followers import Follower
from services.proposals.domain.merges import MergeBook
from services.proposals.domain.proposals import Proposal
from services.proposals.store import ProposalStore
from shared.clock import Clock
from shared.security.erasing import Erasing, Note
from shared.security.links import SUPPORT_LINK_LIFE


async def erase_follower(store: ProposalStore, clock: Clock, note: Note) -> Follower | None:
    """Erase the address of a follower; the follower afterwards."""
    if await store.followers.get(note.id) is None:
        return None
    erase = partial(rules.erase, generation=note.generation, now=clock())
    return await store.followers.change(note.id, erase, record=lambda *_: note.record)


class Retention:
    """Erases followers whose time is over."""

    def __init__(self, store: ProposalStore, erasing: Erasing, *, clock: Clock) -> None:
        self._store = store
        self._erasing = erasing
        self._clock = clock

    async def erase_past(self, kept_for: timedelta) -> bool:
        """Erase the followers of proposals that ended so long ago, and people who did not confirm a support in time. As
        a loop's step: never more at once."""
        now = self._clock()
        async for follower in self._store.unconfirmed(now - SUPPORT_LINK_LIFE):
            if not follower.follows:
                await self._erasing.begin(follower.id, follower.generation)
        async for proposal in self._store.ended(now - kept_for):
            for part in await self._parts_of(proposal):
                async for follower in self._store.people_of(part):
                    await self._erasing.begin(follower.id, follower.generation)
        return False

    async def _parts_of(self, proposal: Proposal) -> list[str]:
        """The proposal and those that became part of it."""
        book = await self._store.merges.get(proposal.programme) or MergeBook(id=proposal.programme)
        return [proposal.id, *book.parts_of(proposal.id)]
