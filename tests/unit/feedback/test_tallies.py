"""A new tally is complete, in an order that means nothing, and sums up to what was counted."""

from functools import reduce

import pytest

from services.feedback.domain.answers import COMMENT_LENGTH
from services.feedback.domain.encryption import UnreadableError, new_key
from services.feedback.domain.tallies import (
    SPENT,
    Sum,
    Tally,
    answered,
    freed,
    gather_comments,
    new_tally,
    opened,
    sum_up,
    taken_out_of_clear,
    with_late,
)

HASHES = [f"{number:064x}" for number in range(200)]
KEY = new_key()


def open_tally(hashes: list[str], questions: tuple[str, ...] = ("content", "duration")) -> Tally:
    return opened(new_tally("session", 0, hashes), questions, KEY)[0]


def test_a_new_tally_has_a_slot_for_each_link_in_mixed_order() -> None:
    tally = new_tally("session", 0, HASHES)
    assert set(tally.slots.items()) == {(digest, 0) for digest in HASHES}
    assert list(tally.slots) != HASHES


def test_a_link_told_twice_has_one_slot() -> None:
    assert len(new_tally("session", 0, ["aa", "bb", "aa"]).slots) == 2


def test_late_links_are_mixed_among_the_others() -> None:
    tally, _ = with_late(new_tally("session", 0, HASHES[:100]), HASHES)
    assert set(tally.slots) == set(HASHES)
    assert set(list(tally.slots)[:100]) != set(HASHES[:100])


def test_an_answer_is_added_to_every_score_it_holds() -> None:
    tally, _ = answered(open_tally(HASHES), HASHES[3], {"content": 10}, "Bé", KEY)
    assert tally.sum(KEY) == Sum({"content": [0] * 10 + [1], "duration": [0] * 11}, ["Bé"])
    assert [digest for digest, slot in tally.slots.items() if slot == SPENT] == [HASHES[3]]


@pytest.mark.parametrize("comment", ["", "a" * COMMENT_LENGTH, "\U0001f426" * (COMMENT_LENGTH // 2), '"\n' * 150, "é"])
def test_the_length_of_the_ciphertext_tells_nothing(comment: str) -> None:
    empty = open_tally(HASHES[:12])
    full = reduce(
        lambda tally, digest: answered(tally, digest, {"content": 10, "duration": 3}, comment, KEY)[0],
        HASHES[:12],
        empty,
    )
    assert len(full.ciphertext) == len(empty.ciphertext)


def test_a_ciphertext_is_read_with_its_key_and_in_its_place_alone() -> None:
    tally = open_tally(HASHES)
    for stranger, key in ((tally, new_key()), (tally.model_copy(update={"id": "session:1"}), KEY)):
        assert not stranger.is_readable(key)
        with pytest.raises(UnreadableError):
            stranger.sum(key)


def test_slots_are_freed_only_where_the_answers_cannot_be_read() -> None:
    tally, _ = answered(open_tally(HASHES), HASHES[0], {"content": 1}, "", KEY)
    assert freed(tally, ["content"], KEY) == (tally, ())
    another = new_key()
    free, _ = freed(tally, ["content"], another)
    assert (free.answers, free.sum(another)) == (0, Sum({"content": [0] * 11}, []))


def test_what_a_version_before_stored_is_encrypted_and_counts() -> None:
    cells, comments = {"content": {"s3": 0, "s8": 2}}, {"ab": "", "cd": "Bé"}
    old = new_tally("session", 0, HASHES).model_copy(update={"cells": cells, "comments": comments, "state": "open"})
    new, _ = taken_out_of_clear(old, KEY)
    assert (new.cells, new.comments) == ({}, {})
    assert new.sum(KEY) == old.sum(KEY) == Sum({"content": [0] * 8 + [2, 0, 0]}, ["Bé"])
    beside_an_old_replica, _ = taken_out_of_clear(new.model_copy(update={"cells": {"content": {"s8": 1}}}), KEY)
    assert beside_an_old_replica.sum(KEY).scores["content"][8] == 3


def test_parts_are_summed_up_by_question_and_score() -> None:
    first, second = Sum({"content": [1] + [0] * 9 + [2]}), Sum({"content": [0] * 10 + [3], "old": [1]})
    assert sum_up([first, second], ["content"]) == {"content": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]}
    assert sum_up([], ["content"]) == {"content": [0] * 11}


def test_comments_are_gathered_from_all_parts_and_mixed() -> None:
    given = [[f"{part}-{n}" for n in range(50)] for part in range(2)]
    gathered = gather_comments([Sum({}, comments) for comments in given])
    assert sorted(gathered) == sorted(given[0] + given[1])
    assert gathered != given[0] + given[1]
