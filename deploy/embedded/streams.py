"""Streams and consumers of the single-machine run: made at the start and again after each reconnection.

Somebody may have deleted the broker's folder meanwhile; the broker is then silently empty.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import nats
import nats.errors
import structlog

from shared.messaging.consuming import ConsumerSpec
from shared.messaging.streams import apply_streams
from shared.settings import broker_servers

RETRY_SECONDS = 0.2
log = structlog.get_logger()


@asynccontextmanager
async def maintained_streams(url: str, specs: Sequence[ConsumerSpec]) -> AsyncIterator[None]:
    """Make streams and consumers, and again after each reconnection until the block ends."""
    reconnected = asyncio.Event()

    async def on_reconnected() -> None:
        reconnected.set()

    async def on_error(_: Exception) -> None:
        """Ignore it: the services' own connections report errors."""

    connection = await nats.connect(
        broker_servers(url),
        name="dijous-topology",
        max_reconnect_attempts=-1,
        reconnect_time_wait=RETRY_SECONDS,
        reconnected_cb=on_reconnected,
        error_cb=on_error,
    )
    await _apply(url, specs)
    keeping = asyncio.create_task(_keep(url, specs, reconnected), name="topology")
    try:
        yield
    finally:
        keeping.cancel()
        await connection.close()


async def _keep(url: str, specs: Sequence[ConsumerSpec], reconnected: asyncio.Event) -> None:
    while True:
        await reconnected.wait()
        reconnected.clear()
        await _apply(url, specs)


async def _apply(url: str, specs: Sequence[ConsumerSpec]) -> None:
    """Try until it works: JetStream answers a moment after the broker accepts connections."""
    while True:
        try:
            changes = await apply_streams(url, specs)
        except (nats.errors.Error, OSError, TimeoutError) as error:
            log.info("streams not applied yet", action="streams_not_applied", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            log.info("streams applied", action="streams_applied", changes=len(changes))
            return
