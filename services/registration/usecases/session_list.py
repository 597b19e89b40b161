"""The list of all sessions, kept in memory and brought up to date before it is read."""

import asyncio
from datetime import datetime, timedelta

from services.registration.domain.session_list import Line
from services.registration.public_store import SessionLines
from shared.clock import Clock

OVERLAP = timedelta(seconds=20)
"""What changed shortly before the last look is read again: clocks differ, and a write takes its time."""


class SessionList:
    """Every session as a line. Whoever reads sees what any replica has written before: only what changed is fetched."""

    def __init__(self, stored: SessionLines, clock: Clock) -> None:
        self._stored = stored
        self._clock = clock
        self._lines: dict[str, Line] = {}
        self._in_order: list[Line] | None = None
        self._read_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def lines(self) -> list[Line]:
        """All sessions, the one that begins last in front."""
        async with self._turn:
            await self._catch_up(self._read_at)
        if self._in_order is None:
            in_order = sorted(self._lines.values(), key=lambda line: (line.starts_at, line.session_id), reverse=True)
            self._in_order = in_order
        return self._in_order

    async def reload(self) -> bool:
        """Read all of it, lest a replica with a wrong clock be missed; as a loop's step there is never more to do."""
        async with self._turn:
            await self._catch_up(None)
        return False

    async def _catch_up(self, read_at: datetime | None) -> None:
        now = self._clock()
        since = read_at - OVERLAP if read_at else None
        async for line in self._stored.changed(self._lines, since=since):
            self._lines[line.session_id] = line
            self._in_order = None
        self._read_at = max(now, self._read_at or now)
