"""The reconcile sweep's two messages: what a publisher has announced, and what a consumer lacks of it.

The broker's store may vanish. At intervals a publisher lists its live aggregates with the version it last announced;
a consumer answers with the keys it lacks or has older; the publisher announces those again.
"""

from shared.events.base import Event, Stream


class InventoryPublished(Event, name="sync.inventory-published", source="any", key="kind", stream=Stream.SYNC):
    """A page of what a service has announced. `kind` is `<service>-<collection>`, e.g. `registration-registrations`."""

    kind: str
    entries: list[tuple[str, int]]
    """Aggregate id and the version of its last event."""


class InventoryGapFound(Event, name="sync.inventory-gap-found", source="any", key="kind", stream=Stream.SYNC):
    """The keys that a consumer lacks; the owner of `kind` announces them again."""

    kind: str
    consumer: str
    keys: list[str]
