"""Commands of `dijous` as processes that need not import anything: that is most of a start.

They are forked from a process that has imported the services, and run what the command line runs. All else is theirs:
environment, output, memory, signals, death.
"""

import importlib
import multiprocessing
import os
import resource
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from deploy.routes import SERVICES
from shared import faults

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(
    ["deploy.cli", "deploy.commands.run", "deploy.serving", "uvloop", *(f"services.{name}.app" for name in SERVICES)]
)


def fork(
    arguments: list[str], environment: Mapping[str, str], log: Path, *, open_files: int | None = None
) -> ForkServerProcess:
    """Start `dijous` with these arguments, for so many open files; what it says goes to the end of the log."""
    process = _FORKING.Process(target=_run, args=(arguments, dict(environment), log, open_files), daemon=True)
    process.start()
    return process


def _run(arguments: list[str], environment: Mapping[str, str], log: Path, open_files: int | None) -> None:
    if open_files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    importlib.reload(faults)  # it read another environment
    from deploy.cli import main_group

    main_group(arguments, prog_name="dijous")
