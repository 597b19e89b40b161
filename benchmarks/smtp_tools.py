"""Postfix's `smtp-sink`, a mail server that takes everything, and `smtp-source`, the yardstick of mail senders.

Both are programs of Debian's package `postfix`, which is unpacked and never installed or started.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port

UNPACKED = Path(tempfile.gettempdir()) / "dijous-postfix"
MISSING = (
    "The bench of mails needs smtp-sink and smtp-source of Postfix. On Debian or Ubuntu they are fetched with "
    "`apt-get download postfix` and unpacked (nothing is installed), which failed here. Elsewhere put both into PATH."
)
SESSIONS = 16
START_SECONDS = 5.0


class ToolsMissingError(Exception):
    """The two programs are missing and cannot be fetched; the message says what to do."""


@dataclass(frozen=True)
class SmtpTools:
    sink: str
    source: str
    libraries: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LD_LIBRARY_PATH": self.libraries} if self.libraries else dict(os.environ)

    @contextmanager
    def running_sink(self) -> Iterator[int]:
        """Take every mail and throw it away; yields the port."""
        port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        sink = subprocess.Popen([self.sink, *user, f"127.0.0.1:{port}", "512"], env=self.environment, cwd="/")
        try:
            _wait_for(port, sink)
            yield port
        finally:
            sink.send_signal(signal.SIGTERM)
            sink.wait(START_SECONDS)

    def rate(self, port: int, *, mails: int, size: int) -> float:
        """Mails a second of smtp-source with 16 sessions, each on one connection."""
        command = [self.source, "-d", "-s", str(SESSIONS), "-m", str(mails), "-l", str(size), f"127.0.0.1:{port}"]
        began = time.perf_counter()
        subprocess.run(command, env=self.environment, check=True)
        return mails / (time.perf_counter() - began)


def find_smtp_tools() -> SmtpTools:
    """The programs from PATH, or from Debian's package unpacked into the temporary folder.

    Raises:
        ToolsMissingError: neither.
    """
    sink, source = (shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("smtp-sink", "smtp-source"))
    if sink and source:
        return SmtpTools(sink, source)
    folder = UNPACKED / "usr" / "sbin"
    if not (folder / "smtp-sink").exists():
        _unpack()
    return SmtpTools(str(folder / "smtp-sink"), str(folder / "smtp-source"), str(UNPACKED / "usr" / "lib" / "postfix"))


def _unpack() -> None:
    UNPACKED.mkdir(mode=0o755, exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", "postfix"], cwd=UNPACKED, check=True, capture_output=True)
        (package,) = UNPACKED.glob("postfix_*.deb")
        subprocess.run(["dpkg", "-x", str(package), str(UNPACKED)], check=True, capture_output=True)
        UNPACKED.chmod(0o755)  # smtp-sink gives up root's rights and still reads its libraries
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise ToolsMissingError(MISSING) from error


def _wait_for(port: int, sink: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if sink.poll() is not None or time.monotonic() > deadline:
                raise ToolsMissingError(f"smtp-sink does not answer on port {port}") from None
            time.sleep(0.02)
        else:
            return
