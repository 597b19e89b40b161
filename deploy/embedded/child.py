"""A child process that is started again when it dies."""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from deploy.embedded.die_with_parent import die_with_parent
from deploy.settings import EXIT_BROKEN_SETTING, BrokenSettingError

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
GOOD_RUN = 60.0
"""Seconds of running after which the growing pause begins anew."""
KEPT_LOG_BYTES = 10_000_000

Say = Callable[[str], None]


class Child:
    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        say: Say,
        *,
        environment: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._command = command
        self._log = log
        self._say = say
        self._environment = dict(environment or os.environ)
        self._pass_fds = tuple(pass_fds)
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0
        self._stopping = False

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def keep_running(self) -> None:
        """Start it, and again after a growing pause whenever it ends, until `stop` is called.

        Raises:
            BrokenSettingError: the child reports broken settings; starting it again would change nothing.
        """
        pause = FIRST_PAUSE
        while not self._stopping:
            started = time.monotonic()
            code = await self._run_once()
            if self._stopping:
                return
            if code == EXIT_BROKEN_SETTING:
                raise BrokenSettingError(self._last_words())
            if time.monotonic() - started > GOOD_RUN:
                pause = FIRST_PAUSE
            ended = f"signal {-code}" if code < 0 else f"exit code {code}"
            self._say(f"{self.name} ended ({ended}); starting it again in {pause:.1f} s. Its log: {self._log}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def stop(self, patience: float) -> None:
        """End it for good: SIGTERM, and SIGKILL after `patience` seconds."""
        self._stopping = True
        await self.restart(patience)

    async def restart(self, patience: float) -> None:
        """End it; `keep_running` starts it again."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            with suppress(ProcessLookupError):  # it may have ended since
                process.kill()
            await process.wait()

    async def _run_once(self) -> int:
        command, before = die_with_parent(self._command)
        with self._open_log() as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment,
                pass_fds=self._pass_fds,
                start_new_session=True,  # Ctrl-C in the terminal is for the supervisor, which stops them in order
                preexec_fn=before,
            )
        return await self._process.wait()

    def _open_log(self) -> BinaryIO:
        if self._log.exists() and self._log.stat().st_size > KEPT_LOG_BYTES:
            self._log.replace(self._log.with_suffix(".old"))
        log = self._log.open("ab")
        self._log_start = log.tell()
        return log

    def _last_words(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace").strip()
