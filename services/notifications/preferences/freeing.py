"""Sending to suppressed addresses again, with what was held back meanwhile and is still of use."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from services.notifications.deliveries.domain import (
    DIRECT_ANSWERS,
    SEAT_NOTICES,
    Delivery,
    DeliveryKind,
    DeliveryState,
)
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.deliveries.usecases import Wakers
from services.notifications.preferences.domain import ADDRESS_BOUNCED, Suppression, SuppressionReason
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.store import Projections
from shared.clock import Clock
from shared.storage.records import Recording

_OF_USE = timedelta(days=30)
"""How old a mail may be that is sent after all."""
_MOST_MAILS = 200
_UNTIL_THE_END = DIRECT_ANSWERS | SEAT_NOTICES | {DeliveryKind.REMINDER}
"""Kinds that are of no use once their session is over."""


@dataclass(frozen=True, slots=True)
class Freeing:
    _suppressions: SuppressionStore
    _deliveries: DeliveryStore
    _known: Projections
    _wakers: Wakers
    _clock: Clock

    async def free(self, suppression: Suppression, record: Recording[Suppression] | None = None) -> bool:
        """Lift one suppression; False if it was lifted before. After a refusal its mails go out; after a wish of the
        person none does."""
        if not await self._suppressions.lift(suppression.id, record):
            return False
        if suppression.reason is SuppressionReason.BOUNCED:
            await self._resume(suppression.address)
        return True

    async def free_bounced(self, address: str) -> None:
        for suppression in await self._suppressions.of_one(address):
            if suppression.reason is SuppressionReason.BOUNCED:
                await self.free(suppression)

    async def _resume(self, address: str) -> None:
        recipients = await self._known.having([address])
        held_back = filter(self._is_held_back, await self._deliveries.to(recipients, limit=_MOST_MAILS))
        if await self._deliveries.resume(await self._of_use(held_back), self._clock()):
            self._wakers.sender()

    def _is_held_back(self, delivery: Delivery) -> bool:
        is_recent = delivery.due_at > self._clock() - _OF_USE
        is_skipped = delivery.state is DeliveryState.SKIPPED and delivery.reason == ADDRESS_BOUNCED
        return is_recent and (is_skipped or delivery.state is DeliveryState.BOUNCED)

    async def _of_use(self, deliveries: Iterable[Delivery]) -> list[str]:
        found = list(deliveries)
        sessions = await self._known.sessions.many({delivery.subject_id for delivery in found})
        now = self._clock()
        over = {session.id for session in sessions.values() if session.is_over(now)}
        return [each.id for each in found if not (each.kind in _UNTIL_THE_END and each.subject_id in over)]
