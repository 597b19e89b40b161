"""The reconcile sweep repairs what the broker's store lost, without one service reading another's data.

At intervals an owner publishes an inventory: its live aggregates with the version that it last announced. A consumer
answers with the ids that are missing or older there, and the owner announces those again. If the broker loses its whole
store, everything is repaired two intervals after the streams exist again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

import structlog
from faststream.nats import NatsBroker, NatsRouter

from shared.clock import system_clock
from shared.events.inventory import InventoryGapFound, InventoryPublished
from shared.loops import Loop
from shared.messaging.consuming import EventTable, durable_subscribers
from shared.messaging.lease import LEASES, Lease
from shared.messaging.publishing import jetstream, publish_event
from shared.storage.collection import Documents
from shared.storage.contract import Document, Store, Where, greater

log = structlog.get_logger(__name__)

Entry = tuple[str, int]
"""Id of an aggregate and the version of its last event."""
Missing = Callable[[Sequence[Entry]], Awaitable[Sequence[str]]]
"""The ids of the entries that are missing here, or known in an older version only."""
Republish = Callable[[str], Awaitable[None]]
"""Puts an aggregate's present state in its outbox again: a new event id, the version last announced."""

PAGE = 500
SETTLE_SECONDS = 2.0
"""Time for running handlers to finish before missing entries are looked for again."""
WORKERS = 4


@dataclass(frozen=True, slots=True)
class _Announced:
    collection: str
    where: Where | Callable[[], Where]
    republish: Republish


class Reconciler:
    """One service's part in the sweep: what it announces and what it keeps up to date.

    A service calls `announces("registration-sessions", "sessions", live_sessions, republish_session)` and
    `keeps("registration-sessions", sessions.missing)`.
    """

    def __init__(self, store: Store, broker: NatsBroker, *, service: str, every: float = 30.0) -> None:
        self._store = store
        self._broker = broker
        self._service = service
        self._every = every
        self._announced: dict[str, _Announced] = {}
        self._kept: dict[str, Missing] = {}
        # Real time, not the domain's: this is about machines.
        self._lease = Lease(store, f"inventory-{service}", clock=system_clock, length=timedelta(seconds=3 * every))

    def announces(self, kind: str, collection: str, where: Where | Callable[[], Where], republish: Republish) -> None:
        """Announce the aggregates that match `where` under `kind` (`<service>-<collection>`).

        `where` selects the live ones, so that no interval sends the past; a function is called each time.
        """
        self._announced[kind] = _Announced(collection, where, republish)

    def keeps(self, kind: str, missing: Missing) -> None:
        self._kept[kind] = missing

    def loop(self) -> Loop:
        return Loop("inventory", self.announce, every=self._every)

    async def announce(self) -> bool:
        """Publish the inventories if this replica holds the lease. A loop's step: False, so it pauses after each."""
        await self._store.prepare({LEASES: []})
        if self._broker.connection.is_connected and await self._lease.hold():
            await self.announce_now()
        return False

    async def announce_now(self) -> None:
        """Publish one inventory of every kind, whether or not another replica does. Raises as `publish`."""
        for kind, announced in self._announced.items():
            live = announced.where() if callable(announced.where) else announced.where
            documents = Documents(self._store, announced.collection, _entry)
            async for entries in documents.pages({**live, "pending": 0, "announced": greater(0)}, at_a_time=PAGE):
                await self._publish(InventoryPublished(version=0, kind=kind, entries=entries))

    async def _publish(self, event: InventoryPublished | InventoryGapFound) -> None:
        """Publish without an outbox: the next interval repeats it. An unread message expires after three intervals."""
        await publish_event(jetstream(self._broker), event.envelope(), message_ttl=ceil(3 * self._every))

    async def compare(self, event: InventoryPublished) -> None:
        missing = self._kept.get(event.kind)
        if missing and (keys := await self._still_missing(missing, event.entries)):
            log.warning("gap found", action="inventory_gap_found", kind=event.kind, missing=len(keys))
            await self._publish(InventoryGapFound(version=0, kind=event.kind, consumer=self._service, keys=keys))

    async def _still_missing(self, missing: Missing, entries: Sequence[Entry]) -> list[str]:
        """The entries that are still missing after the handlers in progress have finished."""
        suspects = set(await missing(entries))
        if not suspects or await self._catching_up():
            return []
        await asyncio.sleep(SETTLE_SECONDS)
        return list(await missing([entry for entry in entries if entry[0] in suspects]))

    async def _catching_up(self) -> bool:
        """Whether events wait to be delivered to this service: what seems missing may be among them."""
        js = jetstream(self._broker)
        events = [sub for sub in durable_subscribers(self._broker) if sub.event is not InventoryPublished]
        infos = [await js.consumer_info(sub.event.event_stream, sub.durable) for sub in events]
        return any(bool(info.num_pending) for info in infos)

    async def repeat(self, event: InventoryGapFound) -> None:
        """Announce our aggregates that a consumer misses again, except those that wait for the relay anyway."""
        announced = self._announced.get(event.kind)
        if announced is None:
            return
        for key in event.keys:
            document = await self._store.get(announced.collection, key)
            if document is not None and not document.get("pending"):
                await announced.republish(key)


def _entry(document: Document) -> Entry:
    return document["_id"], document["announced"]


def sweep_routes(router: NatsRouter, reconciler: Reconciler, *, by: str) -> None:
    """Let a service take part in the sweep; call it in `handlers.routes`."""
    on = EventTable(router, by)
    on(InventoryPublished, reconciler.compare, max_workers=WORKERS)
    on(InventoryGapFound, reconciler.repeat)
