"""The documents of suppressed addresses."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.notifications.deliveries.domain import Delivery
from services.notifications.preferences.domain import (
    MailGroup,
    Suppression,
    SuppressionReason,
    bounce_again,
    lift_bounce,
    mail_bounced,
)
from shared.clock import Clock
from shared.ids import derived_id
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import Index, Order, Scalar, Store, greater, one_of, position
from shared.storage.records import Recording

SUPPRESSIONS = "suppressions"


SUPPRESSION_COLLECTIONS: Mapping[str, Sequence[Index]] = {
    SUPPRESSIONS: [Index(("address",)), Index(("created_at",)), PENDING],
}


_NEWEST_FIRST: Order = (("created_at", -1),)


_EACH = len(MailGroup) + 1
"""How many suppressions one address can have: one of each group, and that it bounced."""


class SuppressionStore:
    """Suppressed addresses; `secret` keys their ids."""

    def __init__(self, documents: Store, secret: str, clock: Clock) -> None:
        self._documents = documents
        self._aggregates = Aggregates(documents, SUPPRESSIONS, Suppression, clock=clock)
        self._secret = secret.encode()

    async def stop(self, address: str, group: MailGroup, now: datetime) -> Suppression:
        """Send no more of a group to an address, as the person wants. Idempotent, and told to nobody."""
        suppression = self._new(address, SuppressionReason.UNSUBSCRIBED, now, group)
        await self._aggregates.create(suppression)
        return suppression

    async def bounce(self, address: str, delivery: Delivery, now: datetime) -> Suppression:
        """Send nothing more to an address that refused this mail for good. Idempotent: told once while it stands."""
        suppression = self._new(address, SuppressionReason.BOUNCED, now)
        if not await self._aggregates.create(suppression, mail_bounced(suppression, delivery)):
            await self._aggregates.change(suppression.id, bounce_again(address, delivery, now))
        return suppression

    async def of(self, addresses: Sequence[str]) -> dict[str, list[Suppression]]:
        """How each of these addresses is suppressed; those that are not are left out."""
        found: dict[str, list[Suppression]] = {}
        where = {"address": one_of([address for address in addresses if address])}
        for document in await self._documents.find(SUPPRESSIONS, where, limit=max(1, _EACH * len(addresses))):
            found.setdefault(document["address"], []).append(Suppression.model_validate(document))
        return found

    async def get(self, suppression_id: str) -> Suppression | None:
        """The suppression, or None when there is none, or none any more."""
        suppression = await self._aggregates.get(suppression_id)
        return None if suppression is None or suppression.is_lifted else suppression

    async def page(
        self, *, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Suppression], list[Scalar] | None]:
        """Suppressed addresses newest first, and where the next page begins."""
        where = {"address": greater("")}
        documents = await self._documents.find(SUPPRESSIONS, where, order=_NEWEST_FIRST, limit=limit, after=after)
        place = position(documents[-1], _NEWEST_FIRST) if len(documents) == limit else None
        return [Suppression.model_validate(document) for document in documents], place

    async def lift(self, suppression_id: str, record: Recording[Suppression] | None = None) -> bool:
        """Send to that address again; False when it was not suppressed. What others were told of is kept, and carries
        the record; the rest is deleted."""
        suppression = await self.get(suppression_id)
        if suppression is None:
            return False
        if not suppression.announced:
            return await self._documents.delete(SUPPRESSIONS, {"_id": suppression_id}) == 1
        await self._aggregates.change(suppression_id, lift_bounce, record=record)
        return True

    def _new(
        self, address: str, reason: SuppressionReason, now: datetime, group: MailGroup = MailGroup.ALL
    ) -> Suppression:
        about = [reason, *([group] if group else []), address]
        suppression_id = derived_id(self._secret, "suppression", *about)
        return Suppression(id=suppression_id, address=address, reason=reason, group=group, created_at=now)
