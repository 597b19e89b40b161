"""A relay over a store, and documents with events and records for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faststream.nats import NatsBroker
from nats.js import JetStreamContext

from shared.clock import system_clock
from shared.events import Event
from shared.messaging.outbox import OutboxRelay
from shared.security.audit import AUDIT_COLLECTIONS, Audit
from shared.staff import OPERATOR
from shared.storage.records import Author
from shared.storage.sqlite import SqliteStore
from tests.integration.messaging.conftest import session_ended


def relay_over(store: SqliteStore, broker: NatsBroker) -> OutboxRelay:
    return OutboxRelay(store, broker, service="registration", collections=["sessions"], clock=system_clock)


@asynccontextmanager
async def running(relay: OutboxRelay) -> AsyncIterator[OutboxRelay]:
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def document(session_id: str, *events: Event) -> dict[str, object]:
    waiting = [event.envelope().model_dump(mode="json") for event in events]
    return {"_id": session_id, "outbox": waiting, "pending": 1, "announced": len(events)}


def recorded(session_id: str, *events: Event) -> dict[str, object]:
    """A document with the record of its end by the office."""
    record = Author(OPERATOR, "session.ended").record_at(system_clock(), session_id)
    waiting = {"records": [record.model_dump(mode="json")], "unchained": 1}
    return {**document(session_id, *events), "pending": int(bool(events)), **waiting}


def all_chained(store: SqliteStore, *session_ids: str):
    """The chain is whole and holds one entry of each, and no record waits."""

    async def check() -> None:
        await store.prepare(AUDIT_COLLECTIONS)
        audit = Audit(store, system_clock)
        entries = await audit.entries(limit=1000)
        assert sorted(entry.subject for entry in entries) == sorted(session_ids)
        assert await store.count("sessions", {"unchained": 1}) == 0
        assert (await audit.read_chain()).fault is None

    return check


async def versions_in(js: JetStreamContext, session_id: str) -> list[int]:
    subscription = await js.subscribe(f"evt.sessions.*.v1.{session_id}", ordered_consumer=True)
    found = []
    while True:
        try:
            message = await subscription.next_msg(timeout=0.3)
        except TimeoutError:
            await subscription.unsubscribe()
            return found
        found.append(session_ended().model_validate_json(message.data).version)


async def pending(store: SqliteStore) -> int:
    return await store.count("sessions", {"pending": 1})


def all_published(store: SqliteStore):
    async def check() -> None:
        assert (left := await pending(store)) == 0, f"{left} documents still wait"

    return check
