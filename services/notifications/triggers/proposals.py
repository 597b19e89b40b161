"""Mails to the followers of proposals."""

from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.projections.domain import KnownFollower, KnownProposal
from services.notifications.projections.store import Projections
from services.notifications.triggers.erasing import RecipientEraser
from services.notifications.triggers.recordings import tell_recording
from shared.events import proposals as events
from shared.events.vocabulary import FollowerRole

_NEWS = frozenset(
    {
        DeliveryKind.PROPOSAL_UNDER_REVIEW,
        DeliveryKind.PROPOSAL_SCHEDULED,
        DeliveryKind.PROPOSAL_SESSION_CANCELLED,
        DeliveryKind.PROPOSAL_ANSWERED,
        DeliveryKind.PROPOSAL_RECORDING,
        DeliveryKind.PROPOSAL_DECLINED,
        DeliveryKind.PROPOSAL_MERGED,
    }
)


@dataclass(frozen=True, slots=True)
class Proposals:
    _known: Projections
    _queue: DeliveryQueue
    _eraser: RecipientEraser

    async def learn(self, event: events.ProposalEvent) -> KnownProposal:
        reported = KnownProposal.from_event(event)
        if await self._known.proposals.apply(reported):
            await self._queue.resume(reported.id)
        return reported

    async def advance(self, event: events.ProposalEvent, kind: DeliveryKind) -> None:
        """Mail the step to the followers, unless the proposal has taken another since."""
        reported = await self.learn(event)
        proposal = await self._known.proposals.get(reported.id)
        if proposal is not None and proposal.state is reported.state:
            session = await self._known.sessions.get(reported.session_id) if reported.session_id else None
            sequence = session.sequence if session else 0
            await self._queue.enqueue_fanout(kind, reported.id, round_=reported.step_round, sequence=sequence)

    async def answer(self, event: events.ProposalAnswered) -> None:
        """Mail the answer, and the recording if that came before."""
        await self.advance(event, DeliveryKind.PROPOSAL_ANSWERED)
        await tell_recording(self._known, self._queue, event.session_id)

    async def review(self, event: events.ProposalReviewStarted) -> None:
        """Mail that it is under review, or that its session was cancelled if that is why."""
        is_off = event.cancelled_session_id
        kind = DeliveryKind.PROPOSAL_SESSION_CANCELLED if is_off else DeliveryKind.PROPOSAL_UNDER_REVIEW
        await self.advance(event, kind)

    async def follow(self, event: events.ProposalFollowed) -> None:
        """Keep a follower, unless erased since, and mail the steps since. An author also gets «received»."""
        reported, after_step = KnownFollower.from_event(event), event.after_step
        await self._known.followers.apply(reported)
        following = {"role": reported.role.value, "following": 1}
        if not await self._known.followers.apply_part(reported.id, "followed", reported.seen, following):
            return
        if reported.role is FollowerRole.AUTHOR:
            after_step = 0
            await self._queue.enqueue_now(DeliveryKind.PROPOSAL_RECEIVED, reported.proposal_id, reported.id)
        if after_step is not None:
            await self._queue.backfill(reported.proposal_id, reported.id, _NEWS, after_step=after_step)

    async def ask_to_confirm_support(self, event: events.SupportRequested) -> None:
        """Mail the link that confirms a support. Until then the person gets nothing else."""
        reported = KnownFollower.from_request(event)
        await self._known.followers.apply_request(reported)
        kind = DeliveryKind.SUPPORT_CONFIRMATION
        await self._queue.enqueue_now(kind, reported.proposal_id, reported.id, round_=str(reported.seen))

    async def forget_follower(self, event: events.FollowerErased) -> None:
        """Forget the person, who gets no news before following again."""
        nobody = KnownFollower.from_erasure(event)
        await self._eraser.erase(self._known.followers, nobody)
        await self._known.followers.apply_part(nobody.id, "followed", nobody.seen, {"following": 0})
