"""What the office may do about mails: look, send again, allow again."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.problems import (
    DeliveryOpenProblem,
    DeliveryUnknownProblem,
    SuppressionUnknownProblem,
)
from services.notifications.domain.suppressions import Suppression
from services.notifications.store import NotificationsStore
from services.notifications.usecases.bells import Bells
from shared.clock import Clock
from shared.storage.contract import Scalar

Place = list[Scalar] | None


class Addressed(NamedTuple):
    """A delivery with the address it goes to; empty where the recipient is not known (yet or any more)."""

    delivery: Delivery
    address: str


class Post:
    """The verbs of deliveries and suppressed addresses."""

    def __init__(self, store: NotificationsStore, clock: Clock, bells: Bells) -> None:
        self._store = store
        self._clock = clock
        self._bells = bells

    async def list_deliveries(
        self, where: Mapping[str, Scalar], *, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Addressed], Place]:
        """Deliveries newest first with their addresses, and where the next page begins."""
        deliveries, place = await self._store.deliveries.page(where, limit=limit, after=after)
        addresses = await self._store.recipients.addresses([delivery.recipient_id for delivery in deliveries])
        return [Addressed(delivery, addresses.get(delivery.recipient_id, "")) for delivery in deliveries], place

    async def delivery(self, delivery_id: str) -> Addressed:
        """One delivery.

        Raises:
            DeliveryUnknownProblem: there is none with that id.
        """
        delivery = await self._store.deliveries.get(delivery_id)
        if delivery is None:
            raise DeliveryUnknownProblem
        addresses = await self._store.recipients.addresses([delivery.recipient_id])
        return Addressed(delivery, addresses.get(delivery.recipient_id, ""))

    async def ended(self, delivery_id: str) -> Addressed:
        """One delivery that ended.

        Raises:
            DeliveryUnknownProblem: there is none with that id.
            DeliveryOpenProblem: it is still to be sent.
        """
        found = await self.delivery(delivery_id)
        if found.delivery.open:
            raise DeliveryOpenProblem
        return found

    async def resend(self, delivery_id: str) -> Addressed:
        """Send a mail once more: the very same, with the same Message-ID and Date.

        Raises:
            DeliveryUnknownProblem: there is none with that id.
            DeliveryOpenProblem: it is still to be sent.
        """
        await self.ended(delivery_id)
        if not await self._store.deliveries.make_due_again(delivery_id, self._clock()):
            raise DeliveryOpenProblem
        self._bells.sender()
        return await self.delivery(delivery_id)

    async def list_suppressions(self, *, limit: int, after: Sequence[Scalar] | None) -> tuple[list[Suppression], Place]:
        """Suppressed addresses newest first, and where the next page begins."""
        return await self._store.suppressions.page(limit=limit, after=after)

    async def lift_suppression(self, suppression_id: str) -> None:
        """Send to an address again.

        Raises:
            SuppressionUnknownProblem: there is none with that id.
        """
        if not await self._store.suppressions.lift(suppression_id):
            raise SuppressionUnknownProblem
