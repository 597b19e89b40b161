"""Backoff of writers that lost a compare-and-set."""

import asyncio
import random

TRIES = 50
_PAUSE_SECONDS = 0.002  # times the number of the try, at random


async def pause_before(attempt: int) -> None:
    """Wait before try `attempt`, longer after each failure and not at all before try 0."""
    if attempt:
        await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))  # noqa: S311  jitter, no secret
