"""The stored suppressions."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from services.notifications.deliveries.domain import Delivery
from services.notifications.deliveries.store import NEWEST_FIRST
from services.notifications.preferences import domain as rules
from services.notifications.preferences.domain import MailGroup, Suppression, SuppressionReason
from shared.clock import Clock
from shared.ids import derived_id
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.collection import Place, Slice
from shared.storage.contract import Index, Store, greater, one_of
from shared.storage.records import Recording

SUPPRESSIONS = "suppressions"
SUPPRESSION_COLLECTIONS: Mapping[str, Sequence[Index]] = {
    SUPPRESSIONS: [Index(("address",)), Index(("created_at",)), PENDING],
}


class SuppressionStore:
    """Suppressed addresses; `secret` keys their ids."""

    def __init__(self, documents: Store, secret: str, clock: Clock) -> None:
        self._aggregates = Aggregates(documents, SUPPRESSIONS, Suppression, clock=clock)
        self._documents = documents
        self._secret = secret.encode()

    async def stop(self, address: str, group: MailGroup, now: datetime) -> Suppression:
        """Send no more of a group to an address, at the person's wish. Idempotent; no event."""
        suppression = self._new(address, SuppressionReason.UNSUBSCRIBED, now, group)
        await self._aggregates.create(suppression)
        return suppression

    async def bounce(self, address: str, delivery: Delivery, now: datetime) -> Suppression:
        """Send nothing more to an address that refused this mail for good. Idempotent: one event until it is lifted."""
        suppression = self._new(address, SuppressionReason.BOUNCED, now)
        if not await self._aggregates.create(suppression, rules.mail_bounced(suppression, delivery)):
            await self._aggregates.change(suppression.id, rules.bounce_again(address, delivery, now))
        return suppression

    async def of(self, addresses: Sequence[str]) -> dict[str, list[Suppression]]:
        """By address; addresses without suppressions are left out."""
        found: dict[str, list[Suppression]] = {}
        async for suppression in self._aggregates.each({"address": one_of([each for each in addresses if each])}):
            found.setdefault(suppression.address, []).append(suppression)
        return found

    async def of_one(self, address: str) -> list[Suppression]:
        return (await self.of([address])).get(address, [])

    async def get(self, suppression_id: str) -> Suppression | None:
        """None if there is none, or if it was lifted."""
        suppression = await self._aggregates.get(suppression_id)
        return None if suppression is None or suppression.is_lifted else suppression

    async def page(self, *, limit: int, after: Place | None) -> Slice[Suppression]:
        return await self._aggregates.page({"address": greater("")}, order=NEWEST_FIRST, limit=limit, after=after)

    def each(self) -> AsyncIterator[Suppression]:
        """All that stop something."""
        return self._aggregates.each({"address": greater("")})

    async def lift(self, suppression_id: str, record: Recording[Suppression] | None = None) -> bool:
        """Send to that address again; False if it was not suppressed.

        A suppression with published events is kept and carries the record; others are deleted.
        """
        suppression = await self.get(suppression_id)
        if suppression is None:
            return False
        if not suppression.announced:
            return await self._documents.delete(SUPPRESSIONS, {"_id": suppression_id}) == 1
        await self._aggregates.change(suppression_id, rules.lift_bounce, record=record)
        return True

    def _new(
        self, address: str, reason: SuppressionReason, now: datetime, group: MailGroup = MailGroup.ALL
    ) -> Suppression:
        about = [reason, *([group] if group else []), address]
        suppression_id = derived_id(self._secret, "suppression", *about)
        return Suppression(id=suppression_id, address=address, reason=reason, group=group, created_at=now)
