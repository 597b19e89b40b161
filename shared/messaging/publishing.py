"""Publishing with a known outcome: stored, refused or unknown."""

from collections.abc import Mapping

import nats.errors
import orjson
from faststream.nats import NatsBroker
from nats.js import JetStreamContext
from nats.js.api import Header

from shared.events import EventEnvelope

PUBLISH_SECONDS = 5.0
"""After this time without acknowledgement the outcome is unknown."""


def jetstream(broker: NatsBroker) -> JetStreamContext:
    return broker.connection.jetstream()


async def publish_event(js: JetStreamContext, event: EventEnvelope, *, message_ttl: int | None = None) -> None:
    """Publish an event to its stream; with `message_ttl` it expires after that many seconds.

    Publishing again is safe: the broker drops an event whose id it stored in the last ten minutes. Raises as `publish`.
    """
    headers = event.headers | {Header.MSG_ID: event.id}
    if message_ttl is not None:
        headers[Header.MSG_TTL] = str(message_ttl)
    await publish(js, event.subject, orjson.dumps(event.data), headers, stream=event.stream)


async def publish(js: JetStreamContext, subject: str, data: bytes, headers: Mapping[str, str], *, stream: str) -> None:
    """Publish a message to a stream and wait until the broker has stored it.

    Raises nats.errors.Error or TimeoutError: refused, or the outcome is unknown.
    """
    sent = {**headers, Header.EXPECTED_STREAM: stream}
    lines = ["NATS/1.0\r\n", *(f"{key}: {value}\r\n" for key, value in sent.items()), "\r\n"]
    # The client measures the data without the headers. The broker closes the connection on a message that is too large.
    if len(data) + len("".join(lines).encode()) > js._nc.max_payload:
        raise nats.errors.MaxPayloadError
    await js.publish(subject, data, timeout=PUBLISH_SECONDS, headers=sent)
