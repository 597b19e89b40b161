"""States of the parts of a service: ok, a warning or an error."""

from collections.abc import Awaitable, Callable

OK = "ok"
_WARNING = "warning: "

Watch = Callable[[], Awaitable[str]]
"""What an operator should look at; empty when all is well."""


def warning(trouble: str) -> str:
    """Trouble that must be seen but must not take every replica's pages offline."""
    return f"{_WARNING}{trouble}"


def is_served(state: str) -> bool:
    return state == OK or state.startswith(_WARNING)
