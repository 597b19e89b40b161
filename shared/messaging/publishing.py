"""Publishing with a known outcome: stored, refused or unknown."""

from collections.abc import Mapping

import nats.errors
import orjson
from faststream.nats import NatsBroker
from nats.js import JetStreamContext
from nats.js.api import Header

from shared.events import EventEnvelope

PUBLISH_SECONDS = 5.0
"""Without acknowledgement for so long, the outcome is unknown."""


def jetstream(broker: NatsBroker) -> JetStreamContext:
    return broker.connection.jetstream()


async def publish_event(js: JetStreamContext, event: EventEnvelope, *, message_ttl: int | None = None) -> None:
    """Publish an event to its stream; after `message_ttl` seconds it vanishes, if given.

    The broker drops an event whose id it has stored in the last ten minutes: publishing again is safe.

    Raises:
        nats.errors.Error, TimeoutError: refused, or the outcome is unknown.
    """
    headers = event.headers | {Header.MSG_ID: event.id}
    if message_ttl is not None:
        headers[Header.MSG_TTL] = str(message_ttl)
    await publish(js, event.subject, orjson.dumps(event.data), headers, stream=event.stream)


async def publish(js: JetStreamContext, subject: str, data: bytes, headers: Mapping[str, str], *, stream: str) -> None:
    """Publish a message to a stream and wait until the broker has stored it.

    Raises:
        nats.errors.Error, TimeoutError: refused, or the outcome is unknown.
    """
    sent = {**headers, Header.EXPECTED_STREAM: stream}
    lines = ["NATS/1.0\r\n", *(f"{key}: {value}\r\n" for key, value in sent.items()), "\r\n"]
    # The client measures the data alone, and for a larger message the broker closes the connection for good.
    if len(data) + len("".join(lines).encode()) > js._nc.max_payload:
        raise nats.errors.MaxPayloadError
    await js.publish(subject, data, timeout=PUBLISH_SECONDS, headers=sent)
