"""Publish every event of the streams again, shuffled, as a broker never should and sometimes does."""

import random

import nats

from shared.events import Stream
from tests.support.probes import eventually


async def replay_everything(url: str, *, seed: int) -> int:
    """Publish all stored events anew in a random order with fresh message ids; returns when all were handled."""
    client = await nats.connect(url)
    try:
        js = client.jetstream()
        messages = []
        for stream in (Stream.EVENTS, Stream.PEOPLE):
            state = (await js.stream_info(stream)).state
            for sequence in range(state.first_seq, state.last_seq + 1):
                messages.append(await js.get_msg(stream, sequence))
        random.Random(seed).shuffle(messages)
        for number, message in enumerate(messages):
            headers = {**(message.headers or {}), "Nats-Msg-Id": f"replay-{seed}-{number}"}
            await js.publish(str(message.subject), message.data or b"", headers=headers)

        async def handled() -> None:
            for stream in (Stream.EVENTS, Stream.PEOPLE):
                for consumer in await js.consumers_info(stream):
                    left = (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)
                    assert not left, f"{consumer.name} has {left} events left"

        await eventually(handled, within=30)
        return len(messages)
    finally:
        await client.close()
