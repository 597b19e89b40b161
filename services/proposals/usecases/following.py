"""The data kept of followers, by mail address: shown, exported, erased. Erasing keeps proposals and their counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from services.proposals.domain import followers as rules
from services.proposals.domain.followers import Follower
from services.proposals.domain.merges import MergeBook
from services.proposals.domain.proposals import Proposal
from services.proposals.store import ProposalStore
from services.proposals.usecases.followers import Followers
from shared.clock import Clock
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.security.erasing import Erasing, Note
from shared.security.links import SUPPORT_LINK_LIFE, LinkPurpose
from shared.staff import Role
from shared.storage.records import Author

EXPORTED, ERASED = "follower.exported", "follower.erased"


@dataclass(frozen=True, slots=True)
class Followed:
    follower: Follower
    proposal: Proposal


@dataclass(eq=False)
class Following:
    """The holder of a mailed link may see and erase all that is kept with the address it was sent to.

    The methods that take a token raise LinkInvalidProblem, LinkExpiredProblem and ErasedProblem.
    """

    store: ProposalStore
    followers: Followers
    erasing: Erasing
    audit: Audit
    clock: Clock

    def __post_init__(self) -> None:
        self.export_for = Action(EXPORTED, Role.ADMIN, self._export_for)
        self.erase_for = Action(ERASED, Role.ADMIN, self._erase_for)

    async def everything(self, token: str) -> list[Followed]:
        """The latest first."""
        holder = await self.followers.holder(LinkPurpose.FOLLOWING, token)
        return await self._kept(holder.email)

    async def erase(self, token: str) -> None:
        holder = await self.followers.holder(LinkPurpose.FOLLOWING, token)
        await self._erase(holder.email)

    async def _export_for(self, by: Author, email: str) -> list[Followed]:
        """Record the reading before the data goes out: there is no write of ours to carry the record."""
        kept = await self._kept(email)
        for each in kept:
            await self.audit.record(by.member, by.act, each.follower.id)
        return kept

    async def _erase_for(self, by: Author, email: str) -> int:
        """Erase an address and leave no byte behind. Returns the number of proposals it stood in."""
        kept = await self._kept(email)
        await self._erase(email, by)
        if kept:
            await self.store.try_to_compact()
        return len(kept)

    async def _kept(self, email: str) -> list[Followed]:
        await self.followers.add_authors()
        followers = await self.store.followers_with(email)
        proposals = await self.store.proposals.many(each.proposal_id for each in followers)
        latest_first = sorted(followers, key=lambda each: each.asked_at, reverse=True)
        return [Followed(each, proposals[each.proposal_id]) for each in latest_first]

    async def _erase(self, email: str, by: Author | None = None) -> None:
        """Repeat until nothing is found: a merge may be moving the person to another proposal."""
        await self.followers.add_authors()
        while followers := await self.store.followers_with(email):
            for follower in followers:
                record = by.record_at(self.clock(), follower.id) if by else None
                await self.erasing.begin(follower.id, follower.generation, record)

    async def erase_past(self, kept_for: timedelta, kept_without_news: timedelta) -> bool:
        """Erase the followers of proposals that ended long ago or have had no news for long, and people who did not
        confirm a support in time. As a loop's step: never more at once."""
        now = self.clock()
        async for follower in self.store.unchanged(now - kept_without_news):
            if await self._last_news(follower.proposal_id) <= now - kept_without_news:
                await self.erasing.begin(follower.id, follower.generation)
        async for follower in self.store.unconfirmed(now - SUPPORT_LINK_LIFE):
            if not follower.follows:
                await self.erasing.begin(follower.id, follower.generation)
        async for proposal in self.store.ended(now - kept_for):
            book = await self.store.merges.get(proposal.programme) or MergeBook(id=proposal.programme)
            for part in [proposal.id, *book.parts_of(proposal.id)]:
                async for follower in self.store.people_of(part):
                    await self.erasing.begin(follower.id, follower.generation)
        return False

    async def _last_news(self, proposal_id: str) -> datetime:
        """When the proposal took its last step, or the one in which it goes on."""
        proposal = await self.store.proposal(proposal_id)
        while proposal.merged_into:
            proposal = await self.store.proposal(proposal.merged_into)
        return proposal.history[-1].at if proposal.history else proposal.created_at


async def erase_follower(store: ProposalStore, clock: Clock, note: Note) -> Follower | None:
    """Returns the erased follower."""
    if await store.followers.get(note.id) is None:
        return None
    erase = partial(rules.erase, generation=note.generation, now=clock())
    return await store.followers.change(note.id, erase, record=lambda *_: note.record)
