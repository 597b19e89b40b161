"""The links of a survey and how they are dealt into parts."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.surveys.domain import (
    LinkMaker,
    Survey,
    SurveyPart,
    missing_links,
    new_key,
    new_part,
    part_count,
    with_late,
)
from shared import ids
from shared.security import tokens

SESSION = ids.encode(b"0123456789")
PEOPLE = [ids.encode(number.to_bytes(16, "big")) for number in range(1000)]


def survey(parts: int) -> Survey:
    return Survey(id=SESSION, key=ids.encode(b"k" * 32), base_parts=parts)


def maker() -> LinkMaker:
    return LinkMaker(b"k" * 32, SESSION)


def all_parts(parts: int, people: list[str]) -> list[SurveyPart]:
    """The parts as they are prepared at first."""
    missing = missing_links(maker(), survey(parts), people, [])
    return [new_part(survey(parts), part, hashes) for part, hashes in missing.items()]


def test_a_token_names_its_session_and_stays_the_same_with_its_key() -> None:
    token = LinkMaker(b"k" * 32, SESSION).token(PEOPLE[0])
    assert len(token) == 56
    assert tokens.decode(token)[:10] == ids.decode(SESSION)
    assert LinkMaker(b"k" * 32, SESSION).token(PEOPLE[0]) == token
    assert LinkMaker(b"j" * 32, SESSION).token(PEOPLE[0]) != token
    assert new_key() != new_key()


def test_feedback_finds_the_part_of_a_token_by_the_token_alone() -> None:
    for part in all_parts(5, PEOPLE):
        for person in PEOPLE:
            token = maker().token(person)
            is_here = hashlib.sha256(tokens.decode(token)).hexdigest() in part.hashes
            assert is_here == (int.from_bytes(tokens.decode(token)[10:14], "big") % 5 == part.part)


def test_parts_hold_everybody_once_and_tell_no_order() -> None:
    parts = all_parts(5, PEOPLE)
    hashes = [digest for part in parts for digest in part.hashes]
    assert sorted(hashes) == sorted(maker().hash(person) for person in PEOPLE)
    assert all(list(part.hashes) == sorted(part.hashes) for part in parts)


def test_parts_are_large_enough_to_hide_in() -> None:
    assert (part_count(0, 200), part_count(199, 200), part_count(399, 200), part_count(20_000, 200)) == (1, 1, 1, 100)
    assert min(len(part.hashes) for part in all_parts(5, PEOPLE)) >= 100


def test_nothing_is_missing_when_all_are_prepared() -> None:
    assert not missing_links(maker(), survey(3), PEOPLE, all_parts(3, PEOPLE))


def test_a_late_link_joins_the_crowd_that_its_token_names_and_its_event_does_not_point_at_it() -> None:
    early = all_parts(2, PEOPLE[:400])
    for person in PEOPLE[400:420]:
        ((number, hashes),) = missing_links(maker(), survey(2), [*PEOPLE[:400], person], early).items()
        assert (number, hashes) == (maker().part(person, 2), [maker().hash(person)])
        grown, (event,) = with_late(hashes)(early[number])
        assert set(event.hashes) == {*early[number].hashes, *hashes}
        assert event.hashes == sorted(event.hashes)
        assert with_late(hashes)(grown) == (grown, [])


def test_what_was_taken_over_is_known_by_its_number_whoever_came_later() -> None:
    (part,) = all_parts(1, PEOPLE[:3])
    taken = survey(1).model_copy(update={"opened_links": (3,)})
    grown, _ = with_late([maker().hash(person) for person in PEOPLE[3:9]])(part)
    assert taken.opened_of(grown) == part.hashes
    assert (taken.awaits(part), taken.awaits(grown), survey(1).awaits(part)) == (False, True, True)


@given(st.sets(st.integers(0, 59)), st.integers(1, 4), st.sets(st.integers(0, 3)))
def test_whoever_became_known_late_and_wherever_it_was_interrupted_all_have_one_link(
    late: set[int], parts: int, stored: set[int]
) -> None:
    early = [person for number, person in enumerate(PEOPLE[:60]) if number not in late]
    first = [part for part in all_parts(parts, early) if part.part in stored]
    held = {part.part: part for part in first}
    for number, hashes in missing_links(maker(), survey(parts), PEOPLE[:60], first).items():
        held[number] = with_late(hashes)(held[number])[0] if number in held else new_part(survey(parts), number, hashes)
    assert sorted(held) == list(range(parts))
    hashes = [digest for part in held.values() for digest in part.hashes]
    assert sorted(hashes) == sorted(maker().hash(person) for person in PEOPLE[:60])
    for person in PEOPLE[:60]:
        assert maker().hash(person) in held[maker().part(person, parts)].hashes
