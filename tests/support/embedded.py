"""`dijous up` for tests: one process, one address, its mailbox, its clock."""

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.clock import ShiftedClock
from tests.support.links import Reader
from tests.support.ports import free_port
from tests.support.probes import eventually

DIJOUS = Path(sys.executable).parent / "dijous"
START_SECONDS = 60.0
MAIL_SECONDS = 20.0


class Embedded:
    """A running installation and what the tests do with it beside looking at its pages."""

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", **settings: str) -> None:
        self.data = folder / "data"
        self.url = f"http://{host}:{(port := free_port())}"
        self.secret = secrets.token_hex(32)
        self.staff_token = secrets.token_hex(16)
        self._offset = folder / "clock"
        self._offset.write_text("0")
        self.clock = ShiftedClock(self._offset)
        self.output = folder / "out"
        own = {name: value for name, value in os.environ.items() if not name.startswith("DIJOUS_")}
        self._environment = own | {
            "DIJOUS_DATA": str(self.data),
            "DIJOUS_PORT": str(port),
            "DIJOUS_PUBLIC_URL": self.url,
            "DIJOUS_SECRET": self.secret,
            "DIJOUS_STAFF_TOKEN": self.staff_token,
            "DIJOUS_CLOCK_OFFSET_FILE": str(self._offset),
            "DIJOUS_INVENTORY_SECONDS": "10",
            "DIJOUS_FEEDBACK_CHECK_SECONDS": "0.5",
            **settings,
        }
        self.api = Reader(base_url=self.url, timeout=20, headers={"Accept-Language": "ca"})
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [DIJOUS, "up"], env=self._environment, stdout=output, stderr=subprocess.STDOUT, cwd=self.data.parent
            )

        def check() -> None:
            assert self._process is not None
            if self._process.poll() is not None or self.said.count("starting it again") > 1:
                raise RuntimeError(f"it does not start: {self.said}\n{self.log()}")
            assert "Ctrl-C stops it" in self.said, f"not ready: {self.said}"

        await eventually(check, within=START_SECONDS)

    async def stop(self) -> None:
        """Ctrl-C, for good."""
        await self.api.aclose()
        self._interrupt()

    async def restart(self) -> None:
        """Ctrl-C, and start it again."""
        self._interrupt()
        await self.start()

    def _interrupt(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_SECONDS)

    @property
    def said(self) -> str:
        """What it wrote for the person who started it."""
        return self.output.read_text()

    @property
    def first_run(self) -> str:
        """The path of the link with which the first administrator begins."""
        return (self.data / "first-run").read_text().strip().removeprefix(self.url)

    def log(self) -> str:
        """The end of the application's log."""
        path = self.data / "logs" / "application.log"
        return path.read_text()[-3000:] if path.exists() else ""

    def processor_seconds(self) -> float:
        """The time that its processes have had of a processor so far, which no other process makes longer."""
        assert self._process is not None
        used = sum(_processor_ticks(pid) for pid in _children(self._process.pid))
        return used / os.sysconf("SC_CLK_TCK")

    def move_clock(self, by: timedelta) -> None:
        """Let it live that much later."""
        new = self._offset.with_suffix(".new")
        new.write_text(str(float(self._offset.read_text()) + by.total_seconds()))
        new.replace(self._offset)

    def minute(self, after: timedelta) -> datetime:
        """A whole minute, that much after its present."""
        return (self.clock() + after).replace(second=0, microsecond=0)

    async def staff(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the programme office; the JSON of the answer."""
        return await self._call(method, path, body, {"Authorization": f"Bearer {self.staff_token}"})

    async def public(self, method: str, path: str, body: Any = None) -> Any:
        """A call of anybody; the JSON of the answer."""
        return await self._call(method, path, body, {})

    async def mail(self, kind: str, to: str, *, within: float = MAIL_SECONDS) -> dict[str, Any]:
        """Wait for the latest mail of that kind to that address, as the mailbox tells it."""
        found: list[dict[str, Any]] = []

        async def check() -> None:
            mails = await self.mails(to)
            found[:] = [mail for mail in mails if mail["kind"] == kind]
            assert found, f"no {kind} to {to} yet, only {[mail['kind'] for mail in mails]}"

        await eventually(check, within=within, every=0.1)
        return found[-1]

    async def mails(self, to: str) -> list[dict[str, Any]]:
        """What the mailbox holds for an address, oldest first."""
        mails: list[dict[str, Any]] = (
            await self.api.get("/mailbox/messages.json", params={"to": to, "limit": 1000})
        ).json()
        return mails

    def link(self, mail: dict[str, Any], path: str) -> str:
        """The path of the personal link under `path` in a mail's text."""
        return self.path_in(mail["text"], path)

    def path_in(self, text: str, path: str) -> str:
        """The path of the first link under `path` in a text."""
        found = re.search(rf"{re.escape(self.url)}(/{path}/[^\s<>\"]+)", text)
        assert found, f"no /{path}/ link in:\n{text}"
        return found[1]

    async def _call(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        answer = await self.api.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@asynccontextmanager
async def running_embedded(folder: Path, *, host: str = "127.0.0.1", **settings: str) -> AsyncIterator[Embedded]:
    """An installation, ready to be used, until the block ends."""
    embedded = Embedded(folder, host=host, **settings)
    try:
        await embedded.start()
        yield embedded
    finally:
        await embedded.stop()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _processor_ticks(pid: int) -> int:
    """In user and in kernel mode: the 14th and 15th field, counted behind the name, which may hold blanks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
