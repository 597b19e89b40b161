"""Keep a process on one core while its threads take turns thousands of times a second.

Python's interpreter lock lets one thread run at a time. With threads on several cores every turn wakes another core,
which takes as long as the turn itself: a mail of a fan-out costs 260 µs of CPU time instead of 185.
"""

import os
import threading
from contextlib import suppress
from pathlib import Path

_TASKS = Path("/proc/self/task")
_CORE_FIELD = 36  # of those after the name: field 39 of proc(5)


class OneCore:
    """Does nothing on systems without processor affinity."""

    def __init__(self) -> None:
        self._free: set[int] = set()

    def keep(self) -> None:
        """Move all threads to the caller's core, if possible. Idempotent."""
        if self._free:
            return
        with suppress(OSError, AttributeError, IndexError, ValueError):  # another system, a sandbox, no descriptor left
            after_name = (_TASKS / str(threading.get_native_id()) / "stat").read_text().rpartition(")")[2]
            core = int(after_name.split()[_CORE_FIELD])
            self._free = os.sched_getaffinity(0)
            _put_threads({core})

    def leave(self) -> None:
        """Let all threads run anywhere again; if that fails, the next call tries again."""
        with suppress(OSError):
            if self._free:
                _put_threads(self._free)
                self._free = set()


def _put_threads(cores: set[int]) -> None:
    for thread in [int(task.name) for task in _TASKS.iterdir()]:
        with suppress(OSError):  # it has ended, or may not be moved
            os.sched_setaffinity(thread, cores)
