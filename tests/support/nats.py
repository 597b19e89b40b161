"""A real nats-server for tests: the shipped configuration, a free port, a JetStream directory of its own."""

import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.ports import free_port

CONFIG = Path(__file__).parents[2] / "deploy" / "nats" / "nats.conf"
SERVER = Path(sys.executable).parent / "nats-server"
START_SECONDS = 10.0


class RunningBroker:
    """A nats-server process; it keeps port and store over restarts."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._options = options
        self.port = free_port()
        self.monitoring_port = free_port()
        self.store = folder / "jetstream"
        self.log = folder / "nats.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process is not None, "the broker is not running"
        return self._process.pid

    async def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        command = [SERVER, "-c", CONFIG, "-a", "127.0.0.1", "-p", str(self.port), "-m", str(self.monitoring_port)]
        command += ["-sd", self.store, "-l", self.log, *self._options]
        self._process = subprocess.Popen([str(part) for part in command])
        async with asyncio.timeout(START_SECONDS):
            while not await self._answers():
                assert self._process.poll() is None, "nats-server ended; its words are on standard error and in its log"
                await asyncio.sleep(0.02)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    def send_signal(self, which: signal.Signals) -> None:
        """Send a signal to the server, e.g. SIGSTOP to freeze it."""
        assert self._process is not None, "the broker is not running"
        self._process.send_signal(which)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
            self._process = None

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """An orderly end."""
        self._end(signal.SIGTERM)

    async def restart(self) -> None:
        """End it, if it runs, and start it again on the same port and store."""
        self.stop()
        await self.start()

    def wipe_store(self) -> None:
        """kill -9 and delete the whole JetStream directory; `start` or `restart` brings up an empty broker."""
        self.kill()
        shutil.rmtree(self.store)


@asynccontextmanager
async def running_broker(*options: str) -> AsyncIterator[RunningBroker]:
    """A broker that runs, with these options of nats-server, until the block ends and leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="dijous-nats-") as folder:
        broker = RunningBroker(Path(folder), *options)
        await broker.start()
        try:
            yield broker
        finally:
            broker.kill()
