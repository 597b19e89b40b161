"""The weight of a proposal: a sum of four counts, each times its number."""

from datetime import timedelta

import pytest

from services.proposals.domain import proposals as rules
from services.proposals.domain.weights import Weights, weigh
from shared.entities.domain import Entity
from shared.events.vocabulary import EntityKind, ProposalState
from tests.unit.proposals.test_states import NOW, proposal

WEIGHTS = Weights(id="dijous")


def _council(code: str, population: int | None) -> Entity:
    return Entity(code=code, kind=EntityKind.MUNICIPALITY, name=code, short_name=code, population=population)


def test_the_weight_is_the_sum_of_its_terms() -> None:
    weighed = proposal(supports=4, councils=("a", "b", "c"), created_at=NOW - timedelta(days=95))
    weight = weigh(weighed, [_council("a", 999), _council("b", 5000), _council("c", 20)], WEIGHTS, NOW)
    assert weight.terms == ((3, 4), (5, 2), (2, 2), (1, 3))
    assert weight.total == 12 + 10 + 4 + 3


@pytest.mark.parametrize(
    ("population", "counted"), [(999, 1), (1000, 0), (None, 0)], ids=["small", "at the border", "not known"]
)
def test_a_council_is_small_below_a_thousand_known_inhabitants(population: int | None, counted: int) -> None:
    weight = weigh(proposal(councils=("a",)), [_council("a", population)], WEIGHTS, NOW)
    assert weight.terms[2] == (2, counted)


@pytest.mark.parametrize("councils", [(), ("a",)], ids=["none", "one"])
def test_neither_no_council_nor_the_first_weighs(councils: tuple[str, ...]) -> None:
    assert weigh(proposal(councils=councils), [], WEIGHTS, NOW).terms[1] == (5, 0)


def test_twelve_months_count_at_the_most_and_none_after_the_end() -> None:
    old = proposal(created_at=NOW - timedelta(days=800))
    assert weigh(old, [], WEIGHTS, NOW).terms[3] == (1, 12)
    closed = proposal(
        ProposalState.DECLINED, created_at=NOW - timedelta(days=800), changed_at=NOW - timedelta(days=739)
    )
    assert weigh(closed, [], WEIGHTS, NOW).terms[3] == (1, 2)


def test_ten_supports_of_one_council_are_one_council() -> None:
    supported = proposal(councils=("a",))
    for number in range(10):
        supported, _ = rules.count_support(supported, f"f{number}", NOW, "a")
    assert (supported.supports, supported.councils) == (10, ("a",))
    assert rules.count_support(supported, "other", NOW)[0].councils == ("a",), "who names none is of none"


def test_a_merge_unites_the_councils_once() -> None:
    target, source = proposal(councils=("a", "b")), proposal(councils=("b", "c")).model_copy(update={"id": "source"})
    united, _ = rules.take_in(target, source)
    assert united.councils == ("a", "b", "c")
    assert rules.take_in(united, source) == (united, [])
