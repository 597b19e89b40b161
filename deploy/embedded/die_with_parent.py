"""Children die with the process that started them, even if that process is killed.

On Linux the kernel ends them (PR_SET_PDEATHSIG). Elsewhere this module runs as a program in between: it starts the
child and kills it when its own standard input, a pipe from the supervisor, closes.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

_PR_SET_PDEATHSIG = 1


def die_with_parent(command: Sequence[str]) -> tuple[list[str], Callable[[], None] | None]:
    """The command to start, and its `preexec_fn`."""
    if sys.platform != "linux":
        return [sys.executable, "-P", "-m", "deploy.embedded.die_with_parent", *command], None
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def ask_the_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return list(command), ask_the_kernel


def main(command: Sequence[str]) -> int:
    """Run the command until it ends or standard input closes. The exit code is its own, or 128 + the signal number."""
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
