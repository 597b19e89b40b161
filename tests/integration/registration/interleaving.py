"""A store that lets another replica do something whole between two operations of a step."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.integration.registration.conftest import Office
from tests.integration.registration.crashing import replace_store

OPERATIONS = ("insert", "insert_many", "get", "replace", "update", "update_many", "find", "count", "delete")

Meanwhile = Callable[[], Awaitable[object]]


class InterruptedStore:
    """Passes everything on; before operation number `at` (from 0) something else happens."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._at = -1
        self._operations = 0
        self._meanwhile: Meanwhile | None = None

    def interrupt(self, at: int, meanwhile: Meanwhile) -> None:
        """Before which operation from now on, and by what."""
        self._at, self._operations, self._meanwhile = at, 0, meanwhile

    @property
    def was_interrupted(self) -> bool:
        """Whether there was an operation of that number."""
        return self._operations > self._at

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)
        return self._interrupted(operation) if name in OPERATIONS else operation

    def _interrupted(self, operation: Any) -> Any:
        async def run(*args: Any, **options: Any) -> Any:
            self._operations += 1
            if self._meanwhile and self._operations == self._at + 1:
                await self._meanwhile()
            return await operation(*args, **options)

        return run


def interruptible(office: Office) -> InterruptedStore:
    """Make the office's store one that can be interrupted."""
    store = InterruptedStore(office.documents)
    replace_store(office, store)
    return store
