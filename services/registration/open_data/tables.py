"""Tables that are written at most every few minutes: one of them is made of every registration."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.web.sitemaps import MAX_AGE_SECONDS

_KEPT_FOR = timedelta(seconds=MAX_AGE_SECONDS)


@dataclass(frozen=True, slots=True)
class Written:
    body: bytes
    modified: datetime | None
    """When the data changed last, if that is known."""
    since: datetime | None = None
    """The instant of the first of them."""


class OpenTable:
    """Whoever asks while it is written waits for the same one."""

    def __init__(self, write: Callable[[datetime, str], Awaitable[Written]]) -> None:
        """`write` gets the time and the address of the installation."""
        self._write = write
        self._turn = asyncio.Lock()
        self._kept: tuple[datetime, Written] | None = None

    async def read(self, now: datetime, public_url: str) -> Written:
        async with self._turn:
            if self._kept is None or now - self._kept[0] >= _KEPT_FOR:
                self._kept = now, await self._write(now, public_url)
            return self._kept[1]
