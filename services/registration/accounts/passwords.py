"""Passwords as they are kept: Argon2id, a few at once, since each takes 64 MiB and a tenth of a second."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from services.registration.accounts.domain import TooManyAttemptsProblem

_AT_ONCE = 2
_WAITING = 100
_PATIENCE = timedelta(seconds=5)
_LINES_REMEMBERED = 10_000

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Request:
    line: str
    is_known: bool
    ahead: int
    """How many of the same line waited when it came."""
    number: int
    called: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Turns:
    """One line for each place that asks, with one request at work at most: many requests of one do not delay another.

    Known lines come first, then those that had no turn yet, then the one whose last turn is the longest ago. Of lines
    alike the newest comes first: in a flood that nobody can work off, it still has somebody who waits. When too many
    wait, whoever would come last is refused.
    """

    def __init__(self, *, at_once: int, waiting: int, patience: timedelta) -> None:
        self._at_once = at_once
        self._most_waiting = waiting
        self._patience = patience.total_seconds()
        self._waiting: list[_Request] = []
        self._at_work: dict[str, _Request] = {}
        self._last_turns: dict[str, int] = {}
        self._numbers = count(1)

    @asynccontextmanager
    async def turn(self, line: str, *, is_known: bool = False) -> AsyncIterator[None]:
        """Wait for a turn, and have it while the block runs.

        Raises:
            TooManyAttemptsProblem: it did not come.
        """
        ahead = sum(request.line == line for request in self._waiting)
        request = _Request(line, is_known, ahead, next(self._numbers))
        self._waiting.append(request)
        self._call()
        self._refuse_last()
        try:
            try:
                async with asyncio.timeout(self._patience):
                    await request.called
            except TimeoutError:
                raise TooManyAttemptsProblem(1) from None
            yield
        finally:
            self._leave(request)
            self._call()

    def _call(self) -> None:
        while len(self._at_work) < self._at_once:
            may_come = [request for request in self._waiting if request.line not in self._at_work]
            if not may_come:
                return
            request = min(may_come, key=self._place)
            self._waiting.remove(request)
            self._at_work[request.line] = request
            self._remember(request.line)
            if not request.called.done():  # else its sender has just gone, and leaves at once
                request.called.set_result(None)

    def _refuse_last(self) -> None:
        if len(self._waiting) > self._most_waiting:
            last = max(self._waiting, key=self._place)
            self._waiting.remove(last)
            if not last.called.done():
                last.called.set_exception(TooManyAttemptsProblem(1))

    def _leave(self, request: _Request) -> None:
        if request in self._waiting:
            self._waiting.remove(request)
        elif self._at_work.get(request.line) is request:
            del self._at_work[request.line]

    def _place(self, request: _Request) -> tuple[bool, int, int, int]:
        return not request.is_known, self._last_turns.get(request.line, 0), request.ahead, -request.number

    def _remember(self, line: str) -> None:
        self._last_turns.pop(line, None)
        self._last_turns[line] = next(self._numbers)
        if len(self._last_turns) > _LINES_REMEMBERED:
            del self._last_turns[next(iter(self._last_turns))]


class Passwords:
    """Hashes and checks passwords in threads of their own. Whoever wants either takes a turn first."""

    def __init__(self) -> None:
        self.turns = Turns(at_once=_AT_ONCE, waiting=_WAITING, patience=_PATIENCE)
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def is_right(self, kept: str, password: str) -> bool:
        """Whether `kept` is a hash of the password; takes as long when nothing was kept."""
        return await self._run(lambda: self._verify(kept or self._nobodys_hash(), password) and bool(kept))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _nobodys_hash(self) -> str:
        self._nobodys = self._nobodys or self._hasher.hash(secrets.token_hex())
        return self._nobodys

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (Argon2Error, InvalidHashError):
            return False
