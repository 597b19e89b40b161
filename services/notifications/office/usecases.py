"""What the programme office does about mails: look, send again, allow again. Each act has a line in the audit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.notifications.deliveries.domain import (
    Delivery,
    DeliveryOpenProblem,
    DeliveryState,
    DeliveryUnknownProblem,
)
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.deliveries.wakers import Wakers
from services.notifications.preferences.domain import Suppression, SuppressionUnknownProblem
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.domain import KnownSession
from services.notifications.projections.recipients import RecipientStore
from services.notifications.projections.store import KnownStore
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.security.audit import Audit, AuditEntry
from shared.staff import StaffMember
from shared.storage.contract import Scalar
from shared.storage.records import Author
from shared.text.dates import OFFICE_ZONE

RESENT, LIFTED = "delivery.resent", "suppression.lifted"
"""The acts in the audit."""

_MOST_FOUND = 200

_ENDED = (DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.BOUNCED, DeliveryState.FAILED)

Place = list[Scalar] | None
"""Where the next page begins; None after the last."""


class Addressed(NamedTuple):
    """A delivery with its address; empty where the recipient is not known (yet or any more)."""

    delivery: Delivery
    address: str


@dataclass(frozen=True, slots=True)
class Today:
    """The numbers of today's mails."""

    ended: Mapping[DeliveryState, int]
    """How many ended in each way since midnight."""
    waiting: int
    """How many are due now."""
    later: int
    """How many are due later, first tries and others."""


@dataclass(frozen=True, slots=True)
class DeliveryAdmin:
    """What the office sees and does about deliveries and suppressed addresses."""

    _deliveries: DeliveryStore
    _recipients: RecipientStore
    _known: KnownStore
    _suppressions: SuppressionStore
    _audit: Audit
    _wakers: Wakers
    _clock: Clock

    async def today(self) -> Today:
        """The numbers of today."""
        now = self._clock()
        midnight = now.astimezone(ZoneInfo(OFFICE_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
        ended = {state: await self._deliveries.count_ended(state, since=midnight) for state in _ENDED}
        waiting, later = await self._deliveries.count_open(now)
        return Today(ended, waiting, later)

    async def list_deliveries(
        self, where: Mapping[str, Scalar], *, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Addressed], Place]:
        """A page of deliveries, the newest first."""
        deliveries, place = await self._deliveries.page(where, limit=limit, after=after)
        addresses = await self._recipients.addresses([delivery.recipient_id for delivery in deliveries])
        return [Addressed(delivery, addresses.get(delivery.recipient_id, "")) for delivery in deliveries], place

    async def find(self, address: str) -> list[Addressed]:
        """The latest two hundred deliveries to an address, the newest first."""
        recipients = await self._recipients.at([address])
        deliveries = await self._deliveries.to(recipients, limit=_MOST_FOUND)
        return [Addressed(delivery, address) for delivery in deliveries]

    async def delivery(self, delivery_id: str) -> Addressed:
        """One delivery.

        Raises:
            DeliveryUnknownProblem: there is none with that id.
        """
        delivery = await self._deliveries.get(delivery_id)
        if delivery is None:
            raise DeliveryUnknownProblem
        addresses = await self._recipients.addresses([delivery.recipient_id])
        return Addressed(delivery, addresses.get(delivery.recipient_id, ""))

    async def deliveries(self, ids: Collection[str]) -> list[Delivery]:
        """Those of the deliveries that exist."""
        found = [await self._deliveries.get(delivery_id) for delivery_id in sorted(ids)]
        return [delivery for delivery in found if delivery]

    async def titles(self, deliveries: Collection[Delivery]) -> dict[str, Mapping[Language, str] | str]:
        """The titles by session or proposal: of a session in several languages."""
        return await self._known.titles([delivery.subject_id for delivery in deliveries])

    async def history(self, delivery_id: str) -> list[AuditEntry]:
        """What the office did about a delivery, the latest first."""
        return await self._audit.entries(subject=delivery_id)

    async def latest_sessions(self, limit: int) -> list[KnownSession]:
        """Sessions to choose from, the one that starts last in front."""
        return await self._known.latest_sessions(limit)

    async def resend(self, member: StaffMember, delivery_id: str) -> Addressed:
        """Send the very same mail once more, with the same Message-ID and Date.

        Raises:
            DeliveryUnknownProblem: there is none with that id.
            DeliveryOpenProblem: it is still to be sent.
        """
        if (await self.delivery(delivery_id)).delivery.open:
            raise DeliveryOpenProblem
        await self._audit.record(member, RESENT, delivery_id)
        if not await self._deliveries.make_due_again(delivery_id, self._clock()):
            raise DeliveryOpenProblem
        self._wakers.sender()
        return await self.delivery(delivery_id)

    async def list_suppressions(self, *, limit: int, after: Sequence[Scalar] | None) -> tuple[list[Suppression], Place]:
        """A page of suppressed addresses, the newest first."""
        return await self._suppressions.page(limit=limit, after=after)

    async def suppression(self, suppression_id: str) -> Suppression:
        """An address that gets no mail, or not all.

        Raises:
            SuppressionUnknownProblem: there is none with that id.
        """
        suppression = await self._suppressions.get(suppression_id)
        if suppression is None:
            raise SuppressionUnknownProblem
        return suppression

    async def lift(self, member: StaffMember, suppression_id: str) -> None:
        """Send to an address again. The record is stored with that, or just before where the document is deleted.

        Raises:
            SuppressionUnknownProblem: there is none with that id.
        """
        suppression = await self.suppression(suppression_id)
        by, details = Author(member, LIFTED), {"reason": suppression.reason}
        if not suppression.announced:
            await self._audit.record(member, LIFTED, suppression_id, details)
        if not await self._suppressions.lift(suppression_id, by.record(suppression_id, details)):
            raise SuppressionUnknownProblem
