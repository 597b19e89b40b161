"""Waking: what one use case stores, a loop of the same process goes on with at once."""

from collections.abc import Callable
from dataclasses import dataclass


def _nobody() -> None:
    """Nobody listens: the loops look by themselves from time to time."""


@dataclass(slots=True)
class Wakers:
    """Who is woken when there is something to do now. The composition root connects the loops."""

    sender: Callable[[], None] = _nobody
    """Deliveries were stored."""
    fanouts: Callable[[], None] = _nobody
    """A fan-out was stored."""
    surveys: Callable[[], None] = _nobody
    """A survey is to be tended."""
