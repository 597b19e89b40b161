"""The book of merges never holds a circle."""

import random

import pytest

from services.proposals.domain.merges import MergeBook, complete, enter
from services.proposals.domain.problems import MergeCycleProblem, WrongStepProblem


def test_a_merge_is_entered_once_and_completed() -> None:
    book, _ = enter(MergeBook(id="dijous"), "a", "b")

    assert (book.end_of("a"), book.begun, book.unsettled) == ("b", ("a",), 1)
    assert enter(book, "a", "b") == (book, [])
    done, _ = complete(book, "a")
    assert (done.end_of("a"), done.begun, done.unsettled) == ("b", (), 0)
    assert complete(done, "a")[0] == done


def test_a_merge_leads_to_the_end() -> None:
    book, _ = enter(MergeBook(id="dijous"), "b", "c")
    book, _ = enter(book, "a", "b")

    assert (book.into["a"], book.end_of("a")) == ("c", "c")
    book, _ = enter(book, "c", "d")
    assert book.end_of("a") == "d"


def test_what_became_part_of_another_cannot_become_part_of_a_third() -> None:
    book, _ = enter(MergeBook(id="dijous"), "a", "b")

    with pytest.raises(WrongStepProblem):
        enter(book, "a", "c")


@pytest.mark.parametrize("seed", range(50))
def test_no_order_of_merges_makes_a_circle(seed: int) -> None:
    chance = random.Random(seed)
    book = MergeBook(id="dijous")
    refused = 0
    for _ in range(150):
        source, target = chance.choices("abcdefgh", k=2)
        try:
            book, _ = enter(book, source, target)
        except (MergeCycleProblem, WrongStepProblem):
            refused += 1
    for proposal in "abcdefgh":
        seen = [proposal]
        while (following := book.into.get(seen[-1])) is not None:
            assert following not in seen
            seen.append(following)
    assert len(book.into) == 7, "all become one in the end"
    assert refused
