import asyncio
import signal
import time

import pytest
from nats.js import JetStreamContext

from shared.messaging import broker as broker_module
from shared.messaging.broker import make_broker
from tests.integration.messaging.conftest import Consumer, closed, consuming, send, session_ended
from tests.support.nats import RunningBroker
from tests.support.probes import eventually


async def test_a_service_stops_in_time_while_the_broker_is_away(server: RunningBroker) -> None:
    async with consuming(server, Consumer()) as broker:
        connection = broker.connection
        server.kill()

        def noticed() -> None:
            assert not broker.connection.is_connected

        await eventually(noticed)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert connection.is_closed, "it would go on looking for the broker"


async def test_a_connection_closed_for_good_is_told(server: RunningBroker) -> None:
    told = asyncio.Event()
    broker = make_broker(server.url, service="feedback", on_closed=told.set)
    await broker.start()

    await broker.connection.publish("too.large", b"x" * (1024 * 1024), headers={"one": "more"})

    await asyncio.wait_for(told.wait(), 5)
    await broker.stop()


async def test_stopping_is_not_a_loss(server: RunningBroker) -> None:
    told: list[bool] = []
    broker = make_broker(server.url, service="feedback", on_closed=lambda: told.append(True))
    await broker.start()
    await broker.stop()
    assert told == []


async def test_a_frozen_broker_is_noticed_and_found_again(
    server: RunningBroker, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "PING_SECONDS", 1)
    consumer = Consumer()
    async with consuming(server, consumer) as broker:
        server.send_signal(signal.SIGSTOP)

        def noticed() -> None:
            assert not broker.connection.is_connected

        await eventually(noticed, within=8)
        server.send_signal(signal.SIGCONT)
        await send(js, session_ended("s1"))

        def goes_on() -> None:
            assert consumer.seen == ["s1"]

        await eventually(goes_on, within=15)


async def test_replies_come_to_an_inbox_of_the_service_alone(server: RunningBroker) -> None:
    broker = make_broker(server.url, service="feedback", on_closed=closed)
    await broker.start()
    assert (await broker.new_inbox()).startswith("_INBOX_feedback.")
    await broker.stop()
