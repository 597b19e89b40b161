"""Serving an ASGI application with uvicorn until the process is told to stop.

HTTP connections stay below the limit of open files: store, broker, mail server and templates need some too.
"""

import asyncio
import gc
import logging
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from deploy.bounded_http import Bounds, bounded
from deploy.settings import ServingSettings

GRACE_SECONDS = 2
"""How long a stopping server waits for requests under way."""
_ENOUGH_FILES = 65_536
GARBAGE_AFTER = 10_000
"""Threshold of the youngest generation. Concurrent requests hold more objects than Python's default of 700, so that
the collector ran in vain again and again, which cost a quarter of the registrations a second."""


class _Server(uvicorn.Server):
    """Leaves the signals to `serve`: uvicorn would end the process before the services are stopped."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; the caller then stops what it started."""
    gc.set_threshold(GARBAGE_AFTER)
    trusted_proxies = ServingSettings().trusted_proxies
    config = uvicorn.Config(
        app,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies,
        lifespan="off",  # the caller enters the services before and leaves them after
        http=bounded(Bounds(raise_open_files() // 2)),
        ws="none",
        access_log=False,  # addresses hold the tokens of personal links
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True

    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    await server.serve(sockets=[listening])


def raise_open_files() -> int:
    """Raise this process's limit of open files to the hard limit, at most 65,536; the new limit.

    The default, usually 1,024, is low only for old programs that use select(2).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = max(soft, min(hard, _ENOUGH_FILES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return min(files, _ENOUGH_FILES)
