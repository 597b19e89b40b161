"""Processes that die at the worst place: nothing is lost, and what kills every process is put aside."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nats.errors
import pytest
from nats.js import JetStreamContext

from shared.messaging.consuming import consumer_specs
from shared.messaging.dead_letters import drop_letter, list_letters, replay_letters, show_letter
from shared.messaging.streams import apply_streams
from shared.storage.sqlite import SqliteStore
from tests.integration.messaging.child import DEADLY
from tests.integration.messaging.conftest import Consumer, consuming, send, session_ended
from tests.integration.messaging.relaying import all_chained, document, recorded
from tests.support.nats import RunningBroker
from tests.support.probes import eventually

ROOT = Path(__file__).parents[3]
DURABLE = "feedback-sessions-session-ended"
SPECS = consumer_specs(Consumer().routes())


@contextmanager
def child(*arguments: str, failpoint: str = "") -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.messaging.child", *arguments],
        cwd=ROOT,
        env=os.environ | {"DIJOUS_FAILPOINT": failpoint},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def died(process: subprocess.Popen[bytes]) -> None:
    def dead() -> None:
        assert process.poll() == -9, f"still there: {process.poll()}"

    await eventually(dead, within=15)


async def with_short_wait(js: JetStreamContext, **settings: float) -> None:
    """The durable as shipped, except that a silent process is given up sooner."""
    config = (await js.consumer_info("DIJOUS_EVENTS", DURABLE)).config
    await js.add_consumer("DIJOUS_EVENTS", config.evolve(ack_wait=0.5, **settings))


def lines(ledger: Path) -> list[str]:
    return ledger.read_text().splitlines() if ledger.exists() else []


@pytest.mark.parametrize("place", ["on-receive:2", "after-handle:2", "after-ack:2"])
async def test_a_consumer_killed_at_any_step_loses_nothing(
    server: RunningBroker, js: JetStreamContext, tmp_path: Path, place: str
) -> None:
    ledger = tmp_path / "ledger"
    await apply_streams(server.url, SPECS)
    await with_short_wait(js)
    for number in range(5):
        await send(js, session_ended(f"s{number}"))

    with child("consume", server.url, str(ledger), failpoint=place) as first:
        await died(first)
    with child("consume", server.url, str(ledger)):

        async def all_settled() -> None:
            info = await js.consumer_info("DIJOUS_EVENTS", DURABLE)
            assert set(lines(ledger)) == {f"s{number}" for number in range(5)}
            assert info.num_ack_pending == 0

        await eventually(all_settled, within=15)

    assert len(lines(ledger)) <= 6, "one death may repeat one event"


async def test_a_message_that_kills_its_process_is_put_aside_and_can_be_shown_replayed_dropped(
    server: RunningBroker, js: JetStreamContext, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    await apply_streams(server.url, SPECS)
    await with_short_wait(js, max_deliver=2)
    await send(js, session_ended(DEADLY))
    await send(js, session_ended("good"))

    for _ in range(2):
        with child("consume", server.url, str(ledger)) as victim:
            await died(victim)
    with child("consume", server.url, str(ledger)):

        async def put_aside() -> None:
            assert lines(ledger) == ["good"]
            assert [letter.error for letter in await list_letters(js)] == ["NeverSettled"]

        await eventually(put_aside, within=15)

    [letter] = await list_letters(js)
    assert (letter.consumer, letter.service, letter.deliveries) == (DURABLE, "feedback", 2)
    shown = await show_letter(js, letter.id)
    assert session_ended().model_validate_json(shown.data) == session_ended(DEADLY)

    repaired = Consumer()
    async with consuming(server, repaired, apply=False):
        assert [ids async for ids in replay_letters(js, [letter.id])] == [[letter.id]]

        def handled() -> None:
            assert repaired.seen == [DEADLY]

        await eventually(handled)
    assert await list_letters(js) == []


@pytest.mark.parametrize("place", ["after-publish:3", "after-clear:3"])
async def test_a_relay_killed_after_publishing_publishes_nothing_twice_and_loses_nothing(
    server: RunningBroker, js: JetStreamContext, store: SqliteStore, tmp_path: Path, place: str
) -> None:
    await apply_streams(server.url, SPECS)
    for number in range(10):
        await store.insert("sessions", document(f"s{number}", session_ended(f"s{number}")))

    database = str(tmp_path / "service.db")
    with child("relay", server.url, database, failpoint=place) as first:
        await died(first)
    with child("relay", server.url, database):

        async def all_published() -> None:
            assert await store.count("sessions", {"pending": 1}) == 0

        await eventually(all_published, within=20)

    consumer = Consumer()
    async with consuming(server, consumer, apply=False):

        async def none_left() -> None:
            info = await js.consumer_info("DIJOUS_EVENTS", DURABLE)
            assert (info.num_pending, info.num_ack_pending) == (0, 0)

        await eventually(none_left)
    assert sorted(consumer.seen) == [f"s{number}" for number in range(10)]


@pytest.mark.parametrize(
    "place", ["after-chain:1", "after-chain:3", "after-chain:5", "after-unchain:1", "after-unchain:3"]
)
async def test_a_relay_killed_while_it_moves_records_moves_each_once(
    server: RunningBroker, store: SqliteStore, tmp_path: Path, place: str
) -> None:
    await apply_streams(server.url, SPECS)
    names = [f"s{number}" for number in range(5)]
    for name in names:
        await store.insert("sessions", recorded(name))

    database = str(tmp_path / "service.db")
    with child("relay", server.url, database, failpoint=place) as first:
        await died(first)
    with child("relay", server.url, database):
        await eventually(all_chained(store, *names), within=20)


async def test_an_acknowledged_publish_survives_kill_9_of_the_broker_and_consumers_go_on(
    server: RunningBroker, js: JetStreamContext
) -> None:
    consumer = Consumer()
    async with consuming(server, consumer):
        sent = []
        for number in range(60):
            if number % 20 == 10:
                server.kill()
                await server.start()
            await _until_acknowledged(js, number)
            sent.append(f"s{number}")

        def all_handled() -> None:
            assert set(sent) <= set(consumer.seen), f"{len(set(sent) - set(consumer.seen))} missing"

        await eventually(all_handled, within=40)


async def _until_acknowledged(js: JetStreamContext, number: int) -> None:
    while True:
        try:
            return await send(js, session_ended(f"s{number}"))
        except (nats.errors.Error, TimeoutError):
            await asyncio.sleep(0.05)


async def test_subscribers_outlive_a_wiped_broker_without_spinning(server: RunningBroker, js: JetStreamContext) -> None:
    consumer = Consumer()
    async with consuming(server, consumer, max_workers=2) as broker:
        await send(js, session_ended("before"))

        def first_handled() -> None:
            assert consumer.seen == ["before"]

        await eventually(first_handled)
        server.wipe_store()
        await server.start()

        def trouble_is_told() -> None:
            assert [sub.trouble for sub in broker.subscribers] != [""]

        await eventually(trouble_is_told, within=15)
        used = os.times()
        await asyncio.sleep(2)
        spent = os.times()
        assert spent.user + spent.system - used.user - used.system < 0.3, "spins while the consumer is missing"

        await apply_streams(server.url, SPECS)
        await send(js, session_ended("after"))

        def goes_on() -> None:
            assert consumer.seen == ["before", "after"]
            assert [(sub.trouble, sub.alive) for sub in broker.subscribers] == [("", True)]

        await eventually(goes_on, within=15)


async def test_a_consumer_deleted_under_its_subscriber_is_survived(server: RunningBroker, js: JetStreamContext) -> None:
    consumer = Consumer()
    async with consuming(server, consumer) as broker:
        await js.delete_consumer("DIJOUS_EVENTS", DURABLE)

        def trouble_is_told() -> None:
            assert [sub.trouble for sub in broker.subscribers] != [""]

        await eventually(trouble_is_told)
        await apply_streams(server.url, SPECS)
        await send(js, session_ended("after"))

        def goes_on() -> None:
            assert consumer.seen == ["after"]

        await eventually(goes_on)


async def test_a_service_started_before_its_consumers_exist_consumes_once_they_do(
    server: RunningBroker, js: JetStreamContext
) -> None:
    consumer = Consumer()
    async with consuming(server, consumer, apply=False):
        assert await apply_streams(server.url, SPECS), "the service must not have created them"
        await send(js, session_ended("s1"))

        def handled() -> None:
            assert consumer.seen == ["s1"]

        await eventually(handled)


async def test_a_dropped_letter_is_gone(server: RunningBroker, js: JetStreamContext) -> None:
    async with consuming(server, Consumer()):
        await js.publish("evt.sessions.session-ended.v1.s1", b"{")

        async def buried() -> None:
            assert len(await list_letters(js)) == 1

        await eventually(buried)
    [letter] = await list_letters(js)

    await drop_letter(js, letter.id)

    assert await list_letters(js) == []
