"""Whether a failed message is tried again or becomes a dead letter."""

import random
from dataclasses import dataclass

from pydantic import ValidationError

DELAYS_SECONDS = (1.0, 5.0, 30.0, 120.0)
"""Pause before the second, third, fourth and every later try."""
JITTER = 0.2
"""Random share of a pause, so that failures do not retry in step."""
MAX_TRIES = 10
"""After so many deliveries a failing message becomes a dead letter."""


class PermanentError(Exception):
    """The message can never be handled; it becomes a dead letter at once."""


class NotYetError(Exception):
    """What the message needs is not here yet; try again later."""


@dataclass(frozen=True, slots=True)
class Retry:
    delay: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`reason` may quote the message: it is for `dijous deadletters show`, never for a log."""

    reason: str


def retry_or_dead_letter(error: Exception, tries: int) -> Retry | DeadLetter:
    """Decide after the `tries`-th delivery (the first is 1) failed."""
    if isinstance(error, PermanentError | ValidationError):
        return DeadLetter(explain(error))
    if tries >= MAX_TRIES:
        return DeadLetter(f"given up after {tries} tries: {explain(error)}")
    return Retry(delay_after(tries))


def delay_after(tries: int) -> float:
    pause = DELAYS_SECONDS[min(tries, len(DELAYS_SECONDS)) - 1]
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing


def explain(error: Exception) -> str:
    """Describe an error in one line; a validation error without its values."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults[:5])
    return " ".join(str(error).split()) or type(error).__name__
