import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import nats.errors
import pytest
from faststream.nats import NatsBroker
from nats.js import JetStreamContext
from structlog.testing import capture_logs

from shared.clock import system_clock
from shared.events import Event
from shared.events.office import ActsRecorded
from shared.messaging import outbox
from shared.messaging.administration import stored_messages
from shared.messaging.broker import make_broker
from shared.messaging.lease import LEASES
from shared.messaging.outbox import OutboxRelay
from shared.messaging.streams import apply_streams
from shared.security.audit import AUDIT_COLLECTIONS, Audit
from shared.staff import OPERATOR
from shared.storage.records import Author
from shared.storage.sqlite import SqliteStore
from tests.integration.messaging.conftest import closed, session_ended
from tests.support.nats import RunningBroker
from tests.support.probes import eventually


@pytest.fixture
async def broker(server: RunningBroker) -> AsyncIterator[NatsBroker]:
    await apply_streams(server.url, [])
    made = make_broker(server.url, service="registration", on_closed=closed)
    await made.start()
    yield made
    await made.stop()


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


async def test_the_events_of_a_document_are_published_in_order_and_cleared(
    store: SqliteStore, broker: NatsBroker, js: JetStreamContext
) -> None:
    await store.insert("sessions", document("s1", *(session_ended("s1", version=number) for number in (1, 2, 3))))

    async with running(relay_over(store, broker)):
        await eventually(all_published(store))

    assert await versions_in(js, "s1") == [1, 2, 3]
    cleared = await store.get("sessions", "s1")
    assert cleared is not None
    assert (cleared["outbox"], cleared["pending"], cleared["version"]) == ([], 0, 2)


async def test_the_headers_are_a_cloud_event_whose_id_is_the_brokers(
    store: SqliteStore, broker: NatsBroker, js: JetStreamContext
) -> None:
    event = session_ended("s1").envelope(correlation_id="abc")
    await store.insert("sessions", {"_id": "s1", "outbox": [event.model_dump(mode="json")], "pending": 1})

    async with running(relay_over(store, broker)):
        await eventually(all_published(store))

    headers = (await js.get_msg("DIJOUS_EVENTS", 1)).headers
    assert headers is not None
    assert event.headers.items() <= headers.items()
    assert headers["Nats-Msg-Id"] == headers["ce-id"] == event.id


async def test_of_two_replicas_one_publishes_and_the_other_takes_over_when_it_stops(
    store: SqliteStore, broker: NatsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[str] = []
    original = outbox.publish_event

    async def counting(js, event, **kwargs):
        published.append(event.id)
        await original(js, event, **kwargs)

    monkeypatch.setattr(outbox, "publish_event", counting)
    async with running(relay_over(store, broker)):
        async with running(relay_over(store, broker)):
            for number in range(50):
                await store.insert("sessions", document(f"s{number}", session_ended(f"s{number}")))
            await eventually(all_published(store))
            assert len(published) == len(set(published)) == 50
        await store.insert("sessions", document("later", session_ended("later")))
        await eventually(all_published(store), within=3)


async def test_a_replica_takes_over_from_one_that_died_when_its_lease_has_run_out(
    store: SqliteStore, broker: NatsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE_LENGTH", timedelta(seconds=1.5))
    await store.prepare({LEASES: []})
    began = time.monotonic()
    ends = round(time.time() * 1000) + 1500
    await store.insert(LEASES, {"_id": "relay-registration", "lease_owner": "dead", "lease_until": ends})
    await store.insert("sessions", document("s1", session_ended("s1")))

    async with running(relay_over(store, broker)):
        await eventually(all_published(store), within=5)

    assert time.monotonic() >= began + 1.5


async def test_a_lease_from_a_clock_that_was_set_back_holds_nobody_up_for_longer(
    store: SqliteStore, broker: NatsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE_LENGTH", timedelta(seconds=0.5))
    await store.prepare({LEASES: []})
    far = round(time.time() * 1000) + 86_400_000
    await store.insert(LEASES, {"_id": "relay-registration", "lease_owner": "dead", "lease_until": far})
    await store.insert("sessions", document("s1", session_ended("s1")))

    async with running(relay_over(store, broker)):
        await eventually(all_published(store), within=3)


async def test_a_change_made_while_publishing_is_published_too_and_nothing_twice(
    store: SqliteStore, broker: NatsBroker, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = outbox.publish_event
    first = document("s1", session_ended("s1", version=1))
    await store.insert("sessions", first)

    async def change_meanwhile(js, event, **kwargs):
        await original(js, event, **kwargs)
        current = await store.get("sessions", "s1")
        assert current is not None
        if len(current["outbox"]) == 1 and event.data["version"] == 1:
            more = session_ended("s1", version=2).envelope().model_dump(mode="json")
            await store.update(
                "sessions", "s1", guard={"version": 1}, assign={"outbox": [*current["outbox"], more], "pending": 1}
            )

    monkeypatch.setattr(outbox, "publish_event", change_meanwhile)
    async with running(relay_over(store, broker)):
        await eventually(all_published(store))

    assert await versions_in(js, "s1") == [1, 2]


async def test_an_unknown_outcome_is_retried_with_the_same_id(
    store: SqliteStore, broker: NatsBroker, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = outbox.publish_event
    failures = iter([True])

    async def unknown_once(js, event, **kwargs):
        await original(js, event, **kwargs)
        if next(failures, False):
            raise TimeoutError

    monkeypatch.setattr(outbox, "publish_event", unknown_once)
    await store.insert("sessions", document("s1", session_ended("s1")))
    async with running(relay_over(store, broker)):
        await eventually(all_published(store))

    assert await versions_in(js, "s1") == [1]


async def test_an_event_too_large_for_the_broker_holds_up_no_other(
    store: SqliteStore, broker: NatsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "PAGE", 2)
    huge = session_ended("huge").model_copy(update={"programme": "x" * 1_100_000})
    for name in ("a", "b", "c"):
        await store.insert("sessions", document(f"{name}-huge", huge))
        await store.insert("sessions", document(f"{name}-small", session_ended(f"{name}-small")))

    relay = relay_over(store, broker)
    async with running(relay):

        async def only_the_huge_ones_wait() -> None:
            waiting = await store.find("sessions", {"pending": 1})
            assert [found["_id"] for found in waiting] == ["a-huge", "b-huge", "c-huge"]

        await eventually(only_the_huge_ones_wait)
        began = relay.age

        def growing_old() -> None:
            assert relay.age > began + 0.5

        await eventually(growing_old)
    assert broker.connection.is_connected


async def test_waking_publishes_at_once(
    store: SqliteStore, broker: NatsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "POLL_SECONDS", 60.0)
    async with running(relay_over(store, broker)):
        await store.insert("sessions", document("s1", session_ended("s1")))
        store.bell.ring()
        await eventually(all_published(store), within=2)


@pytest.mark.parametrize("fails", [False, True])
async def test_however_often_it_is_woken_it_rests_between_two_looks(
    store: SqliteStore, broker: NatsBroker, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    looks, find = 0, store.find

    async def counted(collection, where=None, **options):
        nonlocal looks
        looks += where == {"pending": 1}
        return await find(collection, where, **options)

    async def refused(*args, **options):
        raise nats.errors.NoRespondersError

    monkeypatch.setattr(store, "find", counted)
    monkeypatch.setattr(outbox, "RETRY_SECONDS" if fails else "GATHER_SECONDS", (0.1, 0.1) if fails else 0.1)
    if fails:
        monkeypatch.setattr(outbox, "publish_event", refused)
    await store.insert("sessions", document("s1", session_ended("s1")))
    async with running(relay_over(store, broker)):
        ends = time.monotonic() + 0.5
        while time.monotonic() < ends:
            store.bell.ring()
            await asyncio.sleep(0)

    assert 1 < looks <= 6


async def test_events_wait_while_the_broker_is_away_and_follow_when_it_is_back(
    store: SqliteStore, broker: NatsBroker, server: RunningBroker, js: JetStreamContext
) -> None:
    async with running(relay_over(store, broker)):
        server.kill()
        for number in range(20):
            await store.insert("sessions", document(f"s{number}", session_ended(f"s{number}")))
        await server.start()
        await eventually(all_published(store), within=15)

    assert (await js.stream_info("DIJOUS_EVENTS")).state.messages == 20


async def test_a_record_is_moved_into_the_audit_and_its_events_are_published(
    store: SqliteStore, broker: NatsBroker, js: JetStreamContext
) -> None:
    await store.insert("sessions", recorded("s1", session_ended("s1")))
    await store.insert("sessions", recorded("s2"))

    async with running(relay_over(store, broker)):
        await eventually(all_published(store))
        await eventually(all_chained(store, "s1", "s2"))

    assert await versions_in(js, "s1") == [1]
    kept = await store.get("sessions", "s1")
    assert kept is not None
    assert (kept["records"], kept["outbox"], kept["announced"]) == ([], [], 1)


async def test_a_record_is_moved_as_soon_as_the_relay_is_woken(
    store: SqliteStore, broker: NatsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "POLL_SECONDS", 60.0)
    relay = relay_over(store, broker)
    async with running(relay):
        await eventually(all_chained(store))
        await store.insert("sessions", recorded("s1"))
        store.bell.ring()
        await eventually(all_chained(store, "s1"), within=2)


async def test_records_wait_neither_for_the_broker_nor_for_an_event_that_it_refuses(
    store: SqliteStore, broker: NatsBroker, server: RunningBroker
) -> None:
    huge = session_ended("huge").model_copy(update={"programme": "x" * 1_100_000})
    async with running(relay_over(store, broker)):
        await store.insert("sessions", recorded("huge", huge))
        await eventually(all_chained(store, "huge"))
        server.kill()
        await store.insert("sessions", recorded("s1", session_ended("s1")))
        await eventually(all_chained(store, "huge", "s1"))
    assert await pending(store) == 2


async def test_records_that_a_relay_of_before_left_behind_are_moved(store: SqliteStore, broker: NatsBroker) -> None:
    await store.insert("sessions", recorded("s1", session_ended("s1")))
    assert await store.update("sessions", "s1", guard={"version": 1}, assign={"outbox": [], "pending": 0})

    async with running(relay_over(store, broker)):
        await eventually(all_chained(store, "s1"))


async def test_two_relays_that_both_hold_themselves_for_the_one_make_one_chain(
    store: SqliteStore, broker: NatsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def held(_: object) -> bool:
        return True

    monkeypatch.setattr("shared.messaging.lease.Lease.hold", held)
    names = [f"s{number}" for number in range(20)]
    async with running(relay_over(store, broker)), running(relay_over(store, broker)):
        for name in names:
            await store.insert("sessions", recorded(name))
        await eventually(all_chained(store, *names))


async def test_the_end_of_the_chain_of_acts_is_announced_once(
    store: SqliteStore, broker: NatsBroker, js: JetStreamContext
) -> None:
    async with running(relay_over(store, broker)):
        await store.insert("sessions", recorded("s1"))
        store.bell.ring()
        await eventually(all_chained(store, "s1"))
        await Audit(store, system_clock).record(OPERATOR, "registrations.exported", "s1")
        await eventually(announced(js, 1, 2))
        await store.insert("sessions", document("s2", session_ended("s2")))
        await eventually(all_published(store))
        await announced(js, 1, 2)()


async def test_acts_are_announced_once_the_broker_takes_them(
    store: SqliteStore, broker: NatsBroker, js: JetStreamContext
) -> None:
    """As between an upgrade of the services and `dijous streams apply`."""
    config = (await js.stream_info("DIJOUS_EVENTS")).config
    others = [subject for subject in config.subjects or [] if subject != "evt.office.>"]
    await js.update_stream(config.evolve(subjects=others))
    await store.prepare(AUDIT_COLLECTIONS)
    await Audit(store, system_clock).record(OPERATOR, "session.ended", "s1")
    with capture_logs() as logs:
        async with running(relay_over(store, broker)):
            await eventually(lambda: said(logs, "acts_not_announced"))
            await js.update_stream(config)
            await eventually(announced(js, 1))


def announced(js: JetStreamContext, *places: int):
    async def check() -> None:
        found = [
            ActsRecorded.model_validate_json(message.data or b"")
            async for message in stored_messages(js, "DIJOUS_EVENTS", "evt.office.acts-recorded.v1.registration")
        ]
        assert [event.version for event in found] == list(places)

    return check


def said(logs: list[Any], action: str) -> None:
    assert action in [line.get("action") for line in logs]
