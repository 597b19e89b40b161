from datetime import date, datetime, time

import pytest

from services.registration.planning.domain import MOST_MONTHS, Rule, days_of, suggestion
from services.registration.planning.usecases import _holidays
from shared.events.vocabulary import Language

THURSDAY = 3


def _rule(nth: int, first: date, last: date, weekday: int = THURSDAY) -> Rule:
    return Rule(nth, weekday, first, last, time(10))


@pytest.mark.parametrize("year", range(2026, 2036))
def test_the_last_thursday_of_each_month_is_in_its_last_seven_days(year: int) -> None:
    days = days_of(_rule(-1, date(year, 1, 1), date(year, 12, 1)))
    assert [day.month for day in days] == list(range(1, 13))
    for day in days:
        assert day.weekday() == THURSDAY
        assert (day.replace(day=28) - day).days < 7
        following = day.toordinal() + 7
        assert date.fromordinal(following).month != day.month


@pytest.mark.parametrize(("nth", "expected"), [(1, 4), (2, 11), (3, 18), (4, 25), (-1, 25)])
def test_the_n_th_thursday(nth: int, expected: int) -> None:
    assert days_of(_rule(nth, date(2027, 2, 15), date(2027, 2, 1))) == [date(2027, 2, expected)]


def test_a_rule_without_end_stops() -> None:
    assert len(days_of(_rule(1, date(2026, 1, 1), date(2199, 12, 1)))) == MOST_MONTHS


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 9, 11), "Diada Nacional de Catalunya"),
        (date(2026, 6, 24), "Sant Joan"),
        (date(2026, 12, 26), "Sant Esteve"),
        (date(2026, 12, 8), "Immaculada Concepció"),
    ],
)
def test_holidays_of_the_country_and_of_catalonia_are_known(day: date, name: str) -> None:
    assert _holidays((2026,), Language.CA)[day] == name


@pytest.mark.parametrize(
    ("day", "at_christmas", "in_august"),
    [
        (date(2023, 12, 23), False, False),
        (date(2023, 12, 28), True, False),
        (date(2024, 1, 4), True, False),
        (date(2024, 1, 9), False, False),
        (date(2024, 7, 31), False, False),
        (date(2024, 8, 1), False, True),
        (date(2024, 8, 29), False, True),
        (date(2024, 9, 2), False, False),
    ],
)
def test_christmas_and_august_are_flagged(day: date, at_christmas: bool, in_august: bool) -> None:
    found = suggestion(datetime.combine(day, time(10)), {}, frozenset())
    assert (found.at_christmas, found.in_august) == (at_christmas, in_august)
    assert found.is_advisable is not (at_christmas or in_august)


@pytest.mark.parametrize(
    ("day", "is_flagged"),
    [(date(2024, 3, 24), False), (date(2024, 3, 25), True), (date(2024, 3, 28), True), (date(2024, 3, 29), False)],
)
def test_holy_week_is_flagged_from_monday_to_thursday(day: date, is_flagged: bool) -> None:
    found = suggestion(datetime.combine(day, time(10)), {}, frozenset())
    assert found.in_holy_week is is_flagged
    assert found.is_advisable is not is_flagged
