"""Acknowledged means on the disk: SQLite under kill -9, on a full disk, and as the system calls show it."""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from shared.storage.aggregates import Aggregates
from shared.storage.contract import StoreError
from shared.storage.sqlite import SqliteStore
from tests.faults.sqlite_writer import Counter

WRITER = (sys.executable, "-m", "tests.faults.sqlite_writer")


def killed_after(lines: int, path: Path, work: str) -> list[str]:
    """What a writer acknowledged before SIGKILL met it, somewhere after so many lines."""
    with subprocess.Popen([*WRITER, str(path), work, "20"], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        return [line.strip() for line in [*acknowledged, *writer.stdout] if line.endswith("\n")]


@pytest.mark.parametrize("seed", range(3))
async def test_every_acknowledged_insert_survives_kill_9(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "killed.sqlite3"
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    for _ in range(3):  # each time on the file that the last kill left behind
        for line in killed_after(chance.randint(1, 800), path, "inserts"):
            acknowledged.update(line.split())
    stored = _ids(path)
    assert len(acknowledged) > 100
    assert acknowledged - stored == set()
    _assert_bulks_are_whole(stored)


def _ids(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ids = {row[0] for row in connection.execute("SELECT id FROM things")}
    connection.close()
    return ids


def _assert_bulks_are_whole(stored: set[str]) -> None:
    """A bulk is one statement: all of its documents or none."""
    for name in stored:
        client, pid, number, _ = name.split("-")
        assert all(f"{client}-{pid}-{number}-{i}" in stored for i in range(1 + int(number) % 3))


@pytest.mark.parametrize("seed", range(3))
async def test_state_and_events_survive_kill_9_together_or_not_at_all(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "killed.sqlite3"
    lines = killed_after(random.Random(seed).randint(1, 400), path, "changes")
    store = SqliteStore(path)
    counters = {counter.id: counter async for counter in Aggregates(store, "counters", Counter).each()}
    await store.close()
    for line in lines:
        name, steps = line.split()
        assert counters[name].steps >= int(steps), "an acknowledged step is lost"
    for counter in counters.values():
        assert [event.data["steps"] for event in counter.outbox] == list(range(1, counter.steps + 1))
        assert counter.announced in (counter.version, 0)


async def test_full_disk_acknowledges_nothing_and_recovers_once_space_is_back(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    store = SqliteStore(small_disk / "full.sqlite3")
    await store.prepare({"things": []})
    ballast.write_bytes(b"x" * 1_000_000)
    acknowledged: list[str] = []

    async def insert(name: str) -> None:
        if await store.insert("things", {"_id": name, "text": "x" * 20_000}):
            acknowledged.append(name)

    answers = await asyncio.gather(*(insert(f"{i}") for i in range(200)), return_exceptions=True)
    answers += [*await asyncio.gather(*(insert(f"late-{i}") for i in range(200)), return_exceptions=True)]
    assert {type(answer) for answer in answers} <= {type(None), StoreError}
    assert any(isinstance(answer, StoreError) for answer in answers)
    ballast.unlink()
    await insert("after")
    stored = {document["_id"] for document in await store.find("things", limit=1_000)}
    await store.close()
    assert set(acknowledged) - stored == set()
    assert "after" in stored


def _can_trace() -> bool:
    strace = shutil.which("strace")
    return strace is not None and subprocess.run([strace, "-o", "/dev/null", "true"], check=False).returncode == 0


@pytest.mark.skipif(not _can_trace(), reason="strace is not installed or not permitted here")
def test_no_answer_is_given_before_the_fsync_of_its_commit(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-o", str(trace), "-e", "trace=pwrite64,write,fsync,fdatasync", *WRITER]
    command += [str(tmp_path / "traced.sqlite3"), "inserts", "1"]  # one client: write, fsync, answer, in turn
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as writer:
        assert writer.stdout is not None
        for _ in range(200):
            writer.stdout.readline()
        os.killpg(writer.pid, signal.SIGKILL)
    written = synced = answers = 0
    for line in trace.read_text().splitlines():
        if "pwrite64(" in line:
            written, synced = written + 1, 0
        elif "sync" in line and line.endswith("= 0"):
            synced += 1
        elif " write(1," in line:
            assert written, "an answer without a write of its own"
            assert synced, "an answer before the fsync"
            answers, written = answers + 1, 0
    assert answers >= 200
