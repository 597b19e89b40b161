"""The data folder of a single-machine run, for one run at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.settings import BrokenSettingError

FIRST_RUN_LINK = "first-run"
"""The file with the link that makes the first administrator."""


@contextmanager
def locked_folder(path: Path) -> Iterator[Path]:
    """The absolute path of the folder, made if missing, locked until the block or this process ends.

    Raises BrokenSettingError if the folder cannot be written or another run uses it.
    """
    folder = path.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BrokenSettingError(f"DIJOUS_DATA: {folder} cannot be written: {error.strerror}") from error
    try:
        _take(lock, folder)
        yield folder
    finally:
        os.close(lock)


def _take(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.read(lock, 32).decode(errors="replace").strip()
        raise BrokenSettingError(
            f"DIJOUS_DATA: {folder} is in use by another run (process {owner}); stop that one or choose another folder"
        ) from error
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
