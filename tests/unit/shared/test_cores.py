"""Keeping the threads of a process on one core, and letting them go again."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import cores
from shared.cores import OneCore

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps threads on cores")


@pytest.fixture
def thread() -> Iterator[int]:
    """The number of another thread of this process."""
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    assert other.native_id is not None
    yield other.native_id
    end.set()
    other.join()


def test_all_threads_are_kept_on_one_core_until_they_are_let_go(thread: int) -> None:
    before = os.sched_getaffinity(0)
    core = OneCore()
    try:
        core.keep()
        kept = os.sched_getaffinity(0)
        assert len(kept) == 1
        assert kept <= before
        assert os.sched_getaffinity(thread) == kept
        core.keep()
    finally:
        core.leave()
    assert os.sched_getaffinity(0) == os.sched_getaffinity(thread) == before


def test_who_kept_nothing_lets_nothing_go(thread: int) -> None:
    before = os.sched_getaffinity(0)
    if len(before) < 2:
        pytest.skip("there is one core only")
    one = {min(before)}
    os.sched_setaffinity(0, one)
    try:
        OneCore().leave()
        assert os.sched_getaffinity(0) == one
    finally:
        os.sched_setaffinity(0, before)


def test_where_the_system_hides_or_refuses_it_nothing_breaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    core = OneCore()
    with monkeypatch.context() as sandbox:
        sandbox.setattr(cores, "_TASKS", tmp_path / "hidden")
        core.keep()
        core.leave()
    core.keep()
    with monkeypatch.context() as sandbox:  # as without a file descriptor left
        sandbox.setattr(cores, "_TASKS", tmp_path / "hidden")
        core.leave()
    core.leave()
    assert os.sched_getaffinity(0) == before
