"""A new tally is complete, in an order that means nothing, and sums up to what was counted."""

from services.feedback.domain.tallies import cell, gather_comments, new_cells, new_tally, sum_up

HASHES = [f"{number:064x}" for number in range(200)]


def test_a_new_tally_has_a_slot_and_a_comment_for_each_link_in_mixed_order() -> None:
    tally = new_tally("session", 0, HASHES)
    assert set(tally.slots.items()) == {(digest, 0) for digest in HASHES}
    assert list(tally.slots) != HASHES
    assert list(tally.comments.values()) == [""] * 200
    assert list(tally.comments) != sorted(tally.comments)
    assert not set(tally.comments) & set(new_tally("session", 0, HASHES).comments), "keys are chance"


def test_a_link_told_twice_has_one_slot() -> None:
    tally = new_tally("session", 0, ["aa", "bb", "aa"])
    assert (len(tally.slots), len(tally.comments)) == (2, 2)


def test_cells_are_there_for_every_question_and_score() -> None:
    cells = new_cells(["content", "duration"])
    assert {question: set(scores.items()) for question, scores in cells.items()} == {
        question: {(cell(score), 0) for score in range(11)} for question in ("content", "duration")
    }


def test_parts_are_summed_up_by_question_and_score() -> None:
    first = new_tally("session", 0, HASHES).model_copy(update={"cells": {"content": {"s0": 1, "s10": 2}}})
    second = new_tally("session", 1, HASHES).model_copy(update={"cells": {"content": {"s10": 3}}})
    assert sum_up([first, second], ["content"]) == {"content": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]}


def test_comments_are_gathered_from_all_parts_and_mixed() -> None:
    parts = [
        new_tally("session", part, HASHES).model_copy(
            update={"comments": {f"k{n}": f"{part}-{n}" if n % 2 else "" for n in range(50)}}
        )
        for part in range(2)
    ]
    given = [f"{part}-{n}" for part in range(2) for n in range(1, 50, 2)]
    gathered = gather_comments(parts)
    assert sorted(gathered) == sorted(given)
    assert gathered != given
