"""The relay publishes the events in the documents' outboxes, then clears them.

Before that it moves the records of the office's acts from the same documents into the audit, which needs no broker.
Afterwards it announces the end of the audit's chain.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta

import nats.errors
import structlog
from faststream.nats import NatsBroker
from nats.js import JetStreamContext

from shared.clock import Clock
from shared.events import EventEnvelope
from shared.events.office import ActsRecorded
from shared.faults import failpoint
from shared.loops import pause
from shared.messaging.lease import LEASES, Lease
from shared.messaging.publishing import jetstream, publish_event
from shared.security.audit import AUDIT_COLLECTIONS, Audit
from shared.security.chaining import Chaining
from shared.storage.aggregates import PENDING, UNCHAINED
from shared.storage.collection import Documents
from shared.storage.contract import Document, Store, StoreError

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
"""How often the relay looks for documents that other replicas saved; its own wake it. Every look asks all collections:
four times a second it was half of what an idle installation takes of a processor."""
GATHER_SECONDS = 0.005
"""The shortest pause between two looks; the events saved meanwhile are published together."""
RETRY_SECONDS = (0.25, 1.0)
"""The shortest and the longest pause after a failure."""
LEASE_LENGTH = timedelta(seconds=5)
PAGE = 256


class OutboxRelay:
    """Publishes the outboxes of a service's collections. Every replica runs one; a lease lets one of them work.

    No event is lost: the relay clears a document only after the broker's acknowledgement and only if the document did
    not change. An event may be published twice: the broker drops the second one within ten minutes, and consumers
    tolerate a later one.
    """

    def __init__(
        self, store: Store, broker: NatsBroker, *, service: str, collections: Sequence[str], clock: Clock
    ) -> None:
        self._store = store
        self._broker = broker
        self._collections = collections
        self._service = service
        self._audit = Audit(store, clock)
        self._chaining = Chaining(store, self._audit, collections)
        self._announced_digest = ""
        self._lease = Lease(store, f"relay-{service}", clock=clock, length=LEASE_LENGTH)
        self._woken = asyncio.Event()
        self._last_success = time.monotonic()
        store.bell.listen(self._woken.set)

    @property
    def age(self) -> float:
        """Seconds since the relay last published everything, or another replica held the lease."""
        return time.monotonic() - self._last_success

    async def run(self) -> None:
        waiting = {name: [PENDING, UNCHAINED] for name in self._collections}
        await self._store.prepare({LEASES: [], **AUDIT_COLLECTIONS, **waiting})
        try:
            while True:
                self._woken.clear()
                least, longest = await self._try_pass()
                await asyncio.sleep(least)
                await pause(longest - least, self._woken)
        finally:
            await asyncio.shield(self._lease.release())

    async def _try_pass(self) -> tuple[float, float]:
        """Look once; return the shortest and the longest pause until the next look."""
        try:
            held = await self._lease.hold()
            if held:
                await self._chaining.chain_all()
            clean = not held or (await self._publish_all() and await self._announce_acts())
        except StoreError as error:
            log.warning("relay cannot read", action="relay_store_failed", error=type(error).__name__, cause=str(error))
            return RETRY_SECONDS
        if not clean:
            return RETRY_SECONDS
        self._last_success = time.monotonic()
        return GATHER_SECONDS if held else POLL_SECONDS, POLL_SECONDS

    async def _publish_all(self) -> bool:
        if not self._broker.connection.is_connected:
            return False
        clean, js = True, jetstream(self._broker)
        for collection in self._collections:
            # Page by page, so that documents that cannot be published do not hold up the others.
            async for page in Documents(self._store, collection, dict).pages({"pending": 1}, at_a_time=PAGE):
                outcomes = await asyncio.gather(*(self._relay(js, collection, document) for document in page))
                clean = clean and all(outcomes)
                if not await self._lease.hold():
                    return clean
        return clean

    async def _announce_acts(self) -> bool:
        """Publish the end of the audit's chain unless this relay has done so. Returns False after a failure."""
        last = await self._audit.entries(limit=1)
        if not last or last[0].digest == self._announced_digest:
            return True
        event = ActsRecorded(service=self._service, digest=last[0].digest, version=last[0].sequence)
        try:
            await publish_event(jetstream(self._broker), event.envelope())
        except (nats.errors.Error, TimeoutError) as error:
            log.warning("acts not announced", action="acts_not_announced", error=type(error).__name__, cause=str(error))
            return False
        self._announced_digest = event.digest
        return True

    async def _relay(self, js: JetStreamContext, collection: str, document: Document) -> bool:
        """Publish one document's events in order and clear them. Returns False after a failure."""
        try:
            for event in document["outbox"]:
                await publish_event(js, EventEnvelope.model_validate(event))
            failpoint("after-publish")
            await self._clear(collection, document)
        except (nats.errors.Error, StoreError, TimeoutError) as error:
            log.warning(
                "events not relayed",
                action="relay_failed",
                collection=collection,
                document=document["_id"],
                error=type(error).__name__,
                cause=str(error),
            )
            return False
        return True

    async def _clear(self, collection: str, document: Document) -> None:
        """Empty the outbox. If the document changed meanwhile, the next pass publishes it again."""
        cleared = await self._store.update(
            collection,
            document["_id"],
            guard={"version": document["version"]},
            assign={"outbox": [], "pending": 0},
        )
        failpoint("after-clear")
        if not cleared:
            self._woken.set()
