"""A child of the single-machine run, with real processes."""

import asyncio
import os
import time
from pathlib import Path

from deploy.embedded.child import Child
from tests.support.probes import eventually

PATIENCE_SECONDS = 0.05


def _is_running(child: Child) -> None:
    assert child.is_running


async def test_a_child_that_ends_in_the_moment_in_which_patience_does_is_simply_ended(tmp_path: Path) -> None:
    child = Child("the sleeper", ["sleep", "60"], tmp_path / "sleeper.log", lambda _: None, environment=os.environ)
    running = asyncio.create_task(child.keep_running())
    await eventually(lambda: _is_running(child))
    stopping = asyncio.create_task(child.stop(PATIENCE_SECONDS))
    await asyncio.sleep(0)  # it is told to end
    time.sleep(4 * PATIENCE_SECONDS)  # a busy machine: its end and that of the patience are noticed at once
    await stopping
    await running
    assert not child.is_running
