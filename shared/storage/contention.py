"""Backoff of writers that lost a compare-and-set."""

import asyncio
import random

TRIES = 50
_PAUSE_SECONDS = 0.002  # times the number of the try, at random


async def pause_before(attempt: int) -> None:
    """Wait before a try, longer after each failure; number 0 comes at once."""
    if attempt:
        await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))  # noqa: S311  jitter, no secret
