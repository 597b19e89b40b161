"""Taking a person's messages out of the broker: what was published about them before they were erased."""

from collections.abc import Iterable

from faststream.nats import NatsBroker

from shared.events.base import Event
from shared.messaging.deadletters import DEADLETTERS
from shared.messaging.publishing import jetstream


async def purge_events(broker: NatsBroker, events: Iterable[type[Event]], key: str) -> None:
    """Delete every stored message of these events with that key, also those kept as dead letters. Idempotent.

    Raises:
        nats.errors.Error: the broker refused, or did not answer; to be tried again.
    """
    js = jetstream(broker)
    for event in events:
        subject = event.subject_filter().removesuffix("*") + key
        await js.purge_stream(event.event_stream.value, subject=subject)
        await js.purge_stream(DEADLETTERS, subject=f"dlq.*.{subject.removeprefix('evt.')}")
