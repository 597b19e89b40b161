"""What the open data tell of participation, and what nobody can find out from them."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.registration.open_data.domain import Held, Row, Seat, participation

NOW = datetime(2026, 3, 1, tzinfo=UTC)
A, B = "0800180001", "2500450006"


def held(number: int, year: int = 2025, programme: str = "dijous") -> Held:
    starts_at = datetime(year, 1, 1, 9, tzinfo=UTC) + timedelta(days=number)
    return Held(f"{programme}-{year}-{number}", programme, starts_at, "Europe/Madrid")


def seats(session: Held, entity: str, people: int, came: int | None = None) -> list[Seat]:
    return [Seat(session.id, entity, n < (people if came is None else came)) for n in range(people)]


FIRST, SECOND, THIRD = (held(number) for number in (1, 2, 3))


def test_an_entity_is_counted_by_the_sessions_at_which_it_was() -> None:
    taken = [*seats(FIRST, A, 2), *seats(SECOND, A, 1), *seats(THIRD, A, 3, came=0)]
    assert participation([FIRST, SECOND, THIRD], taken, NOW) == [Row("dijous", 2025, A, 2)]


def test_one_registration_has_no_count() -> None:
    assert participation([FIRST, SECOND], seats(FIRST, A, 1), NOW) == [Row("dijous", 2025, A, None)]


def test_who_may_be_the_same_person_in_every_session_has_no_count() -> None:
    taken = [*seats(FIRST, A, 1), *seats(SECOND, A, 1), *seats(THIRD, A, 1)]
    assert participation([FIRST, SECOND, THIRD], taken, NOW) == [Row("dijous", 2025, A, None)]


def test_whether_one_person_came_does_not_show_in_a_row_that_hides_its_count() -> None:
    sessions = [FIRST, SECOND]
    assert participation(sessions, seats(FIRST, A, 1), NOW) == participation(sessions, seats(FIRST, A, 1, came=0), NOW)


def test_the_only_session_of_a_year_has_no_count() -> None:
    assert participation([FIRST], seats(FIRST, A, 5), NOW) == [Row("dijous", 2025, A, None)]


def test_the_year_that_runs_is_not_told_so_that_two_downloads_do_not_differ_by_a_session() -> None:
    earlier = [*seats(FIRST, A, 2), *seats(SECOND, A, 2)]
    running = held(5, 2026), held(6, 2026)
    before = participation([FIRST, SECOND, running[0]], [*earlier, *seats(running[0], A, 2)], NOW)
    after = participation(
        [FIRST, SECOND, *running], [*earlier, *(seat for each in running for seat in seats(each, A, 2))], NOW
    )
    assert before == after == [Row("dijous", 2025, A, 2)]


def test_a_year_hides_a_count_that_another_year_shows_and_no_row_adds_them() -> None:
    last = [held(number, 2024) for number in (1, 2)]
    taken = [*seats(last[0], A, 3), *seats(last[1], A, 3), *seats(FIRST, A, 1)]
    rows = participation([*last, FIRST, SECOND], taken, NOW)
    assert rows == [Row("dijous", 2024, A, 2), Row("dijous", 2025, A, None)]


def test_the_year_is_that_of_the_programme_s_clock() -> None:
    new_year = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # half past midnight in Madrid
    late = Held("late", "dijous", new_year, "Europe/Madrid")
    assert participation([late, SECOND], seats(late, A, 2), NOW) == []
    just_before = datetime(2025, 12, 31, 22, 59, tzinfo=UTC)
    assert participation([FIRST, SECOND], seats(FIRST, A, 2), just_before) == []
    assert participation([FIRST, SECOND], seats(FIRST, A, 2), just_before + timedelta(minutes=1))


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from([2024, 2025, 2026]), st.sampled_from([A, B]), st.booleans()),
        max_size=30,
    ),
    st.sampled_from([A, B]),
)
def test_one_person_more_or_less_changes_no_count_of_an_entity_of_one(
    places: list[tuple[int, int, str, bool]], lonely: str
) -> None:
    """Whatever the others do: of an entity whose seats may all be one person's, it shows neither how often nor
    whether that person came."""
    sessions = [held(number, year) for year in (2024, 2025, 2026) for number in range(1, 5)]
    others = [Seat(held(number, year).id, code, came) for number, year, code, came in places if code != lonely]
    own = {held(number, year).id: came for number, year, code, came in places if code == lonely}
    shown = participation(sessions, [*others, *(Seat(each, lonely, came) for each, came in own.items())], NOW)
    turned = participation(sessions, [*others, *(Seat(each, lonely, not came) for each, came in own.items())], NOW)
    assert shown == turned
    assert {row.sessions for row in shown if row.entity == lonely} <= {None}
