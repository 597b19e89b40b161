"""Where tests keep their files; a small disk; one browser and one installation with a small world in it."""

import gc
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from tests.support.browser import Chromium, running_chromium
from tests.support.embedded import Embedded, running_embedded
from tests.support.world import World, make_world

settings.register_profile("a machine that is busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("a machine that is busy")

NO_LIMITS_FOR_THIS_MACHINE = {
    "DIJOUS_REGISTRATIONS_PER_CLIENT": "0",
    "DIJOUS_REGISTRATIONS_AT_ONCE": "0",
    "DIJOUS_PROPOSALS_PER_ORIGIN": "0",
    "DIJOUS_SUPPORTS_PER_ORIGIN": "0",
}
"""All tests come from one place on the network; what an address may do stays limited."""

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 * 1024**3


def pytest_configure() -> None:
    """Keep files in memory where there is enough, unless TMPDIR says where: stores and broker wait for the disk at
    every write, and so would most tests. What is asked of the disk stays the same, and so does what survives a kill."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES:
        os.environ["TMPDIR"] = str(MEMORY)  # for the processes that tests start, too
        tempfile.tempdir = None
    gc.disable()


def pytest_collection_finish() -> None:
    """Collect no garbage while tests are gathered, and never look through those thousands again: in each of several
    processes it is a third of that time, and then a second at every full turn."""
    gc.freeze()
    gc.enable()


LONGEST = (
    "tests/faults/test_kill.py",
    "tests/security/test_injection.py",
    "tests/security/test_hostile_inside.py",
    "tests/e2e/test_up.py",
    "tests/security/test_operations.py",
    "tests/e2e/",
    "tests/integration/registration/",
)
"""Files that take minutes, and folders of such, the longest first."""
LAST = ("tests/browser/", "tests/security/")
"""Most of them share one installation in each process, which works on until the process ends."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest: a file stays with one of several processes, and the last one is waited for by all."""
    order = (*LONGEST, "", *LAST)

    def rank(item: pytest.Item) -> int:
        known = (at for at, start in enumerate(order) if start and item.nodeid.startswith(start))
        return next(known, order.index(""))

    items.sort(key=rank)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small file system needs more rights: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    async with running_chromium() as chromium:
        yield chromium


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Embedded]:
    async with running_embedded(tmp_path_factory.mktemp("installation"), **NO_LIMITS_FOR_THIS_MACHINE) as installation:
        yield installation


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(installation: Embedded) -> World:
    return await make_world(installation)
