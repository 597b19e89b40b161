"""MongoDB's wire protocol without MongoDB: nx-27017 as a process of its own.

It tests the transport and the contract's operations, nothing more; `tests/stack` runs the same suite on MongoDB itself.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.support.ports import free_port

_START = "from nx_27017 import main; raise SystemExit(main())"


@contextlib.contextmanager
def wire_server(folder: Path) -> Iterator[str]:
    """The URL of a server whose files are in the folder; it answers."""
    port = free_port()
    log = folder / "nx.log"
    options = ["--port", str(port), "--data-dir", str(folder), "--pid-file", str(folder / "pid")]
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", _START, *options], stdout=output, stderr=output)
    try:
        _wait_for_answer(port, log)
        yield f"mongodb://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_for_answer(port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    with MongoClient[dict[str, object]](port=port, serverSelectionTimeoutMS=500) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(PyMongoError):
                client.admin.command("ping")
                return
    raise AssertionError(f"nx-27017 did not answer on port {port} within 20 s; its log:\n{log.read_text()}")
