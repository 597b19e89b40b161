"""What the open data tell of participation: which entities took part, in how many sessions, and nothing of a person.

A council may be one person. So there is no row for a session and no sum of rows: what a row hides is told by no other.
A year is told once it is over, or what two downloads differ by would be one session.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

FEWEST_PEOPLE = 2
"""Of an entity, sure to be different ones, for its count to be told."""
FEWEST_SESSIONS = 2
"""Of a programme in a year; the count of one alone would be that session's."""


@dataclass(frozen=True, slots=True)
class Held:
    """A session that took place, for everybody."""

    id: str
    programme: str
    starts_at: datetime
    time_zone: str

    @property
    def year(self) -> int:
        return self.starts_at.astimezone(ZoneInfo(self.time_zone)).year


@dataclass(frozen=True, slots=True)
class Seat:
    """A place that somebody of an entity had."""

    session_id: str
    entity: str
    came: bool


@dataclass(frozen=True, slots=True)
class Row:
    programme: str
    year: int
    entity: str
    sessions: int | None
    """In how many it was present; None: not told."""


def participation(held: Iterable[Held], seats: Iterable[Seat], now: datetime) -> list[Row]:
    """By programme, year and code, of the years that are over."""
    sessions = {session.id: session for session in held if session.year < _year(session, now)}
    in_year = Counter((session.programme, session.year) for session in sessions.values())
    found = defaultdict[tuple[str, int, str], list[Seat]](list)
    for seat in seats:
        if session := sessions.get(seat.session_id):
            found[session.programme, session.year, seat.entity].append(seat)
    return [
        Row(*key, _told(taken) if in_year[key[:2]] >= FEWEST_SESSIONS else None) for key, taken in sorted(found.items())
    ]


def _year(session: Held, now: datetime) -> int:
    return now.astimezone(ZoneInfo(session.time_zone)).year


def _told(taken: list[Seat]) -> int | None:
    """Two seats in one session are two people; in two sessions they may be the same."""
    together = max(Counter(seat.session_id for seat in taken).values())
    return len(set(_came(taken))) if together >= FEWEST_PEOPLE else None


def _came(taken: list[Seat]) -> Iterator[str]:
    return (seat.session_id for seat in taken if seat.came)
