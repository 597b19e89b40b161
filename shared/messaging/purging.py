"""Delete a person's messages at the broker once the person is erased."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from faststream.nats import NatsBroker
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.events.base import Event
from shared.loops import Loop
from shared.messaging.dead_letters import DEADLETTERS
from shared.messaging.publishing import jetstream
from shared.messaging.streams import STREAMS


async def purge_events(broker: NatsBroker, events: Iterable[type[Event]], key: str) -> None:
    """Delete every stored message of these events with that key, dead letters too. Idempotent.

    Raises nats.errors.Error if the broker refuses or does not answer: try again.
    """
    js = jetstream(broker)
    for event in events:
        subject = event.subject_filter().removesuffix("*") + key
        await delete_all(js, event.event_stream.value, subject)
        await delete_all(js, DEADLETTERS, f"dlq.*.{subject.removeprefix('evt.')}")


async def delete_all(js: JetStreamContext, stream: str, subject: str) -> None:
    """Overwrite them one by one: a purge by subject would leave their bytes in the broker's files."""
    while True:
        try:
            message = await js.get_last_msg(stream, subject)
        except NotFoundError:
            return
        assert message.seq is not None
        await js.delete_msg(stream, message.seq)


OVERWRITE_AT = 0.9
"""At which part of the time that its stream keeps it a message is overwritten."""
_OLD_MESSAGES_SECONDS = 3600


def old_messages(broker: NatsBroker, events: Collection[type[Event]]) -> Loop:
    """Overwrites old messages of these events and their dead letters.

    What a stream lets go by age stays in the broker's files until the other messages of its block are gone, too.
    """

    async def step() -> bool:
        js = jetstream(broker)
        for event in events:
            subject = event.subject_filter()
            await overwrite_old(js, event.event_stream.value, subject)
            await overwrite_old(js, DEADLETTERS, f"dlq.*.{subject.removeprefix('evt.')}")
        return False

    return Loop("old messages", step, every=_OLD_MESSAGES_SECONDS)


async def overwrite_old(js: JetStreamContext, stream: str, subject: str) -> None:
    [keep] = [spec.keep for spec in STREAMS if spec.name == stream]
    while True:
        try:
            message = await js.get_msg(stream, 1, subject, next=True)
        except NotFoundError:
            return
        assert message.seq is not None
        assert message.time is not None
        if datetime.now(UTC) - message.time < keep * OVERWRITE_AT:
            return
        await js.delete_msg(stream, message.seq)
