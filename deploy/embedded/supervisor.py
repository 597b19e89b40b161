"""The single-machine run: a supervisor with two children, the broker and the application."""

import asyncio
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import click

from deploy.embedded.broker import STOP_SECONDS, broker_command, watch_broker
from deploy.embedded.child import Child
from deploy.embedded.external import check_folder, unreachable_dependencies
from deploy.embedded.folder import FIRST_RUN_LINK, locked_folder
from deploy.embedded.settings import EmbeddedSettings, kept_secret
from deploy.environment import published_environment
from deploy.health import ask
from deploy.listening import listen
from deploy.settings import BrokenSettingError
from shared.health import is_served

APPLICATION_STOP_SECONDS = 3.0
PROBE_SECONDS = 0.1
PATIENCE_SECONDS = 20.0
"""After this time it reports what is missing and goes on waiting."""
LOOPBACK = "127.0.0.1"


class Installation:
    def __init__(self, settings: EmbeddedSettings, folder: Path, listening: socket.socket) -> None:
        self.folder = folder
        self.url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        self.has_mailbox = settings.smtp_url is None
        self.staff_token, self.is_new = (
            (settings.staff_token, False) if settings.staff_token else kept_secret(folder / "staff-token")
        )
        self._settings = settings
        self._listening = listening
        self._logs = folder / "logs"
        self._logs.mkdir(exist_ok=True)
        self._broker: Child | None = None
        self._nats_url = settings.nats_url or ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run broker and application until the block ends; restart either if it dies.

        Raises ExceptionGroup with a BrokenSettingError if the application cannot work with its settings.
        """
        async with asyncio.TaskGroup() as group:
            tasks = self._start_broker(group)
            application = self._application()
            tasks.append(group.create_task(application.keep_running()))
            try:
                with published_environment(self.folder, self._own_settings()):
                    yield
            finally:
                await application.stop(APPLICATION_STOP_SECONDS)
                if self._broker:
                    await self._broker.stop(STOP_SECONDS)
                for task in tasks:
                    task.cancel()

    def _start_broker(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        if self._nats_url:
            return []
        port, monitoring_port = _free_ports(2)
        self._nats_url = f"nats://{LOOPBACK}:{port}"
        command = broker_command(port, monitoring_port, self.folder / "nats")
        foreign = {name: value for name, value in os.environ.items() if not name.startswith("DIJOUS_")}
        self._broker = Child("the broker", command, self._logs / "nats-server.log", click.echo, environment=foreign)
        watching = watch_broker(self._broker, monitoring_port, click.echo)
        return [group.create_task(self._broker.keep_running()), group.create_task(watching)]

    def _application(self) -> Child:
        descriptor = self._listening.fileno()
        given = {name: value for name, value in os.environ.items() if value or not name.startswith("DIJOUS_")}
        return Child(
            "the application",
            [sys.executable, "-P", "-m", "deploy.embedded", str(descriptor), str(self.folder)],
            self._logs / "application.log",
            click.echo,
            environment=given | self._own_settings(),
            pass_fds=[descriptor],
        )

    def _own_settings(self) -> dict[str, str]:
        settings = self._settings
        return {
            "DIJOUS_PORT": str(self._listening.getsockname()[1]),
            "DIJOUS_STORE_URL": settings.store_url or f"sqlite:///{self.folder}",
            "DIJOUS_NATS_URL": self._nats_url,
            "DIJOUS_PUBLIC_URL": settings.public_url or self.url,
            "DIJOUS_SECRET": settings.secret or kept_secret(self.folder / "secret")[0],
            "DIJOUS_STAFF_TOKEN": self.staff_token,
        }

    def first_run_link(self) -> str:
        """The link that makes the first administrator; empty once there is one."""
        file = self.folder / FIRST_RUN_LINK
        return file.read_text().strip() if file.exists() else ""

    async def ready(self) -> None:
        """Wait until every service can do its work."""
        complain_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, body = await asyncio.to_thread(ask, self.url, "/health/ready")
            if status == http.client.OK:
                return
            if time.monotonic() > complain_at:
                wrong = [f"{name}: {state}" for name, state in body.get("checks", {}).items() if not is_served(state)]
                absent = await asyncio.to_thread(unreachable_dependencies, self._settings)
                click.echo(f"not ready yet: {'; '.join(absent or wrong)}. Logs: {self._logs}")
                complain_at += PATIENCE_SECONDS
            await asyncio.sleep(PROBE_SECONDS)


@asynccontextmanager
async def installed(settings: EmbeddedSettings) -> AsyncIterator[Installation]:
    """The started, ready installation until the block ends. Raises BrokenSettingError, for instance for a port in
    use."""
    os.umask(0o077)  # personal data: only this user may read what this process and its children write
    check_folder(settings.store_url)
    with locked_folder(settings.data) as folder, _listening(settings.port) as listening:
        for line in await asyncio.to_thread(unreachable_dependencies, settings):
            click.echo(f"{line}; waiting for it")
        installation = Installation(settings, folder, listening)
        try:
            async with installation.running():
                await installation.ready()
                yield installation
        except BaseExceptionGroup as group:  # of the children's tasks; report a broken setting among them
            raise _broken_setting(group) or group from None


def _broken_setting(group: BaseExceptionGroup[BaseException]) -> BrokenSettingError | None:
    broken: BaseException | None = group.subgroup(BrokenSettingError)
    while isinstance(broken, BaseExceptionGroup):
        broken = broken.exceptions[0]
    return broken if isinstance(broken, BrokenSettingError) else None


def _listening(port: int) -> socket.socket:
    try:
        return listen(LOOPBACK, port)
    except OSError as error:
        raise BrokenSettingError(
            f"DIJOUS_PORT: {port} cannot be used: {error.strerror}; choose another, such as DIJOUS_PORT={port + 1}"
        ) from error


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def run_until_stopped(work: Coroutine[None, None, None]) -> None:
    """Run until the work is done. Ctrl-C and SIGTERM cancel it, so that it stops everything in order."""

    async def cancellable() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(work)
        for stop in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(stop, _cancel_once, task)
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(cancellable())


def _cancel_once(task: asyncio.Task[None]) -> None:
    """Ignore a second signal: stopping takes less than five seconds and must not end halfway."""
    if not task.cancelling():
        click.echo("stopping …")
        task.cancel()
