"""Mails about proposals to those who follow them."""

from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.projections.domain import KnownFollower, KnownProposal
from services.notifications.projections.recipients import FOLLOWERS
from services.notifications.projections.store import PROPOSALS, KnownStore
from services.notifications.triggers.erasing import RecipientEraser
from shared.events.vocabulary import FollowerRole

_NEWS = frozenset(
    {
        DeliveryKind.PROPOSAL_UNDER_REVIEW,
        DeliveryKind.PROPOSAL_SCHEDULED,
        DeliveryKind.PROPOSAL_ANSWERED,
        DeliveryKind.PROPOSAL_DECLINED,
        DeliveryKind.PROPOSAL_MERGED,
    }
)


@dataclass(frozen=True, slots=True)
class Proposals:
    """What happens to proposals and their followers."""

    _known: KnownStore
    _queue: DeliveryQueue
    _eraser: RecipientEraser

    async def learn(self, told: KnownProposal) -> None:
        """Keep a proposal's public state."""
        if await self._known.remember(PROPOSALS, told):
            await self._queue.resume(told.id)

    async def advance(self, told: KnownProposal, kind: DeliveryKind) -> None:
        """Mail the step to author and supporters, unless the proposal has taken another one since."""
        await self.learn(told)
        proposal = await self._known.proposal(told.id)
        if proposal is not None and proposal.state is told.state:
            await self._queue.enqueue_fanout(kind, told.id, round_=_step_of(told))

    async def follow(self, told: KnownFollower, after_step: int | None) -> None:
        """Keep a follower, unless erased since. An author gets the mail that the proposal was received, and the steps
        since."""
        await self._known.remember(FOLLOWERS, told)
        following = {"role": told.role.value, "following": 1}
        holds = await self._known.remember_detail(FOLLOWERS, told.id, "followed", told.seen, following)
        if not holds:
            return
        if told.role is FollowerRole.AUTHOR:
            after_step = 0
            await self._queue.enqueue_now(DeliveryKind.PROPOSAL_RECEIVED, told.proposal_id, told.id)
        if after_step is not None:
            await self._queue.backfill(told.proposal_id, told.id, _NEWS, after_step=after_step)

    async def ask_to_confirm_support(self, told: KnownFollower) -> None:
        """Mail the link that confirms a support; until then the person gets nothing else."""
        await self._known.remember(FOLLOWERS, told, leave={"role"})
        await self._known.set_if_missing(FOLLOWERS, told.id, "role", {"role": told.role.value, "following": 0})
        kind = DeliveryKind.SUPPORT_CONFIRMATION
        await self._queue.enqueue_now(kind, told.proposal_id, told.id, round_=str(told.seen))

    async def forget_follower(self, nobody: KnownFollower) -> None:
        """Forget the person and send nothing more. Who comes back gets no news before following anew."""
        await self._eraser.erase(FOLLOWERS, await self._known.follower(nobody.id), nobody)
        await self._known.remember_detail(FOLLOWERS, nobody.id, "followed", nobody.seen, {"following": 0})


def _step_of(proposal: KnownProposal) -> str:
    """Distinguishes two steps of a kind: their number, or what they lead to where the event has none."""
    return str(proposal.step) if proposal.step else proposal.merged_into or proposal.session_id
