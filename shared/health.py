"""States of the parts of a service: ok, a warning or an error."""

from collections.abc import Awaitable, Callable

OK = "ok"
_WARNING = "warning: "

Watch = Callable[[], Awaitable[str]]
"""Trouble for the operator to look at; empty if all is well."""


def warning(trouble: str) -> str:
    """Trouble to report that must not take every replica's pages offline."""
    return f"{_WARNING}{trouble}"


def is_served(state: str) -> bool:
    return state == OK or state.startswith(_WARNING)
