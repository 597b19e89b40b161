"""A child process that is started again when it dies."""

import asyncio
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import BinaryIO

from deploy.embedded.die_with_parent import die_with_parent
from deploy.settings import EXIT_BROKEN_SETTING, BrokenSettingError

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
GOOD_RUN = 60.0
"""Seconds of running that reset the growing pause."""
KEPT_LOG_BYTES = 10_000_000


@dataclass(eq=False)
class Child:
    name: str
    command: Sequence[str]
    log: Path
    say: Callable[[str], None]
    _: KW_ONLY
    environment: Mapping[str, str]
    pass_fds: Sequence[int] = ()
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)
    _log_start: int = field(default=0, init=False)
    _stopping: bool = field(default=False, init=False)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def keep_running(self) -> None:
        """Start it, and restart it after a growing pause whenever it ends, until `stop`.

        Raises BrokenSettingError if the child reports broken settings: a restart would change nothing.
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
            self.say(f"{self.name} ended ({ended}); starting it again in {pause:.1f} s. Its log: {self.log}")
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
        command, before = die_with_parent(self.command)
        with self._open_log() as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self.environment,
                pass_fds=self.pass_fds,
                start_new_session=True,  # Ctrl-C in the terminal goes to the supervisor, which stops them in order
                preexec_fn=before,
            )
        return await self._process.wait()

    def _open_log(self) -> BinaryIO:
        if self.log.exists() and self.log.stat().st_size > KEPT_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old"))
        log = self.log.open("ab")
        self._log_start = log.tell()
        return log

    def _last_words(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace").strip()
