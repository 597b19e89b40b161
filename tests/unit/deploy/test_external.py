"""Which dependencies the single-machine run looks for before it starts."""

import asyncio

import pytest

from deploy.embedded.external import unreachable_dependencies
from deploy.embedded.settings import EmbeddedSettings
from tests.support.nats import running_broker
from tests.support.ports import free_port


def test_who_does_not_answer_is_named_with_its_setting() -> None:
    port = free_port()
    settings = EmbeddedSettings(nats_url=f"nats://127.0.0.1:{port}")
    assert unreachable_dependencies(settings) == [
        f"DIJOUS_NATS_URL: 127.0.0.1:{port} does not answer (connection refused)"
    ]


async def test_a_broker_that_refuses_the_password_is_named_with_its_setting() -> None:
    async with running_broker("--user", "u", "--pass", "right") as guarded:
        settings = EmbeddedSettings(nats_url=guarded.url.replace("//", "//u:wrong-canary@"))
        lines = await asyncio.to_thread(unreachable_dependencies, settings)
    assert lines == ["DIJOUS_NATS_URL: nats: 'Authorization Violation'"]


@pytest.mark.parametrize("address", ["nats://", "nats://user@", "nats://127.0.0.1:port", "broker"])
def test_an_address_without_host_or_port_is_not_asked(address: str) -> None:
    assert (
        unreachable_dependencies(EmbeddedSettings(nats_url=address, store_url="mongodb://", smtp_url="smtp://")) == []
    )
