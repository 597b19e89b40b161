"""Whether a failed message is retried or becomes a dead letter."""

import random

from pydantic import ValidationError

DELAYS_SECONDS = (1.0, 5.0, 30.0, 120.0)
"""Pause before the second, third, fourth and every later try."""
JITTER = 0.2
"""Random share of a pause, so that failures do not retry in step."""
MAX_TRIES = 10
"""A failing message becomes a dead letter after this many deliveries."""


class PermanentError(Exception):
    """The message can never be handled; it becomes a dead letter at once."""


def dead_letter_reason(error: Exception, tries: int) -> str:
    """Why a message becomes a dead letter after its delivery number `tries` (from 1) failed; empty to try again.

    The reason may quote the message: it is for `dijous deadletters show`, never for a log.
    """
    if isinstance(error, PermanentError | ValidationError):
        return _in_one_line(error)
    return f"given up after {tries} tries: {_in_one_line(error)}" if tries >= MAX_TRIES else ""


def delay_after(tries: int) -> float:
    """Seconds until the next try."""
    pause = DELAYS_SECONDS[min(tries, len(DELAYS_SECONDS)) - 1]
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing


def _in_one_line(error: Exception) -> str:
    """A validation error comes without its values."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults[:5])
    return " ".join(str(error).split()) or type(error).__name__
