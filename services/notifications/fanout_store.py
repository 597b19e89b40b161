"""The documents of the fan-outs."""

from collections.abc import Sequence
from datetime import datetime

from services.notifications.documents import PAGE
from services.notifications.domain.deliveries import DeliveryKind
from services.notifications.domain.fanouts import Fanout
from shared.clock import to_millis
from shared.storage.contract import Scalar, Store

FANOUTS = "fanouts"


class FanoutStore:
    """What is to be told to everybody, and how far it is."""

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
        """Keep how far a fan-out is and the lease longer; False when another replica took it over, or it was closed."""
        guard: dict[str, Scalar] = {"lease_owner": owner, "open": 1}
        assign = {"cursor": cursor, "lease_until": to_millis(until)}
        return await self._documents.update(FANOUTS, fanout_id, guard=guard, assign=assign)

    async def finish(self, fanout_id: str) -> None:
        """Everybody has a delivery."""
        await self._documents.update(FANOUTS, fanout_id, assign={"open": 0, "hashes": []})

    async def about(self, subject_id: str) -> list[Fanout]:
        """All that was to be told to everybody about a session or a proposal."""
        documents = await self._documents.find(FANOUTS, {"subject_id": subject_id}, limit=PAGE)
        return [Fanout.model_validate(document) for document in documents]

    async def close(self, subject_id: str, kinds: Sequence[DeliveryKind]) -> None:
        """Tell nobody else of these kinds."""
        for fanout in await self.about(subject_id):
            if fanout.kind in kinds:
                await self.finish(fanout.id)
