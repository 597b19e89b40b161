"""How the parts of a service say that they are well, or what is wrong."""

from collections.abc import Awaitable, Callable

OK = "ok"
_WARNING = "warning: "

Watch = Callable[[], Awaitable[str]]
"""Tells what an operator should look at; empty when all is well."""


def warning(trouble: str) -> str:
    """The state of a part whose trouble is to be seen, and must not take the pages of every replica away."""
    return f"{_WARNING}{trouble}"


def is_served(state: str) -> bool:
    return state == OK or state.startswith(_WARNING)
