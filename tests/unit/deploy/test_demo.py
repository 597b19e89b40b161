"""The demonstration's calendar and its draws."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from deploy.demo.cast import FOLLOWING, Cast
from deploy.demo.timeline import BEFORE_EACH, ENDS_BEFORE_NOW, Calendar, last_thursdays

NOWS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days) for days in range(0, 2000, 37)]


def test_last_thursdays_leave_out_christmas_holy_week_and_august() -> None:
    found = last_thursdays(datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 9, 30, 12, tzinfo=UTC))
    assert [f"{day:%d/%m/%Y %H:%M}" for day in found] == [
        f"{day} 10:00"
        for day in (
            *("24/09/2026", "29/10/2026", "26/11/2026", "28/01/2027", "25/02/2027"),  # Holy Thursday is 25/03/2027
            *("29/04/2027", "27/05/2027", "24/06/2027", "29/07/2027", "30/09/2027"),
        )
    ]


@pytest.mark.parametrize("now", NOWS)
def test_on_whatever_day_it_is_played_the_story_is_a_year_that_ends_before_now(now: datetime) -> None:
    calendar = Calendar(now)
    days = [*calendar.monthly, calendar.played]
    assert 8 <= len(days) <= 11
    assert days == sorted(days)
    assert days[-1] <= now - ENDS_BEFORE_NOW
    assert calendar.first < days[0] - BEFORE_EACH
    assert calendar.following > now
    assert all(later - earlier > timedelta(days=27) for earlier, later in pairwise(days))


def test_the_same_seed_draws_the_same_councils_and_people() -> None:
    one, other = Cast(), Cast()
    assert one.people == other.people
    assert one.answer() == other.answer()


def test_councils_of_every_size_take_part_and_each_once() -> None:
    following = Cast().following
    assert len({council.code for council in following}) == FOLLOWING
    sizes = Counter((council.population or 0) < 1000 for council in following)
    assert sizes[True] / FOLLOWING == pytest.approx(486 / 947, abs=0.02)
    assert max(council.population or 0 for council in following) > 50_000


def test_councils_can_be_drawn_of_some_provinces() -> None:
    drawn = Cast().drawn(14, ("Tarragona", "Lleida"))
    assert {council.province for council in drawn} == {"Tarragona", "Lleida"}
