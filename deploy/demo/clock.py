"""The demonstration's clock: a file with an offset that every process of the installation reads."""

from datetime import datetime
from pathlib import Path

from shared.clock import ShiftedClock, system_clock


class MovableClock:
    def __init__(self, offset_file: Path) -> None:
        self._file = offset_file
        self.now = ShiftedClock(offset_file)

    def move_to(self, instant: datetime) -> None:
        """From now on it is that instant (aware), and time goes on from there."""
        self._write((instant - system_clock()).total_seconds())

    def move_to_present(self) -> None:
        self._write(0)

    def _write(self, offset: float) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(str(offset))
        new.replace(self._file)
