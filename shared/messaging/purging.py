"""Taking a person's messages out of the broker: what was published about them before they were erased."""

from collections.abc import Iterable

from faststream.nats import NatsBroker
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.events.base import Event
from shared.messaging.dead_letters import DEADLETTERS
from shared.messaging.publishing import jetstream


async def purge_events(broker: NatsBroker, events: Iterable[type[Event]], key: str) -> None:
    """Delete every stored message of these events with that key, also those kept as dead letters. Idempotent.

    Raises:
        nats.errors.Error: the broker refused, or did not answer; to be tried again.
    """
    js = jetstream(broker)
    for event in events:
        subject = event.subject_filter().removesuffix("*") + key
        await _delete_all(js, event.event_stream.value, subject)
        await _delete_all(js, DEADLETTERS, f"dlq.*.{subject.removeprefix('evt.')}")


async def _delete_all(js: JetStreamContext, stream: str, subject: str) -> None:
    """One by one, and they are few: a purge by subject would leave their bytes in the broker's files."""
    while True:
        try:
            message = await js.get_last_msg(stream, subject)
        except NotFoundError:
            return
        assert message.seq is not None
        await js.delete_msg(stream, message.seq)
