"""What the documents tell a reader to type is run as it stands there."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.test_up import Run
from tests.support.ports import free_port
from tests.support.stack import running_stack

ROOT = Path(__file__).parents[2]
BLOCK_SECONDS = 60


def block_after(document: str, marker: str, language: str) -> str:
    """The first block of code in that language behind the marker."""
    found = re.search(rf"{re.escape(marker)}.*?```{language}\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    assert found, f"{document} has no {language} block behind {marker!r}"
    return found.group(1)


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[Run]:
    run = Run(tmp_path / "var", free_port())
    try:
        yield await run.ready()
    finally:
        run.stop()


async def test_the_readme_s_main_job_works_as_it_is_written_again_and_again(up: Run) -> None:
    for _ in range(2):
        output = await _main_job(up)
        for step in ("2500450006", '"registered"', '"received"', '"questions"'):
            assert step in output.replace(" ", ""), f"{step} is not in:\n{output}"
        assert len(set(re.findall(r'"session(?:_id)?":"(\w+)"', output))) == 1, "each time it is about one session"


async def _main_job(up: Run) -> str:
    """What the block of the README prints."""
    script = "set -eu\n" + block_after("README.md", "tests/e2e/test_documents.py runs this block", "sh")
    shell = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script,
        env={**os.environ, "DIJOUS_URL": up.url, "DIJOUS_DATA": str(up.data)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(shell.communicate(), BLOCK_SECONDS)
    output = printed.decode()
    assert shell.returncode == 0, output
    return output


async def test_the_integrators_subscriber_reads_a_session(tmp_path: Path) -> None:
    from tests.e2e.office import Office

    script = block_after("docs/integrators.md", "tests/e2e/test_documents.py runs this block", "python")
    async with running_stack(tmp_path) as stack:
        subscriber = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            script,
            env={**os.environ, "DIJOUS_NATS_URL": stack.broker.url},
            stdout=asyncio.subprocess.PIPE,
        )
        office = Office(stack, "documented")
        await office.define_programme()
        session = await office.schedule()
        moved = {"starts_at": office.minute(timedelta(days=11)).isoformat()}
        await stack.staff("POST", f"/sessions/{session}/reschedule", moved, expect=200)
        assert subscriber.stdout
        lines = [await asyncio.wait_for(subscriber.stdout.readline(), BLOCK_SECONDS) for _ in range(2)]
        subscriber.kill()
        await subscriber.wait()
    kinds = [line.decode().split()[:2] for line in lines]
    assert kinds == [[f"dijous.sessions.session-{verb}.v1", session] for verb in ("scheduled", "rescheduled")]


async def test_the_catalogue_of_events_is_current() -> None:
    command = [sys.executable, "-m", "deploy.cli", "events"]
    printing = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    printed, _ = await printing.communicate()
    written = (ROOT / "docs/events.md").read_text()
    assert written == printed.decode(), "run: dijous events > docs/events.md"
