"""Supporting a proposal once per person: asked for by anybody, confirmed by the link that is mailed."""

from dataclasses import dataclass

from services.proposals.domain import followers as rules
from services.proposals.domain.followers import Follower
from services.proposals.domain.problems import (
    ErasedProblem,
    MergedProblem,
    SupportClosedProblem,
)
from services.proposals.domain.proposals import Proposal
from services.proposals.store import ProposalStore
from services.proposals.usecases.followers import Followers
from services.proposals.usecases.limits import Gate
from shared.clock import Clock
from shared.events.vocabulary import Language, ProposalState
from shared.problems import LinkInvalidProblem
from shared.security.links import LinkPurpose, Links


@dataclass(frozen=True, slots=True)
class Support:
    """What the holder of a link sees: the proposal in which theirs goes on, and whether the support is confirmed."""

    proposal: Proposal
    confirmed: bool
    follows: bool
    """Whether the person is told what becomes of it, as everybody is who supports it."""


class Supports:
    """The use cases of supports."""

    def __init__(self, store: ProposalStore, followers: Followers, gate: Gate, links: Links, *, clock: Clock) -> None:
        self._store = store
        self._followers = followers
        self._gate = gate
        self._links = links
        self._clock = clock

    async def request(self, proposal_id: str, email: str, language: Language, *, origin: str = "") -> None:
        """Mail a link to confirm the support, unless that address supports already or was mailed of late.

        Whatever is stored of the address, the answer is the same and costs one write.

        Raises:
            ProposalUnknownProblem, MergedProblem, SupportClosedProblem
            TooOftenProblem: too many were asked for from that origin or with that address.
        """
        proposal = await self._store.proposal(proposal_id)
        if proposal.state is ProposalState.MERGED:
            raise MergedProblem(await self._followers.end_of(proposal))
        _check_open(proposal)
        now = self._clock()
        follower_id = self._followers.id_of(proposal_id, email)
        await self._gate.admit(follower_id, email=email, origin=origin)
        follower = rules.new_supporter(follower_id, proposal_id, email, language, now)
        if not await self._store.followers.create(follower, follower.support_requested(proposal)):
            await self._store.followers.change(
                follower_id, lambda present: rules.ask_support(present, follower, proposal, now)
            )

    async def language(self, token: str) -> Language | None:
        """In which the holder of a link is written to, or was before it expired; None where it is nobody's."""
        follower = await self._store.followers.get(self._links.subject(LinkPurpose.SUPPORT, token))
        return follower.language if follower else None

    async def show(self, token: str) -> Support:
        """What a link is about; nothing changes.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem, ErasedProblem
        """
        follower = await self._follower(token)
        return await self._support(follower)

    async def confirm(self, token: str) -> Support:
        """Confirm the support of a link; the count rises once, however often this is asked for.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem, ErasedProblem
            SupportClosedProblem: the proposal was answered or declined before the support was confirmed.
        """
        follower = await self._follower(token)
        if not follower.supports:
            _check_open(await self._end(follower))
            taken = await self._steps_taken(follower)
            follower = await self._store.followers.change(
                follower.id, lambda present: rules.confirm(present, taken, self._clock())
            )
        if follower.unsettled:
            await self._followers.settle(follower.id)
        return await self._support(follower)

    async def follow(self, token: str) -> None:
        """Let the holder of a link be told what becomes of the proposal, without supporting it.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem, ErasedProblem
        """
        follower = await self._follower(token)
        taken = await self._steps_taken(follower)
        follower = await self._store.followers.change(
            follower.id, lambda present: rules.follow(present, taken, self._clock())
        )
        if follower.unsettled:
            await self._followers.settle(follower.id)

    async def _support(self, follower: Follower) -> Support:
        return Support(await self._end(follower), follower.supports, follower.follows)

    async def _follower(self, token: str) -> Follower:
        follower_id = self._links.read(LinkPurpose.SUPPORT, token, self._clock())
        follower = await self._store.followers.get(follower_id)
        if follower is None:
            raise LinkInvalidProblem
        if follower.erased_at:
            raise ErasedProblem
        return follower

    async def _steps_taken(self, follower: Follower) -> int:
        return len((await self._store.proposal(follower.proposal_id)).history)

    async def _end(self, follower: Follower) -> Proposal:
        """The proposal that counts the support."""
        proposal = await self._store.proposal(follower.proposal_id)
        if proposal.state is ProposalState.MERGED:
            return await self._store.proposal(await self._followers.end_of(proposal))
        return proposal


def _check_open(proposal: Proposal) -> None:
    if not proposal.is_open:
        raise SupportClosedProblem
