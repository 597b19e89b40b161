"""The links of a survey and how they are dealt into parts."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.surveys import (
    LinkMaker,
    Survey,
    links_prepared,
    missing_parts,
    new_key,
    part_count,
    survey_token,
)
from shared import ids

SESSION = ids.encode(b"0123456789")
PEOPLE = [ids.encode(number.to_bytes(16, "big")) for number in range(1000)]


def survey(parts: int) -> Survey:
    return Survey(id=SESSION, key=ids.encode(b"k" * 32), base_parts=parts)


def maker() -> LinkMaker:
    return LinkMaker(b"k" * 32, SESSION)


def test_a_token_names_its_session_and_stays_the_same_with_its_key() -> None:
    token = survey_token(b"k" * 32, SESSION, PEOPLE[0])
    assert len(token) == 68
    assert ids.decode(token)[:10] == ids.decode(SESSION)
    assert survey_token(b"k" * 32, SESSION, PEOPLE[0]) == token
    assert survey_token(b"j" * 32, SESSION, PEOPLE[0]) != token
    assert new_key() != new_key()


def test_feedback_finds_the_part_of_a_token_by_the_token_alone() -> None:
    for part in missing_parts(maker(), survey(5), PEOPLE, []):
        for person in PEOPLE:
            token = maker().token(person)
            is_here = hashlib.sha256(token.encode()).hexdigest() in part.hashes
            assert is_here == (int.from_bytes(ids.decode(token)[10:14], "big") % 5 == part.part)


def test_parts_hold_everybody_once_and_tell_no_order() -> None:
    parts = missing_parts(maker(), survey(5), PEOPLE, [])
    hashes = [digest for part in parts for digest in part.hashes]
    assert sorted(hashes) == sorted(maker().hash(person) for person in PEOPLE)
    assert all(list(part.hashes) == sorted(part.hashes) for part in parts)


def test_parts_are_large_enough_to_hide_in() -> None:
    assert (part_count(0, 200), part_count(199, 200), part_count(399, 200), part_count(20_000, 200)) == (1, 1, 1, 100)
    assert min(len(part.hashes) for part in missing_parts(maker(), survey(5), PEOPLE, [])) >= 100


def test_nothing_is_missing_when_all_are_prepared() -> None:
    assert not missing_parts(maker(), survey(3), PEOPLE, missing_parts(maker(), survey(3), PEOPLE, []))


@given(st.sets(st.integers(0, 59)), st.integers(1, 4), st.sets(st.integers(0, 3)))
def test_whoever_became_known_late_and_wherever_it_was_interrupted_all_have_one_link(
    late: set[int], parts: int, stored: set[int]
) -> None:
    early = [person for number, person in enumerate(PEOPLE[:60]) if number not in late]
    first = [part for part in missing_parts(maker(), survey(parts), early, []) if part.part in stored]
    second = missing_parts(maker(), survey(parts), PEOPLE[:60], first)
    hashes = [digest for part in [*first, *second] for digest in part.hashes]
    assert sorted(hashes) == sorted(maker().hash(person) for person in PEOPLE[:60])
    assert {part.part for part in first}.isdisjoint({part.part for part in second})
    assert all(links_prepared(part).parts == parts for part in second)
