"""The documents of the fan-outs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.fanouts import Fanout
from services.notifications.projections.documents import PAGE
from shared.clock import to_millis
from shared.storage.contract import Index, Scalar, Store

FANOUTS = "fanouts"

FANOUT_COLLECTIONS: Mapping[str, Sequence[Index]] = {FANOUTS: [Index(("open", "created_at")), Index(("subject_id",))]}


class FanoutStore:
    """Fan-outs and how far each has been expanded."""

    def __init__(self, documents: Store) -> None:
        self._documents = documents

    async def add(self, fanout: Fanout) -> bool:
        """Insert it; False when it is there already."""
        return await self._documents.insert(FANOUTS, fanout.model_dump(mode="json", by_alias=True))

    async def claim(self, owner: str, now: datetime, until: datetime) -> Fanout | None:
        """Lease the oldest open fan-out that nobody works on."""
        claimed = await self._documents.claim(
            FANOUTS,
            {"open": 1},
            owner=owner,
            now=to_millis(now),
            until=to_millis(until),
            order=[("created_at", 1)],
        )
        return Fanout.model_validate(claimed[0]) if claimed else None

    async def save_cursor(self, fanout_id: str, owner: str, cursor: str, until: datetime) -> bool:
        """Save the cursor and extend the lease; False if another replica took the fan-out over or it was closed."""
        guard: dict[str, Scalar] = {"lease_owner": owner, "open": 1}
        assign = {"cursor": cursor, "lease_until": to_millis(until)}
        return await self._documents.update(FANOUTS, fanout_id, guard=guard, assign=assign)

    async def finish(self, fanout_id: str) -> None:
        """Close a fan-out whose deliveries are all stored, or that no longer applies."""
        await self._documents.update(FANOUTS, fanout_id, assign={"open": 0, "hashes": []})

    async def about(self, subject_id: str) -> list[Fanout]:
        """All fan-outs about a session or a proposal, open or not."""
        documents = await self._documents.find(FANOUTS, {"subject_id": subject_id}, limit=PAGE)
        return [Fanout.model_validate(document) for document in documents]

    async def close(self, subject_id: str, kinds: Sequence[DeliveryKind]) -> None:
        """Close the fan-outs of these kinds."""
        for fanout in await self.about(subject_id):
            if fanout.kind in kinds:
                await self.finish(fanout.id)
