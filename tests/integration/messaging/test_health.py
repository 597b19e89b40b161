from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from faststream.nats import NatsBroker
from structlog.testing import capture_logs

from shared.clock import system_clock
from shared.messaging import health
from shared.messaging.consuming import consumer_specs
from shared.messaging.health import Readiness
from shared.messaging.outbox import OutboxRelay
from shared.storage.sqlite import SqliteStore
from tests.integration.messaging.conftest import Consumer, consuming
from tests.support.nats import RunningBroker
from tests.support.probes import eventually

SPECS = consumer_specs(Consumer().routes())


@pytest.fixture
async def broker(server: RunningBroker) -> AsyncIterator[NatsBroker]:
    async with consuming(server, Consumer()) as running:
        yield running


def readiness(broker: NatsBroker, store: SqliteStore) -> Readiness:
    relay = OutboxRelay(store, broker, service="feedback", collections=["sessions"], clock=system_clock)
    return Readiness(broker, SPECS, store, relay)


def says(ready: Readiness, name: str, words: str):
    async def check() -> None:
        assert words in (await ready.check())[name], await ready.check()

    return check


async def test_all_is_well(broker: NatsBroker, store: SqliteStore) -> None:
    checks = await readiness(broker, store).check()
    assert set(checks) == {"broker", "subscribers", "consumers", "store", "relay"}
    assert set(checks.values()) == {"ok"}


async def test_a_broker_that_is_away_is_told(server: RunningBroker, broker: NatsBroker, store: SqliteStore) -> None:
    ready = readiness(broker, store)
    server.kill()
    await eventually(says(ready, "broker", "not connected"))
    await server.start()
    await eventually(says(ready, "broker", "ok"), within=15)


async def test_a_broker_that_was_never_started_is_told(server: RunningBroker, store: SqliteStore) -> None:
    from shared.messaging.broker import make_broker

    checks = await readiness(make_broker(server.url, service="feedback"), store).check()
    assert checks["broker"] == "not connected"


async def test_a_missing_consumer_is_told(server: RunningBroker, broker: NatsBroker, store: SqliteStore) -> None:
    await broker.connection.jetstream().delete_consumer("DIJOUS_EVENTS", SPECS[0].durable)
    await eventually(says(readiness(broker, store), "consumers", "missing at the broker: feedback-"))


async def test_a_dead_subscriber_is_told(broker: NatsBroker, store: SqliteStore) -> None:
    for task in broker.subscribers[0].tasks:
        task.cancel()
    await eventually(says(readiness(broker, store), "subscribers", "not pulling: feedback-"))


async def test_a_closed_store_is_told(broker: NatsBroker, store: SqliteStore) -> None:
    ready = readiness(broker, store)
    await store.close()
    await eventually(says(ready, "store", "fails: service.db is closed"))


async def test_a_store_that_reads_and_cannot_write_is_told_with_its_cause(
    broker: NatsBroker, store: SqliteStore
) -> None:
    ready = readiness(broker, store)
    assert (await ready.check())["store"] == "ok"
    await store._writer.run(lambda connection: connection.execute("PRAGMA query_only = ON").fetchall())
    await eventually(says(ready, "store", "fails: service.db: attempt to write a readonly database"))
    await store._writer.run(lambda connection: connection.execute("PRAGMA query_only = OFF").fetchall())
    await eventually(says(ready, "store", "ok"))


async def test_a_full_disk_is_told_within_ten_seconds(broker: NatsBroker, small_disk: Path) -> None:
    full = SqliteStore(small_disk / "full.sqlite3")
    try:
        await full.prepare({})
        ready = readiness(broker, full)
        assert (await ready.check())["store"] == "ok"
        fill(small_disk / "ballast")
        await eventually(says(ready, "store", "fails: full.sqlite3: database or disk is full"), within=10)
        (small_disk / "ballast").unlink()
        await eventually(says(ready, "store", "ok"), within=10)
    finally:
        await full.close()


def fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


async def test_the_log_says_why_the_store_failed(broker: NatsBroker, store: SqliteStore) -> None:
    relay = OutboxRelay(store, broker, service="feedback", collections=["sessions"], clock=system_clock)
    await relay._try_pass()
    await store._writer.run(lambda connection: connection.execute("PRAGMA query_only = ON").fetchall())
    with capture_logs() as logs:
        await relay._try_pass()
    assert [(entry["action"], entry["cause"]) for entry in logs] == [
        ("relay_store_failed", "service.db: attempt to write a readonly database")
    ]


async def test_a_relay_that_leaves_events_behind_is_told(
    broker: NatsBroker, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "RELAY_AGE_SECONDS", 0.2)
    await eventually(says(readiness(broker, store), "relay", "unpublished"))
