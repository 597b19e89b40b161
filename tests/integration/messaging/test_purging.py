"""Old messages are overwritten in the broker's files: those that it lets go by age stay there."""

from pathlib import Path

import pytest
from nats.js import JetStreamContext

from shared.events.proposals import SupportRequested
from shared.messaging import purging
from shared.messaging.dead_letters import DEADLETTERS
from shared.messaging.streams import apply_streams
from tests.support.nats import RunningBroker

SUBJECTS = {SupportRequested.event_stream.value: SupportRequested.subject_filter(), DEADLETTERS: "dlq.*.people.>"}
ADDRESS = b"canary.bird@alamus.example"


def files(server: RunningBroker) -> bytes:
    """Every byte of the broker's store."""
    return b"".join(path.read_bytes() for path in Path(server.store).rglob("*") if path.is_file())


async def overwrite(js: JetStreamContext) -> None:
    for stream, subject in SUBJECTS.items():
        await purging.overwrite_old(js, stream, subject)


async def test_a_message_is_overwritten_before_its_stream_lets_it_go_and_no_sooner(
    server: RunningBroker, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await apply_streams(server.url, [])
    subject = SupportRequested.subject_filter().removesuffix("*")
    for number in range(3):
        await js.publish(f"{subject}p{number}", ADDRESS)
        await js.publish(f"dlq.notifications.{subject.removeprefix('evt.')}p{number}", ADDRESS)
    await js.publish("evt.people.another.v1.p1", b"another event")
    await overwrite(js)
    assert files(server).count(ADDRESS) == 6
    monkeypatch.setattr(purging, "OVERWRITE_AT", 0)
    await overwrite(js)
    assert ADDRESS not in files(server)
    assert b"another event" in files(server)
