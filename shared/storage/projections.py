"""Projections: what a service keeps of another service's aggregates, from their events.

An older event changes nothing; one of the same version is applied again.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from shared.storage.collection import Collection, Documents, Stored
from shared.storage.contract import Document, at_most


class Known(Stored):
    seen: int


K = TypeVar("K", bound=Known)


class Projection(Collection[K]):
    """The latest state of the aggregates of one kind, as events reported it."""

    async def apply(self, told: K, *, leave: AbstractSet[str] = frozenset()) -> bool:
        """Keep the state of an event unless a later one was seen; return whether it was kept.

        `leave` names the fields that the event does not hold.
        """
        return await self.put(told, guard={"seen": at_most(told.seen)}, leave=leave)

    async def apply_part(self, document_id: str, part: str, version: int, fields: Mapping[str, Any]) -> bool:
        """Keep fields that only one kind of event holds, unless a later one of that kind was seen; return whether kept.

        The document must exist. Its `<part>_seen` is the version of the latest event of that kind, which may be older
        than `seen`.
        """
        seen = f"{part}_seen"
        for guard in ({seen: None}, {seen: at_most(version)}):
            if await self._store.update(self._name, document_id, guard=guard, assign={**fields, seen: version}):
                return True
        return False

    async def missing(self, entries: Sequence[tuple[str, int]]) -> list[str]:
        """The ids of the entries that are unknown or known in an older version."""
        known = await Documents(self._store, self._name, _seen).many(key for key, _ in entries)
        return [key for key, version in entries if known.get(key, 0) < version]


def _seen(document: Document) -> int:
    """No model in between: an inventory may have thousands of entries."""
    return int(document.get("seen", 0))
