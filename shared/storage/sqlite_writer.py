"""The one thread of a process that writes to an SQLite file, with group commit.

A commit costs an fsync, whatever is in it. The writer therefore takes every operation that waits, runs them in one
transaction, commits once, and only then tells those who wait. An operation writes with one statement, which SQLite
applies whole or not at all, so one that fails leaves nothing behind and does not harm the others.
"""

import asyncio
import queue
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.storage.contract import StoreError

T = TypeVar("T")


# Not frozen: one of each is made for every write, and to make a frozen one takes four times as long.
@dataclass(slots=True)
class _Operation:
    work: Callable[[sqlite3.Connection], Any]
    alone: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


@dataclass(slots=True)
class _Outcome:
    operation: _Operation
    result: Any = None
    error: Exception | None = None


class GroupCommitWriter:
    """Runs operations one after another on its own connection; each caller hears after the fsync.

    A caller that is cancelled no longer hears; its operation is carried out all the same.
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
        """What `work` returned, once it is on the disk. `alone`: outside any transaction.

        Raises:
            StoreError: the database refused the operation or its commit.
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
            _tell(self._commit([operation for operation in batch if not operation.alone]))
            for operation in batch:
                if operation.alone:
                    _tell([self._run_alone(operation)])
        self._disconnect()

    def _take(self) -> list[_Operation]:
        """Everything that waits, at least one operation; none when the writer is to end."""
        batch: list[_Operation] = []
        operation = self._waiting.get()
        with suppress(queue.Empty):
            while operation is not None:
                batch.append(operation)
                operation = self._waiting.get_nowait()
            if batch:
                self._waiting.put(None)
        return batch

    def _commit(self, batch: list[_Operation]) -> list[_Outcome]:
        if not batch:
            return []
        try:
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._attempt(operation, connection) for operation in batch]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._disconnect()
            return [_Outcome(operation, error=self._translated(error)) for operation in batch]
        return outcomes

    def _attempt(self, operation: _Operation, connection: sqlite3.Connection) -> _Outcome:
        try:
            return _Outcome(operation, result=operation.work(connection))
        except sqlite3.Error as error:
            if not connection.in_transaction:
                raise  # SQLite gave up the whole transaction, as it may on a full disk
            return _Outcome(operation, error=self._translated(error))
        except Exception as error:  # noqa: BLE001  the caller's mistake is the caller's to hear, not the writer's end
            return _Outcome(operation, error=error)

    def _run_alone(self, operation: _Operation) -> _Outcome:
        try:
            return _Outcome(operation, result=operation.work(self._connected()))
        except sqlite3.Error as error:
            self._disconnect()
            return _Outcome(operation, error=self._translated(error))
        except StoreError as error:
            return _Outcome(operation, error=error)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _disconnect(self) -> None:
        """Let go of the connection, which rolls back what it had begun; the next operation opens a fresh one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _translated(self, error: sqlite3.Error) -> StoreError:
        translated = StoreError(f"{self._name}: {error}")
        translated.__cause__ = error
        return translated


def _tell(outcomes: list[_Outcome]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_loop[outcome.operation.loop].append(outcome)
    for loop, its_outcomes in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, its_outcomes)


def _settle(outcomes: list[_Outcome]) -> None:
    for outcome in outcomes:
        future = outcome.operation.future
        if future.done():  # its caller was cancelled
            continue
        if outcome.error is not None:
            future.set_exception(outcome.error)
        else:
            future.set_result(outcome.result)
