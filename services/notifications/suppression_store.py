"""The documents of suppressed addresses."""

from collections.abc import Sequence
from datetime import datetime

from services.notifications.domain.suppressions import MailGroup, Suppression, SuppressionReason
from shared.ids import derived_id
from shared.storage.contract import Order, Scalar, Store, one_of, position

SUPPRESSIONS = "suppressions"
_NEWEST_FIRST: Order = (("created_at", -1),)
_EACH = len(MailGroup) + 1
"""How many suppressions one address can have: one of each group, and that it bounced."""


class SuppressionStore:
    """Suppressed addresses; `secret` keys their ids."""

    def __init__(self, documents: Store, secret: str) -> None:
        self._documents = documents
        self._secret = secret.encode()

    async def add(
        self, address: str, reason: SuppressionReason, now: datetime, *, group: MailGroup = MailGroup.ALL
    ) -> Suppression:
        """Send no more to an address, as far as reason and group say. Idempotent."""
        about = [reason, *([group] if group else []), address]
        suppression = Suppression(
            id=derived_id(self._secret, "suppression", *about),
            address=address,
            reason=reason,
            group=group,
            created_at=now,
        )
        await self._documents.insert(SUPPRESSIONS, suppression.model_dump(mode="json", by_alias=True))
        return suppression

    async def of(self, addresses: Sequence[str]) -> dict[str, list[Suppression]]:
        """How each of these addresses is suppressed; those that are not are left out."""
        found: dict[str, list[Suppression]] = {}
        where = {"address": one_of(addresses)}
        for document in await self._documents.find(SUPPRESSIONS, where, limit=max(1, _EACH * len(addresses))):
            found.setdefault(document["address"], []).append(Suppression.model_validate(document))
        return found

    async def get(self, suppression_id: str) -> Suppression | None:
        """The suppression, or None."""
        document = await self._documents.get(SUPPRESSIONS, suppression_id)
        return Suppression.model_validate(document) if document else None

    async def page(
        self, *, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Suppression], list[Scalar] | None]:
        """Suppressed addresses newest first, and where the next page begins."""
        documents = await self._documents.find(SUPPRESSIONS, order=_NEWEST_FIRST, limit=limit, after=after)
        place = position(documents[-1], _NEWEST_FIRST) if len(documents) == limit else None
        return [Suppression.model_validate(document) for document in documents], place

    async def lift(self, suppression_id: str) -> bool:
        """Send to that address again; False when it was not suppressed."""
        return await self._documents.delete(SUPPRESSIONS, {"_id": suppression_id}) == 1
