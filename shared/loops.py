"""Work that a service does again and again beside its requests and events: sending, sweeping, closing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

log = structlog.get_logger()


class Loop:
    """Runs a step, again at once while it says there is more, else after `every` seconds or when woken.

    A failing step is logged and tried again after a pause: the loop itself never ends before it is cancelled.
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
        """There is something to do now."""
        self._woken.set()

    async def run(self) -> None:
        """Run until cancelled."""
        try:
            while True:
                self._woken.clear()
                if not await self._try_step():
                    await self._pause()
        finally:
            if self._close is not None:
                await self._close()

    async def _try_step(self) -> bool:
        try:
            return await self._step()
        except Exception:  # one bad turn must not end the loop: it is logged, and the next turn tries again
            log.exception("loop step failed", action="loop_step_failed", loop=self.name)
            return False

    async def _pause(self) -> None:
        # Not wait_for: Python 3.11's forgets a cancellation that comes together with a wake, and the loop would go on.
        with suppress(TimeoutError):
            async with asyncio.timeout(self._every):
                await self._woken.wait()
