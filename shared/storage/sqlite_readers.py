"""How a process reads an SQLite file; in WAL mode readers neither wait for the writer nor block it.

A document is read where it is asked for: that takes 6 µs, to hand it to a thread and back 40. What may take longer is
read by a few threads, so that the event loop goes on meanwhile.
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
    """Runs reads, each on the connection of the thread that runs it. Close it when nothing reads any more."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], name: str) -> None:
        self._connect = connect
        self._name = name
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"{name} reader")
        self._own = threading.local()
        self._connections: set[sqlite3.Connection] = set()
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` read.

        Raises:
            StoreError: the database did not answer.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)
        except RuntimeError as error:
            raise StoreError(f"{self._name} is closed") from error

    def read_here(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` read, by the thread that asks: for what is done sooner than handed over.

        Raises:
            StoreError: the database did not answer.
        """
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
        """The next read of this thread opens a fresh connection: a broken one may never answer again."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            self._own.connection = None
            self._connections.discard(connection)
            with suppress(sqlite3.Error):
                connection.close()
