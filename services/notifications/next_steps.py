"""Reminders of a membership's next step: when they are due, and which ones a later step leaves without use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notifications.deliveries.domain import Delivery, DeliveryKind, make_delivery
from services.notifications.deliveries.expansion import Plan
from services.notifications.deliveries.fanouts import Fanout
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.projections.domain import KnownMembership
from services.notifications.projections.store import Projections
from shared.clock import Clock
from shared.storage.collection import document_of
from shared.storage.contract import Document, less
from shared.text.dates import OFFICE_ZONE

DAYS_BEFORE = (7, 1)
"""How many days before the due date its reminders leave."""
CHANGED = "next step changed"
"""Why a reminder is skipped whose step was replaced."""

_IN_THE_MORNING = time(9)


def due(due_on: date, days: int) -> datetime:
    return datetime.combine(due_on - timedelta(days=days), _IN_THE_MORNING, ZoneInfo(OFFICE_ZONE))


def reminders(membership: KnownMembership, recipients: Sequence[str], now: datetime) -> list[Delivery]:
    """Those still to come, for each recipient. Their ids contain the version that set the step: another step makes new
    ones."""
    due_on = membership.due_on
    ahead = [days for days in DAYS_BEFORE if due_on and due(due_on, days) > now]
    return [_reminder(membership, recipient, days, now) for recipient in recipients for days in ahead]


def _reminder(membership: KnownMembership, recipient: str, days: int, now: datetime) -> Delivery:
    assert membership.due_on is not None
    return make_delivery(
        DeliveryKind.MEMBERSHIP_NEXT_STEP,
        membership.id,
        recipient,
        due_at=due(membership.due_on, days),
        now=now,
        round_=f"{membership.next_step_seen}-{days}",
        sequence=membership.next_step_seen,
    )


@dataclass(frozen=True, slots=True)
class NextSteps:
    _deliveries: DeliveryStore
    _known: Projections
    _clock: Clock

    async def plan(self, fanout: Fanout) -> Plan | None:
        """The reminders of every contact; None if the step was replaced meanwhile."""
        membership, now = await self._known.memberships.get(fanout.subject_id), self._clock()
        if membership is None or membership.next_step_seen != fanout.sequence:
            return None

        def make(recipients: Sequence[str]) -> list[Document]:
            return [document_of(delivery) for delivery in reminders(membership, recipients, now)]

        return Plan(make)

    async def withdraw_before(self, membership_id: str, version: int) -> None:
        """Skip the open reminders of the steps that were set earlier."""
        kind = DeliveryKind.MEMBERSHIP_NEXT_STEP.value
        await self._deliveries.skip({"subject_id": membership_id, "kind": kind, "sequence": less(version)}, CHANGED)
