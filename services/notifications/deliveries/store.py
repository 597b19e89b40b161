"""The stored deliveries."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notifications.deliveries.domain import (
    NOT_KNOWN_YET,
    QUEUES,
    Delivery,
    DeliveryState,
    Urgency,
)
from shared.clock import from_millis, to_millis
from shared.storage.collection import Collection, Documents, Place, Slice, document_of
from shared.storage.contract import (
    Condition,
    Document,
    Index,
    Order,
    Scalar,
    Store,
    Where,
    at_most,
    one_of,
)

DELIVERIES = "deliveries"
DELIVERY_COLLECTIONS: Mapping[str, Sequence[Index]] = {
    DELIVERIES: [
        Index(("open", "urgency", "next_try_at")),  # the sender's
        Index(("subject_id", "created_at")),
        Index(("recipient_id",)),
        Index(("state", "created_at")),
        Index(("created_at",)),
    ],
}
NEWEST_FIRST: Order = (("created_at", -1),)


class DeliveryStore(Collection[Delivery]):
    """The deliveries. `documents` reads them as they are stored: a model for each of 20,000 mails that are on their
    way costs more than storing it."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, DELIVERIES, Delivery)
        self.documents = Documents[Document](store, DELIVERIES, lambda document: document)

    async def add(self, deliveries: Sequence[Delivery]) -> int:
        """Insert those that are not there yet; how many they were."""
        return await self.add_documents([document_of(delivery) for delivery in deliveries])

    async def add_documents(self, documents: Sequence[Document]) -> int:
        """Insert those whose id is not there yet; how many they were."""
        return await self._store.insert_many(DELIVERIES, documents) if documents else 0

    async def due(
        self, now: datetime, queue: Urgency | None, *, limit: int, after: Place | None = None
    ) -> Slice[Document]:
        """Open deliveries of a queue whose time has come, the longest due first."""
        where: Where = {"open": 1, "urgency": queue, "next_try_at": at_most(to_millis(now))}
        return await self.documents.page(where, order=(("next_try_at", 1),), limit=limit, after=after)

    async def longest_due(self, now: datetime) -> datetime | None:
        """Since when the delivery waits that is due for longest; None if nothing is due."""
        first = [item for queue in QUEUES for item in (await self.due(now, queue, limit=1)).items]
        return from_millis(min(item["next_try_at"] for item in first)) if first else None

    async def count_planned(self, where: Where) -> int:
        """How many match, in all queues: their index begins with `open` and the queue."""
        return sum([await self.count({**where, "urgency": queue}) for queue in QUEUES])

    async def mark_sent(self, ids: Sequence[str], now: datetime) -> int:
        """The relay took these mails; how many were marked."""
        assign = {"state": DeliveryState.SENT.value, "open": 0, "reason": "", "sent_at": to_millis(now)}
        return await self._store.update_many(DELIVERIES, {"_id": one_of(ids)}, assign=assign) if ids else 0

    async def mark(
        self, ids: Sequence[str], state: DeliveryState, reason: str, *, next_try_at: datetime | None = None
    ) -> int:
        """Set any state but sent; how many were marked. `next_try_at`: only those still open, which stay open until
        then."""
        where: dict[str, Scalar | Condition] = {"_id": one_of(ids)}
        assign: dict[str, Any] = {"state": state.value, "reason": reason, "open": 0 if next_try_at is None else 1}
        if next_try_at is not None:
            where["open"] = 1
            assign["next_try_at"] = to_millis(next_try_at)
        return await self._store.update_many(DELIVERIES, where, assign=assign) if ids else 0

    async def skip(self, where: Where, reason: str) -> int:
        """Skip the open deliveries that match; how many they were."""
        assign = {"state": DeliveryState.SKIPPED.value, "reason": reason, "open": 0}
        return await self._store.update_many(DELIVERIES, {**where, "open": 1}, assign=assign)

    async def defer(self, delivery_id: str, reason: str, next_try_at: datetime, tries: int) -> bool:
        """Try again then; False if it is no longer open."""
        assign = {
            "state": DeliveryState.DEFERRED.value,
            "reason": reason,
            "next_try_at": to_millis(next_try_at),
            "tries": tries,
        }
        return await self._store.update(DELIVERIES, delivery_id, guard={"open": 1}, assign=assign)

    async def wake(self, subject_ids: Sequence[str], now: datetime) -> int:
        """Make due what waits for these sessions and proposals to become known; how many they were."""
        where: Where = {
            "state": DeliveryState.DEFERRED.value,
            "reason": NOT_KNOWN_YET,
            "subject_id": one_of(subject_ids),
        }
        assign = {"state": DeliveryState.DUE.value, "reason": "", "next_try_at": to_millis(now)}
        return await self._store.update_many(DELIVERIES, where, assign=assign) if subject_ids else 0

    async def make_due_again(self, delivery_id: str, now: datetime) -> bool:
        """Put a delivery that ended back to due, in front of all bulk: somebody waits for it. False if it is still
        open, or not there."""
        assign = {
            "state": DeliveryState.DUE.value,
            "open": 1,
            "urgency": Urgency.ANSWER.value,
            "next_try_at": to_millis(now),
            "tries": 0,
            "resent_at": to_millis(now),
            "reason": "",
        }
        return await self._store.update(DELIVERIES, delivery_id, guard={"open": 0}, assign=assign)

    async def resume(self, ids: Sequence[str], now: datetime) -> int:
        """Make due what was held back though nothing was wrong with it, as new mails; how many they were."""
        assign = {
            "state": DeliveryState.DUE.value,
            "open": 1,
            "next_try_at": to_millis(now),
            "tries": 0,
            "resent_at": to_millis(now),
            "reason": "",
        }
        return await self._store.update_many(DELIVERIES, {"_id": one_of(ids), "open": 0}, assign=assign) if ids else 0

    async def restore(self, ids: Sequence[str], reason: str, due_at: int) -> int:
        """Make due at that time (epoch ms) those that were skipped for a reason; how many they were."""
        where: Where = {"_id": one_of(ids), "open": 0, "reason": reason}
        assign = {"state": DeliveryState.DUE.value, "open": 1, "reason": "", "next_try_at": due_at}
        return await self._store.update_many(DELIVERIES, where, assign=assign) if ids else 0

    async def to(self, recipient_ids: Iterable[str], *, limit: int) -> list[Delivery]:
        """The latest deliveries to these recipients, the newest first."""
        where: Where = {"recipient_id": one_of(sorted(recipient_ids))}
        return (await self.page(where, order=NEWEST_FIRST, limit=limit)).items
