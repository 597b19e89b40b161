from typing import Any

import pytest
from faststream.nats import NatsBroker
from nats.js import JetStreamContext
from structlog.testing import capture_logs

from shared.clock import system_clock
from shared.events.office import ActsRecorded
from shared.messaging import outbox
from shared.messaging.administration import stored_messages
from shared.security.audit import AUDIT_COLLECTIONS, Audit
from shared.staff import OPERATOR
from shared.storage.sqlite import SqliteStore
from tests.integration.messaging.conftest import session_ended
from tests.integration.messaging.relaying import (
    all_chained,
    all_published,
    document,
    pending,
    recorded,
    relay_over,
    running,
    versions_in,
)
from tests.support.nats import RunningBroker
from tests.support.probes import eventually


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
