"""Children end with the process that started them: the way that works where the kernel does not see to it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.probes import eventually

PROGRAM = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def supervised() -> Iterator[subprocess.Popen[str]]:
    """The module as a program, with a child that has said that it is up."""
    command = [sys.executable, "-P", "-m", "deploy.embedded.die_with_parent", sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


def _child(process: subprocess.Popen[str]) -> int:
    children = [pid for task in Path(f"/proc/{process.pid}/task").iterdir() for pid in _children(task)]
    (child,) = children
    return child


def _children(task: Path) -> list[int]:
    return [int(pid) for pid in (task / "children").read_text().split()]


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")


async def test_the_child_ends_when_the_supervisor_s_end_of_the_pipe_closes(supervised: subprocess.Popen[str]) -> None:
    child = _child(supervised)
    assert supervised.stdin
    supervised.stdin.close()
    supervised.wait(10)

    def gone() -> None:
        assert not Path(f"/proc/{child}").exists()

    await eventually(gone)


async def test_a_request_to_stop_reaches_the_child(supervised: subprocess.Popen[str]) -> None:
    supervised.terminate()
    assert supervised.wait(10) == 128 + signal.SIGTERM
