"""Delete a person's messages at the broker once the person is erased."""

from collections.abc import Iterable

from faststream.nats import NatsBroker
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.events.base import Event
from shared.messaging.dead_letters import DEADLETTERS
from shared.messaging.publishing import jetstream


async def purge_events(broker: NatsBroker, events: Iterable[type[Event]], key: str) -> None:
    """Delete every stored message of these events with that key, dead letters too. Idempotent.

    Raises nats.errors.Error if the broker refuses or does not answer: try again.
    """
    js = jetstream(broker)
    for event in events:
        subject = event.subject_filter().removesuffix("*") + key
        await _delete_all(js, event.event_stream.value, subject)
        await _delete_all(js, DEADLETTERS, f"dlq.*.{subject.removeprefix('evt.')}")


async def _delete_all(js: JetStreamContext, stream: str, subject: str) -> None:
    """Delete them one by one: a purge by subject would leave their bytes in the broker's files."""
    while True:
        try:
            message = await js.get_last_msg(stream, subject)
        except NotFoundError:
            return
        assert message.seq is not None
        await js.delete_msg(stream, message.seq)
