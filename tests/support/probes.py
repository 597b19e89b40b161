"""Waiting for something to become true, with a probe that can say why it has not."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

Check = Callable[[], None] | Callable[[], Awaitable[None]]
"""Asserts what shall hold; its AssertionError is the explanation while it does not."""


async def eventually(check: Check, *, within: float = 10.0, every: float = 0.02) -> None:
    """Return when `check` raises no AssertionError any more.

    Raises:
        AssertionError: it still does after `within` seconds; the message is the check's last one.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            outcome = check()
            if inspect.isawaitable(outcome):
                await outcome
        except AssertionError as explanation:
            if time.monotonic() > deadline:
                raise AssertionError(f"still not so after {within} s: {explanation}") from explanation
        else:
            return
        await asyncio.sleep(every)
