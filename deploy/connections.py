"""HTTP connections stay below the limit of open files: store, broker, mail server and templates need some too."""

import asyncio
import resource

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_ENOUGH_FILES = 65_536


def raise_open_files() -> int:
    """Raise this process's limit of open files to the hard limit, at most 65,536; the new limit.

    The default, usually 1,024, is low only for old programs that use select(2).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = max(soft, min(hard, _ENOUGH_FILES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return min(files, _ENOUGH_FILES)


def bounded(limit: int) -> type[HttpToolsProtocol]:
    """HTTP with at most `limit` connections at a time.

    One more closes the oldest that has no request under way; where all have one, it is closed itself. uvicorn's own
    `limit_concurrency` refuses requests, but keeps every connection that makes none.
    """
    opened: dict[HttpToolsProtocol, None] = {}

    class BoundedProtocol(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
            super().connection_made(transport)
            opened[self] = None
            if len(opened) > limit:
                oldest = next(each for each in opened if _is_idle(each))
                del opened[oldest]
                oldest.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            opened.pop(self, None)
            super().connection_lost(exc)

    return BoundedProtocol


def _is_idle(connection: HttpToolsProtocol) -> bool:
    return connection.cycle is None or connection.cycle.response_complete
