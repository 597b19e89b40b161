"""The threads of a process that write and read an SQLite file.

One thread writes, with group commit. Every commit costs one fsync. The writer therefore runs all waiting operations in
one transaction, commits once, and then answers the callers. An operation is one statement, which SQLite applies whole
or not at all, so a failing one leaves nothing behind and does not harm the others.

In WAL mode readers neither wait for the writer nor block it. One document is read in the calling thread: that takes
6 µs, the way to another thread and back 40. A few threads run the longer reads, so that the event loop goes on
meanwhile.
"""

import asyncio
import queue
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.storage.contract import StoreError

T = TypeVar("T")
_THREADS = 2  # readers wait for the interpreter's lock rather than for the disk: more would not read faster


@dataclass(slots=True)
class _Operation:
    work: Callable[[sqlite3.Connection], Any]
    alone: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class GroupCommitWriter:
    """Runs operations one after another on its own connection and answers each caller after the fsync.

    The operation of a cancelled caller runs all the same.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], name: str) -> None:
        self._connect = connect
        self._name = name
        self._connection: sqlite3.Connection | None = None
        self._waiting: queue.SimpleQueue[_Operation | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"{name} writer", daemon=True)
        self._gate = threading.Lock()
        self._closed = False
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T], *, alone: bool = False) -> T:
        """Return what `work` returned, once it is on the disk. `alone`: outside any transaction.

        Raises StoreError if the database refuses the operation or its commit.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._gate:
            if self._closed:
                raise StoreError(f"{self._name} is closed")
            self._waiting.put(_Operation(work, alone, loop, future))
        return await future

    def close(self) -> None:
        with self._gate:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while batch := self._take():
            together = [operation for operation in batch if not operation.alone]
            self._commit(together)
            _tell(together)
            for operation in batch:
                if operation.alone:
                    self._run_alone(operation)
                    _tell([operation])
        self._disconnect()

    def _take(self) -> list[_Operation]:
        """Wait for at least one operation and take all that wait; empty once the writer is closed."""
        batch: list[_Operation] = []
        operation = self._waiting.get()
        with suppress(queue.Empty):
            while operation is not None:
                batch.append(operation)
                operation = self._waiting.get_nowait()
            if batch:
                self._waiting.put(None)
        return batch

    def _commit(self, batch: list[_Operation]) -> None:
        if not batch:
            return
        try:
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            for operation in batch:
                self._attempt(operation, connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._disconnect()
            for operation in batch:
                operation.error = self._translated(error)

    def _attempt(self, operation: _Operation, connection: sqlite3.Connection) -> None:
        try:
            operation.result = operation.work(connection)
        except sqlite3.Error as error:
            if not connection.in_transaction:
                raise  # SQLite gave up the whole transaction, as it may on a full disk
            operation.error = self._translated(error)
        except Exception as error:  # noqa: BLE001  the caller's mistake goes to the caller and must not end the writer
            operation.error = error

    def _run_alone(self, operation: _Operation) -> None:
        try:
            operation.result = operation.work(self._connected())
        except sqlite3.Error as error:
            self._disconnect()
            operation.error = self._translated(error)
        except StoreError as error:
            operation.error = error

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _disconnect(self) -> None:
        """Close the connection, which rolls back its transaction; the next operation opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _translated(self, error: sqlite3.Error) -> StoreError:
        translated = StoreError(f"{self._name}: {error}")
        translated.__cause__ = error
        return translated


def _tell(operations: list[_Operation]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Operation]] = defaultdict(list)
    for operation in operations:
        by_loop[operation.loop].append(operation)
    for loop, finished in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, finished)


def _settle(operations: list[_Operation]) -> None:
    for operation in operations:
        if operation.future.done():  # its caller was cancelled
            continue
        if operation.error is not None:
            operation.future.set_exception(operation.error)
        else:
            operation.future.set_result(operation.result)


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
