"""A short connection to the broker for a command: it says at once when the broker is not there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from nats.js import JetStreamContext

from shared.settings import broker_servers


@asynccontextmanager
async def administering(url: str) -> AsyncIterator[JetStreamContext]:
    """The broker's JetStream for the length of the block. `url` may name several servers, separated by commas.

    Raises:
        nats.errors.Error: no server answers, or it refuses us.
    """
    connection = await nats.connect(
        broker_servers(url),
        name="dijous-administration",
        # Each server is tried twice; without a limit the client goes on for two minutes.
        max_reconnect_attempts=1,
        reconnect_time_wait=0,
        error_cb=_silent,
    )
    try:
        yield connection.jetstream()
    finally:
        await connection.close()


async def _silent(_: Exception) -> None:
    """The last error is raised; the client's default would log each with its traceback."""
