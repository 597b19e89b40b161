"""Publishing an event so that its outcome is known, or told to be unknown."""

import orjson
from faststream.nats import NatsBroker
from nats.js import JetStreamContext

from shared.events import EventEnvelope

PUBLISH_SECONDS = 5.0
"""After so long without acknowledgement the outcome of a publish is unknown."""


def jetstream(broker: NatsBroker) -> JetStreamContext:
    """The broker's JetStream; the broker is connected."""
    return broker.connection.jetstream()


async def publish(js: JetStreamContext, event: EventEnvelope, *, message_ttl: float | None = None) -> None:
    """Publish and wait until the broker has stored it; after `message_ttl` seconds it vanishes, if given.

    The broker drops an event whose id it has stored in the last ten minutes: publishing again is safe.

    Raises:
        nats.errors.Error, TimeoutError: refused, or the outcome is unknown.
    """
    await js.publish(
        event.subject,
        orjson.dumps(event.data),
        timeout=PUBLISH_SECONDS,
        stream=event.stream,
        headers=event.headers | {"Nats-Msg-Id": event.id},
        msg_ttl=message_ttl,
    )
