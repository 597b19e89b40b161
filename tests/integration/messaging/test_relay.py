import asyncio
import time
from datetime import timedelta

import nats.errors
import pytest
from faststream.nats import NatsBroker
from nats.js import JetStreamContext

from shared.messaging import outbox
from shared.messaging.lease import LEASES
from shared.storage.sqlite import SqliteStore
from tests.integration.messaging.conftest import session_ended
from tests.integration.messaging.relaying import (
    all_published,
    document,
    relay_over,
    running,
    versions_in,
)
from tests.support.nats import RunningBroker
from tests.support.probes import eventually


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
