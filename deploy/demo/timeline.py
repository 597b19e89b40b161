"""The demonstration's time: its clock, the days of its sessions, and its chapters in their order."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.demo.report import Report
from services.registration.planning.domain import Rule, days_of, suggestion
from shared.clock import ShiftedClock, system_clock

MADRID = ZoneInfo("Europe/Madrid")
THURSDAY, LAST = 3, -1
AT = time(10)
A_YEAR = timedelta(days=365)
ENDS_BEFORE_NOW = timedelta(days=20)
"""The session that is played in full is at least this long ago, so that its story ends before now."""
ANNOUNCED = (timedelta(days=14), timedelta(days=130))
"""How far ahead the next session may be."""
BEFORE_EACH = timedelta(days=14)
"""How long before its date a session is scheduled."""
DEFINED_BEFORE = BEFORE_EACH + timedelta(days=2)


def last_thursdays(after: datetime, until: datetime) -> list[datetime]:
    """Ten o'clock of each month's last Thursday, as the plan page ticks them: none at Christmas, in Holy Week, in
    August."""
    days = days_of(Rule(LAST, THURSDAY, after.astimezone(MADRID).date(), until.astimezone(MADRID).date(), AT))
    advisable = [day for day in days if suggestion(datetime.combine(day, AT), {}, frozenset()).is_advisable]
    found = [datetime.combine(day, AT, MADRID) for day in advisable]
    return [at for at in found if after < at <= until]


class Calendar:
    """The days of the story, counted back from now."""

    def __init__(self, now: datetime) -> None:
        until = now - ENDS_BEFORE_NOW
        *self.monthly, self.played = last_thursdays(until - A_YEAR, until)
        self.now = now
        self.following, *_ = last_thursdays(*(now + ahead for ahead in ANNOUNCED))
        self.first = min(self.monthly) - DEFINED_BEFORE


class MovableClock:
    """The demonstration's clock: a file with an offset that every process of the installation reads."""

    def __init__(self, offset_file: Path, first: datetime) -> None:
        self._file = offset_file
        self.now = ShiftedClock(offset_file)
        self._write((first - system_clock()).total_seconds())

    def move_to(self, instant: datetime) -> None:
        """Set the clock to that instant (aware), from where time goes on. It never goes back: if it is later already,
        it stays."""
        if instant > self.now():
            self._write((instant - system_clock()).total_seconds())

    def pass_by(self, span: timedelta) -> None:
        self.move_to(self.now() + span)

    def move_to_present(self) -> None:
        self._write(0)

    def _write(self, offset: float) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(str(offset))
        new.replace(self._file)


@dataclass(frozen=True, slots=True)
class Chapter:
    at: datetime
    name: str
    play: Callable[[], Awaitable[str]]
    """Waits until its effects have arrived, and tells what happened."""


async def tell(chapters: Iterable[Chapter], clock: MovableClock, report: Report) -> None:
    """Play them in the order of their time. Raises DemoFailedError."""
    for chapter in sorted(chapters, key=lambda each: each.at):
        clock.move_to(chapter.at)
        with report.step(f"{clock.now().astimezone(MADRID):%d/%m/%Y}", chapter.name) as outcome:
            outcome.append(await chapter.play())
