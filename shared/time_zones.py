"""Time zones in calendars (RFC 5545): one definition for each zone, and the times it reproduces.

A calendar may keep one definition for a name, so all mails and feeds carry the same: the rule in force with both halves
of the year, from the end of the zone's TZif file (RFC 9636 section 3.3).
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_SPAN = r"([-+]?\d+(?::\d+)?)"
_HALF = rf"(<.+?>|[A-Za-z]+){_SPAN}?"
_ONSET = rf",M(\d+\.\d\.\d)(?:/{_SPAN})?"
_POSIX = re.compile(f"{_HALF}(?:{_HALF}{_ONSET}{_ONSET})?")
"""`CET-1CEST,M3.5.0,M10.5.0/3`: names with hours west of Greenwich; then when the second half begins and ends, as
month, week (5 is the last), weekday (0 is Sunday) and local time."""

_FIRST_YEAR = 1970
_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_LAST = 5
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_USUAL_TIME = "2"

Observance = TimezoneStandard | TimezoneDaylight


@lru_cache
def zone_definition(zone: str) -> Timezone:
    """The VTIMEZONE of a zone of the IANA database. It is cached: do not change it."""
    definition = Timezone()
    definition.add("tzid", zone)
    for observance in _observances(_posix_rule(zone)):
        definition.add_component(observance)
    return definition


@lru_cache(maxsize=4096)  # a third of a millisecond each, and feeds are written in every language
def entry_times(zone: str, *instants: datetime) -> tuple[datetime, ...]:
    """The instants in local time, or all in UTC if local time does not reproduce one of them: in the hour that comes
    twice as clocks go back, and while the zone follows another rule than the one in force."""
    local = tuple(instant.astimezone(ZoneInfo(zone)) for instant in instants)
    if all(_is_given_back(each, zone) for each in local):
        return local
    return tuple(instant.astimezone(UTC) for instant in instants)


def _is_given_back(local: datetime, zone: str) -> bool:
    """Whether programs that know the zone by name and those that only read the definition find the same instant."""
    readings = [local.replace(tzinfo=each, fold=fold) for each in (local.tzinfo, _defined(zone)) for fold in (0, 1)]
    return all(reading.utcoffset() == local.utcoffset() for reading in readings)


@lru_cache
def _defined(zone: str) -> tzinfo:
    rule: tzinfo = zone_definition(zone).to_tz(lookup_tzid=False)
    return rule


def _posix_rule(zone: str) -> str:
    """Read it from the package, because machines differ."""
    return files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes().splitlines()[-1].decode("ascii")


def _observances(rule: str) -> Iterator[Observance]:
    parts = _POSIX.fullmatch(rule)
    if parts is None:
        raise ValueError(f"not the rule of a time zone: {rule}")
    name, west, other_name, other_west, begins, begins_at, ends, ends_at = parts.groups()
    offset = -_span(west)
    if not other_name:
        yield _observance(name, offset, offset, datetime(_FIRST_YEAR, 1, 1))
        return
    other_offset = -_span(other_west) if other_west else offset + _HOUR
    yield _observance(name, other_offset, offset, *_onsets(ends, ends_at))
    yield _observance(other_name, offset, other_offset, *_onsets(begins, begins_at))


def _observance(
    name: str, before: timedelta, after: timedelta, first: datetime, yearly: dict[str, Any] | None = None
) -> Observance:
    """The rule from `first` on. The half with the greater offset is «daylight», as programs expect, also in Ireland,
    whose law calls it standard."""
    observance = TimezoneDaylight() if after > before else TimezoneStandard()
    observance.add("dtstart", first)
    if yearly:
        observance.add("rrule", {"FREQ": "YEARLY", **yearly})
    observance.add("tzoffsetfrom", before)
    observance.add("tzoffsetto", after)
    observance.add("tzname", name.strip("<>"))
    return observance


def _onsets(day: str, time: str | None) -> tuple[datetime, dict[str, Any]]:
    """The first onset of a half, and its recurrence. A time before or after its day (`/-1`, `/50`) moves the day."""
    month, week, weekday = map(int, day.split("."))
    at = _span(time or _USUAL_TIME)
    if at == _DAY:
        at -= timedelta(seconds=1)  # midnight at the end of a day, which may be the last of its month
    shift, time_of_day = divmod(at, _DAY)
    first = monthrange(_FIRST_YEAR, month)[1] - 6 if week == _LAST else 7 * week - 6
    candidates = [datetime(_FIRST_YEAR, month, 1) + (first - 1 + n + shift) * _DAY for n in range(7)]
    moved = (weekday + shift) % 7
    onset = next(each for each in candidates if each.isoweekday() % 7 == moved) + time_of_day
    if shift:
        days = {"BYDAY": _WEEKDAYS[moved], "BYMONTHDAY": [each.day for each in candidates]}
    else:
        days = {"BYDAY": f"{-1 if week == _LAST else week}{_WEEKDAYS[weekday]}"}
    return onset, {"BYMONTH": month, **days}


def _span(text: str) -> timedelta:
    hours, _, minutes = text.lstrip("+-").partition(":")
    span = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return -span if text.startswith("-") else span
