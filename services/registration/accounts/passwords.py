"""Passwords as they are kept: Argon2id, a few at once, since each takes 64 MiB and a tenth of a second."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from services.registration.accounts.turns import Turns

_AT_ONCE = 2
_WAITING = 100
_PATIENCE = timedelta(seconds=5)

T = TypeVar("T")


class Passwords:
    """Keeps and checks them, in threads of their own. Whoever wants either takes a turn first."""

    def __init__(self) -> None:
        self.turns = Turns(at_once=_AT_ONCE, waiting=_WAITING, patience=_PATIENCE)
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await self._run(lambda: self._hasher.hash(password))

    async def is_right(self, kept: str, password: str) -> bool:
        """Whether the password is the one of which `kept` was kept; takes as long when nothing was."""
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
