"""Whether mails go out in time, for whoever looks after the installation."""

from collections.abc import Callable
from datetime import timedelta

from services.notifications.deliveries.domain import Delivery
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.projections.documents import model_of
from shared.clock import Clock

LATE = timedelta(minutes=15)
"""A mail that is due for so long is a reason to look at the relay and its limits."""


class LatenessCheck:
    """Looks at what is due, whichever replica sends."""

    def __init__(self, deliveries: DeliveryStore, clock: Clock, trouble: Callable[[], str]) -> None:
        """`trouble` tells why this replica cannot send just now; empty when it can, or when another one sends."""
        self._deliveries = deliveries
        self._clock = clock
        self._trouble = trouble

    async def watch(self) -> str:
        """What is wrong; empty when all is well."""
        if trouble := self._trouble():
            return f"mails do not go out: {trouble}"
        now = self._clock()
        late, _ = await self._deliveries.due(now - LATE, limit=1, after=None)
        if not late:
            return ""
        delivery = model_of(late[0], Delivery)
        waited = now - (delivery.next_try_at or delivery.due_at)
        return f"a mail that is due has waited for {waited // timedelta(minutes=1)} min"
