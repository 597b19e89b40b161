"""Time as a parameter: use cases read a `Clock`, never the system's.

Instants are aware datetimes in UTC inside the services, integer epoch milliseconds in documents, ISO 8601 in events
and the API.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

Clock = Callable[[], datetime]
"""The present instant, aware, in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """The machine's clock shifted by the seconds in a file, 0 if missing or empty. For demonstrations and tests."""

    offset_file: Path

    def __call__(self) -> datetime:
        try:
            seconds = float(self.offset_file.read_text() or 0)
        except FileNotFoundError:
            seconds = 0
        return system_clock() + timedelta(seconds=seconds)


def clock_from(offset_file: Path | None) -> Clock:
    return ShiftedClock(offset_file) if offset_file else system_clock


def to_millis(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


@lru_cache(maxsize=4096)  # the documents of one fan-out repeat the same few instants thousands of times
def from_millis(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


def _read_instant(value: Any) -> Any:
    return from_millis(value) if isinstance(value, int) else value


StoredInstant = Annotated[datetime, BeforeValidator(_read_instant), PlainSerializer(to_millis, return_type=int)]
"""An instant in a document: a datetime in the code, epoch milliseconds in the store."""
