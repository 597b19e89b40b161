"""Work that a service repeats beside its requests and events: sending, sweeping, closing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

log = structlog.get_logger()


class Loop:
    """Repeats a step: at once while it says that there is more, else after `every` seconds or when woken.

    A failing step is logged and tried again after the pause. The loop ends only when it is cancelled.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[bool]],
        *,
        every: float,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`close` runs when the loop is cancelled, to finish what was begun."""
        self.name = name
        self._step = step
        self._every = every
        self._close = close
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        try:
            while True:
                self._woken.clear()
                if not await self._try_step():
                    await pause(self._every, self._woken)
        finally:
            if self._close is not None:
                await self._close()

    async def _try_step(self) -> bool:
        try:
            return await self._step()
        except Exception:  # one bad turn must not end the loop: it is logged, and the next turn tries again
            log.exception("loop step failed", action="loop_step_failed", loop=self.name)
            return False


async def pause(seconds: float, woken: asyncio.Event) -> None:
    """Wait until woken, at most so many seconds."""
    # Not wait_for: Python 3.11's forgets a cancellation that comes together with a wake, and the caller would go on.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
