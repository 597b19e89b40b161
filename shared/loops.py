"""Work that a service repeats beside its requests and events: sending, sweeping, closing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field

import structlog

log = structlog.get_logger()


@dataclass(eq=False)
class Loop:
    """Repeats a step: at once if it returns True for more work, else after `every` seconds or when woken.

    A failing step is logged and tried again after the pause. The loop ends only when it is cancelled.
    """

    name: str
    step: Callable[[], Awaitable[bool]]
    _: KW_ONLY
    every: float
    close: Callable[[], Awaitable[None]] | None = None
    """Runs when the loop is cancelled, to finish the work in progress."""
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        try:
            while True:
                self._woken.clear()
                if not await self._try_step():
                    await pause(self.every, self._woken)
        finally:
            if self.close is not None:
                await self.close()

    async def _try_step(self) -> bool:
        try:
            return await self.step()
        except Exception:  # one failure must not end the loop: it is logged, and the next turn tries again
            log.exception("loop step failed", action="loop_step_failed", loop=self.name)
            return False


async def pause(seconds: float, woken: asyncio.Event) -> None:
    """Wait until woken, at most this long."""
    # Not wait_for: in Python 3.11 it loses a cancellation that comes together with a wake.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
