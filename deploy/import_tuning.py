"""Garbage collection tuned for a quick start."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def import_tuning() -> Iterator[None]:
    """Do not collect garbage during imports: there is none, and looking takes a sixth of a program's start.

    Later collections skip the imported objects, which makes them quicker.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
