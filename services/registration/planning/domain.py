"""Suggestions for a series: the n-th weekday of each month; flags days on which few would come."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.easter import easter
from dateutil.rrule import MONTHLY, rrule, weekday

from shared.events.vocabulary import Language

MOST_MONTHS = 36
HOLY_WEEK = (timedelta(days=6), timedelta(days=3))
"""Days before Easter, Monday to Thursday: working days in Catalonia when many people are away."""


AUGUST, DECEMBER, JANUARY = 8, 12, 1
CHRISTMAS_FROM, CHRISTMAS_UNTIL = 24, 5
"""Of December, and of January."""
UNTITLED = {Language.CA: "Tema per determinar"}
"""The title of a session whose topic is still to be found: in Catalan alone, so that whoever writes one replaces it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """«Last Thursday, September to June, at ten»."""

    nth: int
    """1 to 4, or -1 for the last one of the month."""
    weekday: int
    """0 is Monday."""
    first_month: date
    last_month: date
    """Any day of the month."""
    at: time
    """On the wall clock of the programme's time zone."""

    @property
    def exceeds_plan(self) -> bool:
        """Whether it spans more than `MOST_MONTHS`; later ones are left out."""
        years = self.last_month.year - self.first_month.year
        return years * 12 + self.last_month.month - self.first_month.month >= MOST_MONTHS


@dataclass(frozen=True, slots=True)
class Suggestion:
    at: datetime
    """Naive: on the wall clock of the programme's time zone."""
    holiday: str
    """The name in the reader's language; empty on a working day."""
    is_taken: bool
    """The programme has a session on that day."""

    @property
    def in_holy_week(self) -> bool:
        sunday = easter(self.at.year)
        return sunday - HOLY_WEEK[0] <= self.at.date() <= sunday - HOLY_WEEK[1]

    @property
    def at_christmas(self) -> bool:
        month, day = self.at.month, self.at.day
        return (month == DECEMBER and day >= CHRISTMAS_FROM) or (month == JANUARY and day <= CHRISTMAS_UNTIL)

    @property
    def in_august(self) -> bool:
        return self.at.month == AUGUST

    @property
    def is_advisable(self) -> bool:
        return not (self.holiday or self.is_taken or self.in_holy_week or self.at_christmas or self.in_august)


def days_of(rule: Rule) -> list[date]:
    """One day in each month, at most `MOST_MONTHS`."""
    last_day = calendar.monthrange(rule.last_month.year, rule.last_month.month)[1]
    first = datetime.combine(rule.first_month.replace(day=1), time())
    until = datetime.combine(rule.last_month.replace(day=last_day), time())
    found = rrule(MONTHLY, dtstart=first, until=until, byweekday=weekday(rule.weekday, rule.nth), count=None)
    return [instant.date() for instant, _ in zip(found, range(MOST_MONTHS), strict=False)]


def suggestion(at: datetime, holidays: Mapping[date, str], taken: frozenset[date]) -> Suggestion:
    return Suggestion(at, holidays.get(at.date(), ""), at.date() in taken)
