"""Aggregates: documents that change by pure functions and hold their unpublished events.

One write saves the state, its events and the records of the office's acts, all or none. A relay publishes the events of
documents with `pending` 1, moves the records of those with `unchained` 1 into the audit, and clears both.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from weakref import WeakValueDictionary

from pydantic import ConfigDict

from shared.clock import Clock, system_clock
from shared.events.base import Event, EventEnvelope
from shared.faults import failpoint
from shared.observability import current_correlation_id
from shared.storage.collection import Documents, Stored, document_of
from shared.storage.contract import Index, Store, StoreError
from shared.storage.records import ActRecord, Recording

PENDING, UNCHAINED = Index(("pending",)), Index(("unchained",))
TRIES = 50
"""How often a compare-and-set is tried before it gives up."""
_PAUSE_SECONDS = 0.002  # times the number of the try, at random


class Aggregate(Stored):
    """Base of all aggregates. It keeps unknown fields: during an upgrade an older replica saves what a newer wrote."""

    model_config = ConfigDict(extra="allow")

    version: int = 0
    """Raised by one at every write; 0 before the first."""
    outbox: tuple[EventEnvelope, ...] = ()
    pending: int = 0
    """1 while the outbox holds something; a scalar, so that an index finds it."""
    announced: int = 0
    """The version of the last event."""
    records: tuple[ActRecord, ...] = ()
    """Acts of the office that are not yet in the audit."""
    unchained: int = 0
    """1 while there are such records. Apart from `pending`, which stays while the broker is away and which an older
    replica clears without knowing of records."""

    @property
    def waits_for_relay(self) -> bool:
        return bool(self.pending or self.unchained)


T = TypeVar("T", bound=Aggregate)
Decide = Callable[[T], tuple[T, Sequence[Event]]]
"""A pure function from an aggregate to its next value and its events; it may run several times."""


class NotFoundError(LookupError):
    """There is no such document."""


class ConflictError(StoreError):
    """Others kept changing the document; nothing was written and the change can be retried."""


class Aggregates(Documents[T]):
    """The aggregates of one collection. An event gets the version of the document that the same write saves.

    `record` makes the record of the office's act; the same write stores it.
    """

    def __init__(
        self, store: Store, collection: str, model: type[T], *, clock: Clock = system_clock, keep: int = 0
    ) -> None:
        """`keep`: how many parsed aggregates to cache. A read always fetches the document, but parses only changes."""
        super().__init__(store, collection, model.model_validate)
        self._clock = clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._keep = keep
        self._kept: dict[str, T] = {}

    async def create(self, aggregate: T, *events: Event, record: Recording[T] | None = None) -> bool:
        """Insert with its events as version 1. Returns False and writes nothing if the id exists."""
        new = self._next(aggregate, aggregate, 0, events, record)
        failpoint("before-write")
        created = await self._store.insert(self._name, document_of(new))
        failpoint("after-write")
        if created and new.waits_for_relay:
            self._store.bell.ring()
        return created

    async def get(self, aggregate_id: str) -> T | None:
        document = await self._store.get(self._name, aggregate_id)
        if document is None:
            return None
        kept = self._kept.pop(aggregate_id, None)
        aggregate = kept if kept and kept.version == document["version"] else self._parse(document)
        if self._keep:
            self._kept[aggregate_id] = aggregate
            if len(self._kept) > self._keep:
                del self._kept[next(iter(self._kept))]
        return aggregate

    async def change(
        self, aggregate_id: str, decide: Decide[T], *, known: T | None = None, record: Recording[T] | None = None
    ) -> T:
        """Load, decide, save by compare-and-set; retry on a conflict. Return the aggregate as it is afterwards.

        Nothing is written if `decide` raises or returns an equal aggregate without events. The first try uses `known`,
        the aggregate as just saved, instead of a read. Raises NotFoundError, or ConflictError if others keep changing
        the document.
        """
        turn = self._turns.setdefault(aggregate_id, asyncio.Lock())
        async with turn:  # callers of this process queue up instead of failing each other's compare-and-set
            for attempt in range(TRIES):
                await pause_before(attempt)
                changed = await self._try_change(aggregate_id, decide, None if attempt else known, record)
                if changed is not None:
                    return changed
        raise ConflictError(f"{self._name}: changed by others {TRIES} times in a row")

    async def republish(self, aggregate_id: str, tell: Callable[[T], Sequence[Event]]) -> None:
        """Put events with the present state in the outbox again, with the version last announced.

        Writes nothing if `tell` returns no events, or if the aggregate is gone or just changing: a change announces
        itself, and the sweep asks again.
        """
        current = await self.get(aggregate_id)
        if current and current.announced and (events := tell(current)):
            outbox = (*current.outbox, *self._envelopes(events, current.announced))
            republished = current.model_copy(update={"outbox": outbox, "pending": 1})
            await self._replace(republished, current.version)

    async def _try_change(
        self, aggregate_id: str, decide: Decide[T], known: T | None, record: Recording[T] | None
    ) -> T | None:
        """The aggregate afterwards; None if another write came first."""
        current = known or await self.get(aggregate_id)
        if current is None:
            raise NotFoundError(f"{self._name} has no such document")
        decided, events = decide(current)
        if not events and decided == current:
            return current
        changed = self._next(current, decided, current.version, events, record)
        failpoint("before-write")
        saved = await self._replace(changed, current.version)
        failpoint("after-write")
        return changed if saved else None

    async def _replace(self, aggregate: T, version: int) -> bool:
        saved = await self._store.replace(self._name, document_of(aggregate), expected_version=version)
        if saved and aggregate.waits_for_relay:
            self._store.bell.ring()
        return saved

    def _next(self, before: T, after: T, version: int, events: Sequence[Event], record: Recording[T] | None) -> T:
        """The aggregate one version later, with its events and record. Waiting records always stay."""
        later = version + 1
        made = record(before, after, self._clock()) if record else None
        records = (*before.records, made) if made else before.records
        saved: dict[str, object] = {"version": later, "records": records, "unchained": int(bool(records))}
        if events:
            outbox = (*after.outbox, *self._envelopes(events, later))
            saved |= {"outbox": outbox, "pending": 1, "announced": later}
        return after.model_copy(update=saved)

    def _envelopes(self, events: Sequence[Event], version: int) -> Iterator[EventEnvelope]:
        for event in events:
            versioned = event.model_copy(update={"version": version})
            yield versioned.envelope(now=self._clock(), correlation_id=current_correlation_id())


async def pause_before(attempt: int) -> None:
    """Wait before try `attempt`, longer after each failure and not at all before try 0."""
    if attempt:
        await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))  # noqa: S311  jitter, no secret
