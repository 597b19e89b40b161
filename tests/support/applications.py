"""Applications that are made once per process and lent to one test at a time.

FastAPI takes longer to make the routes of a service than most tests take. The routes close over use cases, so those of
a lent application close over stand-ins, which lead to the use cases that the test brought.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI

Make = Callable[..., FastAPI]


class StandIn:
    """Leads to a thing that the test brought.

    While routes are made its parts are stand-ins too, except names and numbers, which are alike in every test.
    """

    def __init__(self, application: "_Application", find: Callable[[], Any]) -> None:
        self._application = application
        self._find = find

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._find(), name)
        if self._application.is_made or isinstance(found, str | int):
            return found
        return StandIn(self._application, lambda: getattr(self._find(), name))

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._find()(*given, **named)


class _Application:
    def __init__(self, make: Make, settings: tuple[Hashable, ...], brought: dict[str, Any]) -> None:
        self.brought = brought
        self.is_made = False
        self.asgi = make(*settings, **{name: StandIn(self, partial(self._find, name)) for name in brought})
        self.is_made = True

    def _find(self, name: str) -> Any:
        return self.brought[name]


_idle: defaultdict[tuple[Hashable, ...], list[_Application]] = defaultdict(list)


@contextmanager
def lent_application(make: Make, *settings: Hashable, **brought: Any) -> Iterator[FastAPI]:
    """What `make(*settings, **brought)` returns, made before if possible; nobody else has it until the block ends."""
    idle = _idle[make, *settings]
    application = idle.pop() if idle else _Application(make, settings, brought)
    application.brought = brought
    try:
        yield application.asgi
    finally:
        application.brought = {}
        idle.append(application)
