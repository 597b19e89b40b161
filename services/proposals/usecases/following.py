"""What is kept of a person who follows proposals, by the address: seen, taken along, erased."""

from dataclasses import dataclass

from services.proposals.domain.followers import Follower
from services.proposals.domain.problems import ErasedProblem
from services.proposals.domain.proposals import Proposal
from services.proposals.store import ProposalStore
from services.proposals.usecases.followers import Followers
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.problems import LinkInvalidProblem
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.security.erasing import Erasing
from shared.security.links import LinkPurpose, Links
from shared.staff import Role
from shared.storage.records import Author

EXPORTED, ERASED = "follower.exported", "follower.erased"
"""What the audit calls them."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A proposal and what a person is to it."""

    follower: Follower
    proposal: Proposal


class Following:
    """The verbs of one's own data beside supporting and following.

    The link was mailed to the address, so its holder may see and erase all that is kept with that address.
    """

    def __init__(
        self,
        store: ProposalStore,
        followers: Followers,
        erasing: Erasing,
        links: Links,
        audit: Audit,
        *,
        clock: Clock,
    ) -> None:
        self._store = store
        self._followers = followers
        self._erasing = erasing
        self._links = links
        self._audit = audit
        self._clock = clock
        self.export_for = Action(EXPORTED, Role.ADMIN, self._export_for)
        self.erase_for = Action(ERASED, Role.ADMIN, self._erase_for)

    async def holder(self, token: str) -> Follower:
        """Whose link it is.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem: the link is not good.
            ErasedProblem: the address was erased.
        """
        follower_id = self._links.read(LinkPurpose.FOLLOWING, token, self._clock())
        follower = await self._store.followers.get(follower_id)
        if follower is None:
            raise LinkInvalidProblem
        if follower.erased_at:
            raise ErasedProblem
        return follower

    async def language(self, token: str) -> Language | None:
        """In which the holder of a link is written to, or was; None where it is nobody's."""
        follower = await self._store.followers.get(self._links.subject(LinkPurpose.FOLLOWING, token))
        return follower.language if follower else None

    async def everything(self, token: str) -> list[Followed]:
        """All that is kept with the address of who holds the link, the latest first.

        Raises:
            As `holder`.
        """
        return await self._kept((await self.holder(token)).email)

    async def erase(self, token: str) -> None:
        """Erase the address everywhere it is kept here.

        Raises:
            As `holder`.
        """
        await self._erase((await self.holder(token)).email)

    async def _export_for(self, by: Author, email: str) -> list[Followed]:
        """All that is kept with an address, for who asked the office for it. Reading stores nothing that could carry
        the record: it is written before the data goes out."""
        kept = await self._kept(email)
        for each in kept:
            await self._audit.record(by.member, by.act, each.follower.id)
        return kept

    async def _erase_for(self, by: Author, email: str) -> int:
        """Erase an address for who asked the office for it, and leave no byte behind; from how many proposals."""
        kept = await self._kept(email)
        await self._erase(email, by)
        if kept:
            await self._store.try_to_compact()
        return len(kept)

    async def _kept(self, email: str) -> list[Followed]:
        await self._followers.add_authors()
        followers = await self._store.followers_with(email)
        proposals = await self._store.proposals.many(each.proposal_id for each in followers)
        latest_first = sorted(followers, key=lambda each: each.asked_at, reverse=True)
        return [Followed(each, proposals[each.proposal_id]) for each in latest_first]

    async def _erase(self, email: str, by: Author | None = None) -> None:
        """Look again until nothing is found: a merge may be moving the person to another proposal meanwhile."""
        await self._followers.add_authors()
        while followers := await self._store.followers_with(email):
            for follower in followers:
                record = by.record_at(self._clock(), follower.id) if by else None
                await self._erasing.begin(follower.id, follower.generation, record)
