"""Time zones as calendars state them."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from shared.time_zones import entry_times, zone_definition

HALF_HOURS = [
    datetime(2027, month, 1, 0, 15, tzinfo=UTC) + n * timedelta(minutes=30)
    for month in (3, 4, 9, 10)  # in which clocks are changed
    for n in range(31 * 48)
]
ZONES = (
    "Europe/Madrid",
    "Europe/Dublin",  # the law's standard time is that of summer
    "Africa/Cairo",  # from midnight after the last Thursday, maybe in another month
    "America/Nuuk",  # from the evening before the last Sunday
    "Asia/Jerusalem",  # from the day after the fourth Thursday
    "America/Santiago",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Chatham",
    "Antarctica/Troll",  # two hours
    "Asia/Kolkata",
)


def comes_twice(instant: datetime, zone: str) -> bool:
    local = instant.astimezone(ZoneInfo(zone))
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


@pytest.mark.parametrize("zone", ZONES)
def test_the_definition_alone_gives_every_time_back_but_the_hour_that_comes_twice_which_is_in_utc(zone: str) -> None:
    rule = zone_definition(zone).to_tz(lookup_tzid=False)
    for instant in HALF_HOURS:
        (time,) = entry_times(zone, instant)
        assert (time.tzinfo is UTC) == comes_twice(instant, zone), instant
        assert time.tzinfo is UTC or time.replace(tzinfo=rule).astimezone(UTC) == instant


def test_both_times_of_an_entry_are_in_utc_if_one_of_them_comes_twice() -> None:
    starts_at = datetime(2027, 10, 30, 23, 45, tzinfo=UTC)
    times = entry_times("Europe/Madrid", starts_at, starts_at + timedelta(hours=1))
    assert [time.tzinfo for time in times] == [UTC, UTC]


def test_a_time_under_another_rule_than_the_one_in_force_is_in_utc() -> None:
    before_bogota_had_its_rule = datetime(1992, 7, 1, 12, tzinfo=UTC)
    assert entry_times("America/Bogota", before_bogota_had_its_rule)[0].tzinfo is UTC


@pytest.mark.parametrize("zone", ZONES)
def test_each_half_begins_with_an_instance_of_its_rule(zone: str) -> None:
    halves = zone_definition(zone).subcomponents
    assert len(halves) == (1 if zone == "Asia/Kolkata" else 2)
    for half in halves:
        if rule := half.get("RRULE"):
            assert rrulestr(rule.to_ical().decode(), dtstart=half["DTSTART"].dt)[0] == half["DTSTART"].dt


def test_every_zone_that_a_programme_may_have_is_defined() -> None:
    names = set(files("tzdata").joinpath("zones").read_text(encoding="ascii").split()) - {"Factory"}
    kinds = {tuple(half.name for half in zone_definition(name).subcomponents) for name in names}
    assert {frozenset(kind) for kind in kinds} == {frozenset({"STANDARD"}), frozenset({"STANDARD", "DAYLIGHT"})}
