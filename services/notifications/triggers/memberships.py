"""Mails about an entity's way through the phases of a programme."""

from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.next_steps import NextSteps
from services.notifications.projections.domain import KnownMembership
from services.notifications.projections.store import Projections
from shared.events import support as events
from shared.events.vocabulary import MembershipState

_OF_THE_NEXT_STEP = {"next_step", "due_on", "next_step_seen"}


@dataclass(frozen=True, slots=True)
class Memberships:
    _known: Projections
    _queue: DeliveryQueue
    _next_steps: NextSteps

    async def learn(self, event: events.MembershipEvent) -> None:
        reported = KnownMembership.from_event(event)
        if await self._known.memberships.apply(reported, leave=_OF_THE_NEXT_STEP):
            await self._queue.resume(reported.id)

    async def advance(self, event: events.MembershipAdvanced) -> None:
        """Mail that it is in another phase, unless it has taken another step since."""
        await self.learn(event)
        membership = await self._known.memberships.get(event.membership_id)
        is_told = membership and membership.state is MembershipState.ACTIVE and membership.step == event.step
        if is_told and event.step:
            await self._queue.enqueue_fanout(
                DeliveryKind.MEMBERSHIP_ADVANCED, event.membership_id, round_=str(event.step)
            )

    async def set_next_step(self, event: events.NextStepSet) -> None:
        """Store the reminders of the step and skip those of the one before."""
        await self.learn(event)
        fields = event.model_dump(mode="json", include={"due_on"}) | {"next_step": event.text}
        subject, version = event.membership_id, event.version
        if not await self._known.memberships.apply_part(subject, "next_step", version, fields):
            return
        await self._next_steps.withdraw_before(subject, version)
        if event.due_on:
            await self._queue.enqueue_fanout(
                DeliveryKind.MEMBERSHIP_NEXT_STEP, subject, round_=str(version), sequence=version
            )
