"""A process that dies between two writes of one act."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from shared.storage.contract import Store


@contextlib.contextmanager
def dying_after(store: Store, writes: int) -> Iterator[None]:
    """Let so many writes of documents through, then leave the block as a process that dies.

    Raises:
        AssertionError: the block does not write as often.
    """
    left = writes

    def dying(write: Any) -> Any:
        async def write_or_die(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                raise ConnectionError
            left -= 1
            return await write(*arguments, **options)

        return write_or_die

    with pytest.MonkeyPatch.context() as broken, contextlib.suppress(ConnectionError):
        broken.setattr(store, "insert", dying(store.insert))
        broken.setattr(store, "replace", dying(store.replace))
        yield
    assert left == 0, f"it takes only {writes - left} writes"
