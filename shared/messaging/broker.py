"""The connection to the broker with the settings that keep messages safe."""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from faststream.nats import NatsBroker
from nats.errors import AuthorizationError

from shared.settings import broker_servers

log = structlog.get_logger(__name__)

GRACEFUL_SECONDS = 8.0
"""How long a stopping service waits for running handlers."""
RECONNECT_SECONDS = 1
PING_SECONDS = 5
MISSED_PINGS = 2
"""A broker that vanished without closing is noticed after `PING_SECONDS` x (`MISSED_PINGS` + 1)."""


def exit_process() -> None:
    logging.shutdown()
    os._exit(1)


class ServiceBroker(NatsBroker):
    """Calls `on_closed` if the connection is lost for good, but not if we close it."""

    def __init__(self, url: str, *, service: str, on_closed: Callable[[], None]) -> None:
        self.service = service
        self._on_closed = on_closed
        self._stopping = False
        super().__init__(
            broker_servers(url),
            name=f"dijous-{service}",
            # Never give up: a broker that comes back after a day finds its services waiting.
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            max_outstanding_pings=MISSED_PINGS,
            # Each service may read only its own replies.
            inbox_prefix=f"_INBOX_{service}",
            graceful_timeout=GRACEFUL_SECONDS,
            # Subscribers decode and validate by themselves; the framework's log of every message is a third of
            # the throughput.
            apply_types=False,
            logger=None,
            disconnected_cb=self._disconnected,
            reconnected_cb=self._reconnected,
            closed_cb=self._closed,
        )
        # Not as an argument: the framework would wrap it and raise some errors out of it, which ends the client's
        # task of reconnecting and leaves a connection that never comes back.
        self._connection_kwargs["error_cb"] = self._failed

    async def stop(self, *args: Any) -> None:
        """Finish the running handlers, then close the connection, even while the broker is away."""
        self._stopping = True
        connection = self._connection
        try:
            await super().stop(*args)
        except Exception as error:  # noqa: BLE001 - a group of whatever the subscribers and the client raise
            log.warning("broker not closed orderly", action="broker_stop_failed", error=type(error).__name__)
        if connection is not None and not connection.is_closed:
            with suppress(ConnectionError):  # the broker closes it at this very moment
                await connection.close()

    async def _disconnected(self) -> None:
        if not self._stopping:
            log.warning("broker disconnected", action="broker_disconnected")

    async def _reconnected(self) -> None:
        log.info("broker reconnected", action="broker_reconnected")

    async def _failed(self, error: Exception) -> None:
        if isinstance(error, AuthorizationError) and not self.running:
            raise error
        if not self._stopping:
            log.warning("broker error", action="broker_error", error=type(error).__name__, detail=str(error))

    async def _closed(self) -> None:
        if self._stopping:
            return
        # After a final close a pull subscriber would spin and ignore SIGTERM.
        log.critical("broker connection closed for good", action="broker_closed")
        self._on_closed()


def make_broker(url: str, *, service: str, on_closed: Callable[[], None] = exit_process) -> NatsBroker:
    """The broker of one service, not yet connected. `url` may name several servers, separated by commas."""
    return ServiceBroker(url, service=service, on_closed=on_closed)
