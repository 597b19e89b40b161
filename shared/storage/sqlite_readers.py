"""Readers of an SQLite file; in WAL mode they neither wait for the writer nor block it.

One document is read in the calling thread: that takes 6 µs, the way to another thread and back 40. A few threads run
the longer reads, so that the event loop goes on meanwhile.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from shared.storage.contract import StoreError

T = TypeVar("T")

_THREADS = 2  # readers wait for the interpreter's lock rather than for the disk: more would not read faster


class Readers:
    """Runs reads, each on its thread's own connection. Every failure of the database is a StoreError."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], name: str) -> None:
        self._connect = connect
        self._name = name
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"{name} reader")
        self._own = threading.local()
        self._connections: set[sqlite3.Connection] = set()
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)
        except RuntimeError as error:
            raise StoreError(f"{self._name} is closed") from error

    def read_here(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Read in the calling thread."""
        if self._closed:
            raise StoreError(f"{self._name} is closed")
        return self._read(work)

    def close(self) -> None:
        self._closed = True
        self._threads.shutdown(wait=True)
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._connected())
        except sqlite3.Error as error:
            self._disconnect()
            raise StoreError(f"{self._name}: {error}") from error

    def _connected(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._connect()
            self._connections.add(connection)
        return connection

    def _disconnect(self) -> None:
        """Close this thread's connection, which may be broken for good; the next read opens another."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            self._own.connection = None
            self._connections.discard(connection)
            with suppress(sqlite3.Error):
                connection.close()
