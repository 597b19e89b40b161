"""Writers that are faster than each other: who lost a compare-and-set waits a moment and tries again."""

import asyncio
import random

TRIES = 50
"""How often; after so many the caller hears of it."""
_PAUSE_SECONDS = 0.002  # times the number of the try, at random


async def pause_before(attempt: int) -> None:
    """Wait before a try, the longer the more have failed; the first, number 0, comes at once."""
    if attempt:
        await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))  # noqa: S311  jitter, no secret
