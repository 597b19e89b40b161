"""How a program is started quickly."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def being_read() -> Iterator[None]:
    """While a program is imported nothing of it becomes garbage: to look for some takes a sixth of its start.

    Afterwards what is there stays out of the search, which is quicker for good.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
