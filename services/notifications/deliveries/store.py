"""The documents of the deliveries.

What is on the way of every mail goes in and out as plain documents, since a model for each of 20,000 costs more than
storing it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notifications.deliveries.domain import (
    DIRECT_ANSWERS,
    NOT_KNOWN_YET,
    Delivery,
    DeliveryKind,
    DeliveryState,
)
from services.notifications.projections.documents import PAGE, each, model_of, next_place
from shared.clock import from_millis, to_millis
from shared.storage.contract import (
    Condition,
    Document,
    Index,
    Order,
    Scalar,
    Store,
    Where,
    at_least,
    at_most,
    greater,
    one_of,
)

DELIVERIES = "deliveries"


DELIVERY_COLLECTIONS: Mapping[str, Sequence[Index]] = {
    DELIVERIES: [
        Index(("open", "next_try_at")),  # the sender's
        Index(("subject_id", "created_at")),
        Index(("recipient_id",)),
        Index(("state", "created_at")),
        Index(("created_at",)),
    ],
}


_NEWEST_FIRST: Order = (("created_at", -1),)


_LONGEST_DUE_FIRST: Order = (("next_try_at", 1),)


class DeliveryStore:
    """Mails that are to be sent or were."""

    def __init__(self, documents: Store) -> None:
        self._documents = documents

    async def add(self, deliveries: Sequence[Delivery]) -> int:
        """Insert those that are not there yet; how many they were."""
        return await self.insert([delivery_document(delivery) for delivery in deliveries])

    async def insert(self, documents: Sequence[Document]) -> int:
        """Insert the documents whose id is not there yet; how many they were."""
        return await self._documents.insert_many(DELIVERIES, documents) if documents else 0

    async def due(
        self, now: datetime, *, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Document], list[Scalar] | None]:
        """Open deliveries whose time has come, the longest due first, and where the next page begins."""
        where: Where = {"open": 1, "next_try_at": at_most(to_millis(now))}
        documents = await self._documents.find(DELIVERIES, where, order=_LONGEST_DUE_FIRST, limit=limit, after=after)
        return documents, next_place(documents, _LONGEST_DUE_FIRST, limit)

    async def mark_sent(self, ids: Sequence[str], now: datetime) -> int:
        """The relay took these mails; how many were marked."""
        assign = {"state": DeliveryState.SENT.value, "open": 0, "reason": "", "sent_at": to_millis(now)}
        return await self._documents.update_many(DELIVERIES, {"_id": one_of(ids)}, assign=assign) if ids else 0

    async def mark(
        self, ids: Sequence[str], state: DeliveryState, reason: str, *, next_try_at: datetime | None = None
    ) -> int:
        """What became of these deliveries but sent. `next_try_at`: those still open stay so and are looked at again
        then. How many were marked."""
        where: dict[str, Scalar | Condition] = {"_id": one_of(ids)}
        assign: dict[str, Any] = {"state": state.value, "reason": reason, "open": 0 if next_try_at is None else 1}
        if next_try_at is not None:
            where["open"] = 1
            assign["next_try_at"] = to_millis(next_try_at)
        return await self._documents.update_many(DELIVERIES, where, assign=assign) if ids else 0

    async def defer(self, delivery_id: str, reason: str, next_try_at: datetime, tries: int) -> bool:
        """Try this one again then. False when it is no longer open."""
        assign = {
            "state": DeliveryState.DEFERRED.value,
            "reason": reason,
            "next_try_at": to_millis(next_try_at),
            "tries": tries,
        }
        return await self._documents.update(DELIVERIES, delivery_id, guard={"open": 1}, assign=assign)

    async def wake(self, subject_ids: Sequence[str], now: datetime) -> int:
        """Make due what waits to hear of these sessions and proposals; how many they were."""
        where: Where = {
            "state": DeliveryState.DEFERRED.value,
            "reason": NOT_KNOWN_YET,
            "subject_id": one_of(subject_ids),
        }
        assign = {"state": DeliveryState.DUE.value, "reason": "", "next_try_at": to_millis(now)}
        return await self._documents.update_many(DELIVERIES, where, assign=assign) if subject_ids else 0

    async def count_sent_since(self, instant: datetime) -> int:
        """How many mails were handed over since then. Reads all deliveries: not for every page."""
        return await self._documents.count(DELIVERIES, {"sent_at": at_least(to_millis(instant))})

    async def skip_open(self, subject_id: str, kinds: Sequence[DeliveryKind], reason: str) -> int:
        """Skip what is still open of these kinds about a session or proposal; how many they were."""
        where: Where = {"subject_id": subject_id, "open": 1, "kind": one_of([kind.value for kind in kinds])}
        skipped = 0
        while documents := await self._documents.find(DELIVERIES, where, limit=PAGE):
            skipped += await self.mark([document["_id"] for document in documents], DeliveryState.SKIPPED, reason)
        return skipped

    async def forget(self, subject_id: str, kind: DeliveryKind) -> int:
        """Delete what is known of the mails of a kind about a session or proposal; how many they were."""
        return await self._documents.delete(DELIVERIES, {"subject_id": subject_id, "kind": kind.value})

    async def skip_all_to(self, recipient_id: str, reason: str) -> int:
        """Skip what is still open to one person; how many they were."""
        where: Where = {"recipient_id": recipient_id, "open": 1}
        documents = await self._documents.find(DELIVERIES, where, limit=PAGE)
        return await self.mark([document["_id"] for document in documents], DeliveryState.SKIPPED, reason)

    async def direct_answers(
        self, recipients: Mapping[str, str], since: datetime
    ) -> dict[str, list[tuple[datetime, str]]]:
        """By address, instant and id of the direct answers that were made since then and are or were to be sent.
        `recipients`: the address of each, by their ids."""
        found: dict[str, list[tuple[datetime, str]]] = {}
        where: Where = {"recipient_id": one_of(sorted(recipients)), "created_at": at_least(to_millis(since))}
        async for document in each(self._documents, DELIVERIES, where):
            if document["kind"] in DIRECT_ANSWERS and document["state"] != DeliveryState.SKIPPED:
                place = (from_millis(document["created_at"]), document["_id"])
                found.setdefault(recipients[document["recipient_id"]], []).append(place)
        return found

    async def to(self, recipient_ids: Iterable[str], *, limit: int) -> list[Delivery]:
        """What was and is to be sent to these recipients, the newest first."""
        where: Where = {"recipient_id": one_of(sorted(recipient_ids))}
        documents = await self._documents.find(DELIVERIES, where, order=_NEWEST_FIRST, limit=limit)
        return [model_of(document, Delivery) for document in documents]

    async def count_ended(self, state: DeliveryState, *, since: datetime) -> int:
        """How many deliveries that were due since then ended in a state."""
        where: Where = {"open": 0, "next_try_at": at_least(to_millis(since)), "state": state.value}
        return await self._documents.count(DELIVERIES, where)

    async def count_open(self, now: datetime) -> tuple[int, int]:
        """How many deliveries are due, and how many will be at a later time."""
        due = await self._documents.count(DELIVERIES, {"open": 1, "next_try_at": at_most(to_millis(now))})
        later = await self._documents.count(DELIVERIES, {"open": 1, "next_try_at": greater(to_millis(now))})
        return due, later

    async def get(self, delivery_id: str) -> Delivery | None:
        """The delivery, or None."""
        document = await self._documents.get(DELIVERIES, delivery_id)
        return model_of(document, Delivery) if document else None

    async def page(
        self, where: Mapping[str, Scalar], *, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Delivery], list[Scalar] | None]:
        """Deliveries newest first, and where the next page begins."""
        documents = await self._documents.find(DELIVERIES, where, order=_NEWEST_FIRST, limit=limit, after=after)
        return [model_of(document, Delivery) for document in documents], next_place(documents, _NEWEST_FIRST, limit)

    async def make_due_again(self, delivery_id: str, now: datetime) -> bool:
        """Put a delivery that ended back to due; False when it is open still, or not there."""
        assign = {
            "state": DeliveryState.DUE.value,
            "open": 1,
            "next_try_at": to_millis(now),
            "tries": 0,
            "resent_at": to_millis(now),
            "reason": "",
        }
        return await self._documents.update(DELIVERIES, delivery_id, guard={"open": 0}, assign=assign)


def delivery_document(delivery: Delivery) -> Document:
    """A delivery as it is stored."""
    document = delivery.model_dump(mode="json")
    return {"_id": document.pop("id"), **document}
