"""Children that never outlive the process that started them, even when that one is killed.

On Linux the kernel sees to it (PR_SET_PDEATHSIG). Elsewhere this module, run as a program, stands between: it starts
the child and ends it when its own standard input, a pipe from the supervisor, closes.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

_PR_SET_PDEATHSIG = 1


def leashed(command: Sequence[str]) -> tuple[list[str], Callable[[], None] | None]:
    """The command to start, and what to call in the child before it: together they hold it on the leash."""
    if sys.platform == "linux":
        return list(command), _dying_with(os.getpid(), ctypes.CDLL(None))
    return [sys.executable, "-P", "-m", "deploy.embedded.die_with_parent", *command], None


def _dying_with(parent: int, libc: ctypes.CDLL) -> Callable[[], None]:
    def ask_the_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return ask_the_kernel


def main(command: Sequence[str]) -> int:
    """Run the command until it ends or standard input closes; its exit code, 128 and the signal that ended it."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  our own command
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda number, _: child.send_signal(number))

    def end_with_parent() -> None:
        os.read(0, 1)  # nothing is ever written: this returns when the pipe closes
        child.kill()

    threading.Thread(target=end_with_parent, daemon=True).start()
    code = child.wait()
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
