"""What becomes of a message whose handling failed: once more later, or the dead letters."""

import random
from dataclasses import dataclass

from pydantic import ValidationError

DELAYS_SECONDS = (1.0, 5.0, 30.0, 120.0)
"""Pause before the second, third, fourth and every later try."""
JITTER = 0.2
"""Share by which a pause is shortened or lengthened at random, so that failures do not march in step."""
MAX_TRIES = 10
"""After so many deliveries a message that still fails is a dead letter."""


class PermanentError(Exception):
    """The message can never be handled; it becomes a dead letter at once."""


class NotYetError(Exception):
    """What the message needs is not here yet; it is tried again later."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Deliver the message again after so many seconds."""

    delay: float


@dataclass(frozen=True, slots=True)
class Bury:
    """Make the message a dead letter. `reason` may quote the message: it is for `show`, never for a log."""

    reason: str


def verdict(error: Exception, tries: int) -> Retry | Bury:
    """What becomes of a message that failed with `error` at its `tries`-th delivery (the first is 1)."""
    if isinstance(error, PermanentError | ValidationError):
        return Bury(explain(error))
    if tries >= MAX_TRIES:
        return Bury(f"given up after {tries} tries: {explain(error)}")
    return Retry(delay_after(tries))


def delay_after(tries: int) -> float:
    """Seconds until the next try, growing with the tries already made."""
    pause = DELAYS_SECONDS[min(tries, len(DELAYS_SECONDS)) - 1]
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing


def explain(error: Exception) -> str:
    """One line on an error; of a validation only the places and the rules, not the values."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults[:5])
    return " ".join(str(error).split()) or type(error).__name__
