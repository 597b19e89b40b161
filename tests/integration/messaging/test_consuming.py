import time

from nats.js import JetStreamContext

from tests.integration.messaging.conftest import Consumer, consuming, send, session_ended
from tests.support.nats import RunningBroker
from tests.support.probes import eventually


async def test_a_handler_gets_the_validated_event_once(server: RunningBroker, js: JetStreamContext) -> None:
    consumer = Consumer()
    async with consuming(server, consumer):
        await send(js, session_ended("s1", version=4))

        def handled() -> None:
            assert consumer.events == [session_ended("s1", version=4)]

        await eventually(handled)


async def test_stopping_with_an_idle_subscriber_takes_less_than_two_seconds(server: RunningBroker) -> None:
    async with consuming(server, Consumer(), max_workers=4):
        started = time.monotonic()
    assert time.monotonic() - started < 2
