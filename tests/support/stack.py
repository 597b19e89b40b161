"""The whole stack as real processes: nats-server, an SMTP server, the four services; each can die and come back.

Time can be moved: every process reads the same clock offset file.
"""

import asyncio
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx

from deploy.routes import service_of
from shared.clock import ShiftedClock
from tests.support.forking import fork
from tests.support.links import Reader
from tests.support.nats import RunningBroker, running_broker
from tests.support.ports import free_port
from tests.support.probes import eventually
from tests.support.smtp import AcceptedMail, RunningSmtpServer, running_smtp_server

SERVICES = ("registration", "notifications", "feedback", "proposals")
STAFF_TOKEN = "staff-token-of-the-tests"
STAFF = {"Authorization": f"Bearer {STAFF_TOKEN}"}
START_SECONDS = 30.0


class ServiceProcess:
    """One service as a process of its own; it keeps its port over restarts."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.port = free_port()
        self.log = log
        self._environment = environment
        self._process: ForkServerProcess | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.is_alive()

    def spawn(self, *, failpoint: str = "", open_files: int | None = None) -> None:
        """Start the process; `failpoint` as DIJOUS_FAILPOINT takes it, `open_files` for how many it may open."""
        arguments = ["run", self.name, "--host", "127.0.0.1", "--port", str(self.port)]
        environment = {**os.environ, **self._environment, "DIJOUS_FAILPOINT": failpoint}
        self._process = fork(arguments, environment, self.log, open_files=open_files)

    async def ready(self) -> None:
        """Wait until it says that it can do its work."""
        async with Reader() as client:

            async def check() -> None:
                assert self.is_running, f"{self.name} ended:\n{self.log.read_text()[-3000:]}"
                try:
                    answer = await client.get(f"{self.url}/health/ready")
                except httpx.TransportError as error:
                    raise AssertionError(f"{self.name} does not answer: {error!r}") from None
                assert answer.status_code == 200, f"{self.name} is not ready: {answer.text}"

            await eventually(check, within=START_SECONDS, every=0.05)

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send the signal and wait for the end."""
        assert self._process is not None, f"{self.name} was never started"
        assert self._process.pid is not None
        os.kill(self._process.pid, how)
        self._process.join(START_SECONDS)
        assert not self.is_running, f"{self.name} goes on"


class Stack:
    """What a story sees: the API under one client, the mails that were accepted, the clock, the processes."""

    def __init__(
        self, folder: Path, broker: RunningBroker, smtp: RunningSmtpServer, settings: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.broker = broker
        self.smtp = smtp
        self._offset = folder / "clock"
        self._offset.write_text("0")
        self.clock = ShiftedClock(self._offset)
        self.environment = {
            "DIJOUS_STORE_URL": f"sqlite:///{folder}/store",
            "DIJOUS_NATS_URL": broker.url,
            "DIJOUS_SMTP_URL": smtp.url,
            "DIJOUS_SECRET": secrets.token_hex(32),
            "DIJOUS_STAFF_TOKEN": STAFF_TOKEN,
            "DIJOUS_PUBLIC_URL": "https://dijous.example",
            "DIJOUS_CLOCK_OFFSET_FILE": str(self._offset),
            "DIJOUS_INVENTORY_SECONDS": "1",
            "DIJOUS_REGISTRATIONS_PER_CLIENT": "0",  # all tests come from one place on the network
            "DIJOUS_REGISTRATIONS_PER_SESSION": "0",
            "DIJOUS_REGISTRATIONS_AT_ONCE": "0",
            **settings,
        }
        self.services = {name: ServiceProcess(name, self.environment, folder / f"{name}.log") for name in SERVICES}
        self.api = Reader(
            base_url="https://dijous.example",
            transport=ByPrefix(self.services),
            timeout=20,
            headers={"Accept-Language": "ca"},
        )

    def move_clock(self, by: timedelta) -> None:
        """Let every process live that much later (or earlier)."""
        new = self._offset.with_suffix(".new")
        new.write_text(str(float(self._offset.read_text()) + by.total_seconds()))
        new.replace(self._offset)

    def move_clock_to(self, instant: datetime) -> None:
        """Let every process live at that instant (aware)."""
        self.move_clock(instant - self.clock())

    async def staff(self, method: str, path: str, body: Any = None, *, expect: int | None = None) -> Any:
        """A call of the programme office; the JSON of the answer."""
        answer = await self.api.request(method, f"/api/v1{path}", json=body, headers=STAFF)
        assert expect in (None, answer.status_code), f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def public(self, method: str, path: str, body: Any = None, *, expect: int | None = None) -> Any:
        """A call of anybody; the JSON of the answer."""
        answer = await self.api.request(method, f"/api/v1{path}", json=body)
        assert expect in (None, answer.status_code), f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def mails(self, *, kind: str | None = None, to: str | None = None) -> list[AcceptedMail]:
        """What the SMTP server accepted so far, oldest first."""
        return [mail for mail in self.smtp.mails() if kind in (None, mail.kind) and to in (None, mail.to)]

    async def mail(self, kind: str, to: str, *, within: float = 15.0) -> AcceptedMail:
        """Wait for the mail of that kind to that address."""

        def check() -> None:
            found = [mail.kind for mail in self.mails(to=to)]
            assert kind in found, f"no {kind} to {to} yet, only {found}"

        await eventually(check, within=within)
        return self.mails(kind=kind, to=to)[-1]

    async def apply_streams(self) -> None:
        """`dijous streams apply`."""
        command = [sys.executable, "-m", "deploy.cli", "streams", "apply"]
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **self.environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()

    async def start(self) -> None:
        """Start all services and wait until they are ready."""
        await self.apply_streams()
        for service in self.services.values():
            service.spawn()
        await asyncio.gather(*(service.ready() for service in self.services.values()))

    async def stop(self) -> None:
        """Stop what runs, in order."""
        await self.api.aclose()
        running = [service for service in self.services.values() if service.is_running]
        await asyncio.gather(*(asyncio.to_thread(service.end, signal.SIGTERM) for service in running))


class ByPrefix(httpx.AsyncBaseTransport):
    """Does what the proxy does: sends each request to the service that owns its prefix."""

    def __init__(self, services: Mapping[str, ServiceProcess]) -> None:
        self._services = services
        self._transport = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Forward one request."""
        service = self._services[service_of(request.url.path)]
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=service.port)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


@asynccontextmanager
async def running_stack(folder: Path, **settings: str) -> AsyncIterator[Stack]:
    """The stack, ready to be used, until the block ends."""
    async with running_broker() as broker, running_smtp_server(folder / "smtp.jsonl") as smtp:
        stack = Stack(folder, broker, smtp, settings)
        try:
            await stack.start()
            yield stack
        finally:
            await stack.stop()


def link(mail: AcceptedMail, path: str) -> str:
    """The token of the personal link under `path` in a mail's text."""
    found = re.search(rf"https://dijous\.example/{path}/([A-Za-z0-9_-]+)", mail.text)
    assert found, f"no /{path}/ link in:\n{mail.text}"
    return found.group(1)
