"""Supporting a proposal, once per person: anybody asks, and the mailed link confirms."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.proposals.domain import followers as rules
from services.proposals.domain.followers import Follower
from services.proposals.domain.problems import MergedProblem, SupportClosedProblem
from services.proposals.domain.proposals import Proposal
from services.proposals.store import ProposalStore
from services.proposals.usecases.followers import Followers
from services.proposals.usecases.proposals import RateLimit, listed
from shared.clock import Clock
from shared.entities.domain import Entity
from shared.entities.live import LiveDirectory
from shared.events.vocabulary import Language, ProposalState
from shared.security.links import LinkPurpose


@dataclass(frozen=True, slots=True)
class Support:
    """What the holder of a link sees; `proposal` is the one that theirs was merged into in the end, or theirs."""

    proposal: Proposal
    confirmed: bool
    follows: bool
    """Whether the person gets mails about it; all supporters do."""
    entity: Entity | None
    """For which entity, until the support is counted."""


@dataclass
class Supports:
    """The methods that take a token raise LinkInvalidProblem, LinkExpiredProblem and ErasedProblem."""

    store: ProposalStore
    followers: Followers
    entities: LiveDirectory
    rate_limit: RateLimit
    clock: Clock

    async def request(
        self, proposal_id: str, email: str, language: Language, *, entity: str = "", origin: str = ""
    ) -> None:
        """Mail a link to confirm the support, unless that address supports already or was mailed recently.

        `entity` is a code of the directory, which the confirmation shows and the proposal counts. Whatever is stored of
        the address, the answer is the same and costs one write.

        Raises:
            ProposalUnknownProblem, MergedProblem, SupportClosedProblem
            EntityUnknownProblem: the directory does not list it.
            TooOftenProblem: too many were asked for from that origin or with that address.
        """
        proposal = await self.store.proposal(proposal_id)
        if proposal.state is ProposalState.MERGED:
            raise MergedProblem(await self.followers.end_of(proposal))
        _check_open(proposal)
        code = await listed(self.entities, entity)
        now = self.clock()
        follower_id = self.followers.id_of(proposal_id, email)
        await self.rate_limit.hit(follower_id, email=email, origin=origin)
        follower = rules.new_supporter(follower_id, proposal_id, email, language, now, code)
        if not await self.store.followers.create(follower, follower.support_requested(proposal)):
            await self.store.followers.change(
                follower_id, lambda present: rules.ask_support(present, follower, proposal, now)
            )

    async def show(self, token: str) -> Support:
        return await self._support(await self.followers.holder(LinkPurpose.SUPPORT, token))

    async def confirm(self, token: str) -> Support:
        """Confirm the support; a repeat does not count again.

        Raises:
            SupportClosedProblem: the proposal was answered or declined before the support was confirmed.
        """
        follower = await self.followers.holder(LinkPurpose.SUPPORT, token)
        if not follower.supports:
            _check_open(await self._end(follower))
        return await self._support(await self._settled(follower, rules.confirm))

    async def follow(self, token: str) -> None:
        """Follow the proposal without supporting it."""
        await self._settled(await self.followers.holder(LinkPurpose.SUPPORT, token), rules.follow)

    async def _settled(
        self, follower: Follower, decide: Callable[[Follower, int, datetime], rules.Decision]
    ) -> Follower:
        taken = len((await self.store.proposal(follower.proposal_id)).history)
        follower = await self.store.followers.change(follower.id, lambda present: decide(present, taken, self.clock()))
        if follower.unsettled:
            await self.followers.settle(follower.id)
        return follower

    async def _support(self, follower: Follower) -> Support:
        entity = await self.entities.find(follower.entity)
        return Support(await self._end(follower), follower.supports, follower.follows, entity)

    async def _end(self, follower: Follower) -> Proposal:
        """The proposal that counts the support."""
        proposal = await self.store.proposal(follower.proposal_id)
        if proposal.state is ProposalState.MERGED:
            return await self.store.proposal(await self.followers.end_of(proposal))
        return proposal


def _check_open(proposal: Proposal) -> None:
    if not proposal.is_open:
        raise SupportClosedProblem
