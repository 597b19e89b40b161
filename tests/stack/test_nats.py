"""Streams, publishing and a durable consumer on the broker's own container, with the shipped configuration."""

from collections.abc import Iterator
from pathlib import Path

import nats
import pytest
import yaml
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import wait_for_logs

from deploy.topology import consumers
from shared.events.feedback import SurveyClosed
from shared.messaging.streams import STREAMS, apply_streams
from tests.stack.engine import why_no_engine

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """The broker as docker-compose.yml starts it."""
    if silence := why_no_engine():
        pytest.skip(f"no container engine answers, so nats cannot be started: {silence}")
    described = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["nats"]
    container = (
        DockerContainer(described["image"])
        .with_command(" ".join(described["command"]))
        .with_volume_mapping(str(ROOT / "deploy/nats/nats.conf"), "/etc/nats/nats.conf", "ro")
        .with_exposed_ports(4222)
    )
    with container:
        wait_for_logs(container, "Server is ready", timeout=60)
        yield f"nats://{container.get_container_host_ip()}:{container.get_exposed_port(4222)}"


async def test_streams_are_applied_once_and_an_event_reaches_its_durable_consumer(broker_url: str) -> None:
    specs = consumers()
    assert len(await apply_streams(broker_url, specs)) == len(STREAMS) + len(specs)
    assert await apply_streams(broker_url, specs) == []
    event = SurveyClosed(version=1, session_id="tried", programme="tried", answers=0).envelope()
    spec = next(spec for spec in specs if spec.event is SurveyClosed)
    client = await nats.connect(broker_url)
    try:
        js = client.jetstream()
        for _ in range(2):
            await js.publish(event.subject, b"{}", headers={**event.headers, "Nats-Msg-Id": event.id})
        subscription = await js.pull_subscribe_bind(durable=spec.durable, stream=spec.stream)
        [message] = await subscription.fetch(1, timeout=10)
        assert message.metadata.num_pending == 0, "the broker did not drop the repeated event"
        await message.ack()
    finally:
        await client.close()
