"""Publishing so that the outcome is known, or told to be unknown."""

from collections.abc import Mapping

import nats.errors
import orjson
from faststream.nats import NatsBroker
from nats.js import JetStreamContext
from nats.js.api import Header

from shared.events import EventEnvelope

PUBLISH_SECONDS = 5.0
"""After so long without acknowledgement the outcome of a publish is unknown."""


def jetstream(broker: NatsBroker) -> JetStreamContext:
    """The broker's JetStream; the broker is connected."""
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
    # The client measures the data alone, and for a larger message the broker closes the connection for good.
    if len(data) + _header_size(sent) > js._nc.max_payload:
        raise nats.errors.MaxPayloadError
    await js.publish(subject, data, timeout=PUBLISH_SECONDS, headers=sent)


def _header_size(headers: Mapping[str, str]) -> int:
    """Bytes of the header block: its version line, a line for each header, an empty line."""
    return len("NATS/1.0\r\n\r\n") + sum(len(f"{key}: {value}\r\n".encode()) for key, value in headers.items())
