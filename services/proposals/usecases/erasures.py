"""Erasing who follows proposals: noted first, so that what a crash leaves half done is finished."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.proposals.domain import followers as rules
from services.proposals.domain.followers import Follower
from services.proposals.domain.merges import MergeBook
from services.proposals.domain.proposals import Proposal
from services.proposals.store import ProposalStore
from shared.clock import Clock
from shared.links import SUPPORT_LINK_LIFE

Purge = Callable[[str], Awaitable[None]]
"""Takes what was published about a follower out of the broker."""

_MOST_COUNTED = 1000


class Erasures:
    """Erases addresses here, and has what was published about them taken out of the broker. Proposals stay, and so
    does the number of their supports."""

    def __init__(self, store: ProposalStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def begin(self, follower_id: str) -> None:
        """Erase this round of a follower. Idempotent."""
        follower = await self._store.followers.get(follower_id)
        if follower is None or follower.erased_at:
            return
        await self._store.note_erasure(follower.id, follower.generation)
        await self._erase(follower.id, follower.generation)

    async def step(self, purge: Purge) -> bool:
        """Finish the erasures noted, once their own event is published; as a loop's step, never more at once."""
        for follower_id, generation in await self._store.erasures():
            follower = await self._erase(follower_id, generation)
            if follower is not None and follower.generation == generation:
                if follower.pending:
                    continue
                await purge(follower_id)
            await self._store.end_erasure(follower_id, generation)
        return False

    async def erase_past(self, kept_for: timedelta) -> bool:
        """Erase who followed what came to its end so long ago, and who did not confirm a support in time; as a loop's
        step, never more at once."""
        now = self._clock()
        for follower in await self._store.unconfirmed(now - SUPPORT_LINK_LIFE):
            await self.begin(follower.id)
        for proposal in await self._store.ended(now - kept_for):
            for part in await self._parts_of(proposal):
                for follower in await self._store.people_of(part):
                    await self.begin(follower.id)
        return False

    async def unfinished(self) -> int:
        """How many erasures wait for their event to be published, or for the broker to forget."""
        return len(await self._store.erasures(limit=_MOST_COUNTED))

    async def _parts_of(self, proposal: Proposal) -> list[str]:
        """The proposal and those that became part of it."""
        book = await self._store.merges.get(proposal.programme) or MergeBook(id=proposal.programme)
        return [proposal.id, *book.parts_of(proposal.id)]

    async def _erase(self, follower_id: str, generation: int) -> Follower | None:
        """The follower afterwards; a later round stays as it is, for the person came back."""
        follower = await self._store.followers.get(follower_id)
        if follower is None or follower.generation != generation:
            return follower
        now = self._clock()
        return await self._store.followers.change(
            follower_id,
            lambda current: rules.erase(current, now) if current.generation == generation else (current, []),
        )
