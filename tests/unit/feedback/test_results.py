"""V2: the small-group rule, and that no difference of what is published tells of a few people."""

import math
import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.results import (
    Counts,
    breakdown,
    mean,
    publishable_question,
    publishable_questions,
)
from services.feedback.domain.surveys import AnswerCount, Survey, SurveyState, closed, counted, republished
from shared.events.feedback import FeedbackSubmitted, SurveyClosed
from shared.events.registration import SurveyQuestion
from shared.events.vocabulary import Language
from shared.text.numbers import half_up

TABLES = 10_000
QUESTION = SurveyQuestion(key="content", text={Language.CA: "Contingut"})
Breakdown = Callable[[Mapping[str, Counts]], dict[str, Counts | None]]


def scores(*given: int) -> list[int]:
    return [given.count(score) for score in range(11)]


@pytest.mark.parametrize(
    ("answered", "has_mean", "has_distribution"),
    [(0, False, False), (4, False, False), (5, True, False), (9, True, False), (10, True, True), (60, True, True)],
)
def test_a_question_shows_what_its_own_number_allows(answered: int, has_mean: bool, has_distribution: bool) -> None:
    figures = publishable_question(QUESTION, scores(*[7] * answered))
    assert (figures.mean is not None, figures.distribution is not None) == (has_mean, has_distribution)


def test_below_five_answers_not_even_the_questions_are_told() -> None:
    assert publishable_questions(4, [QUESTION], {"content": scores(1, 2, 3, 4)}) == ()


def test_a_question_that_few_answered_is_hidden_among_others_that_many_did() -> None:
    other = SurveyQuestion(key="other", text={Language.CA: "Altra"})
    first, second = publishable_questions(12, [QUESTION, other], {"content": scores(*[5] * 12), "other": scores(1, 2)})
    assert first.distribution is not None
    assert (second.mean, second.distribution) == (None, None)


@given(st.lists(st.integers(0, 10), min_size=5, max_size=60))
def test_the_mean_is_that_of_the_scores(given: list[int]) -> None:
    assert mean(scores(*given)) == math.floor(Fraction(100 * sum(given), len(given)) + Fraction(1, 2)) / 100


def test_a_mean_is_known_as_it_was_before_rounding_where_its_distribution_is_published() -> None:
    many, few = scores(*[9] * 113, *[8] * 137), scores(8, 8, 9, 9, 9, 9, 9, 8)
    published, hidden = publishable_question(QUESTION, many), publishable_question(QUESTION, few)
    assert (published.mean, published.exact_mean) == (8.45, Fraction(8452, 1000))
    assert (hidden.mean, hidden.exact_mean) == (8.63, 8.63)


@given(st.lists(st.integers(0, 10), min_size=5, max_size=9))
def test_of_so_few_answers_the_two_decimals_round_like_the_mean_itself(given: list[int]) -> None:
    assert half_up(mean(scores(*given)), 1) == half_up(Fraction(sum(given), len(given)), 1)


def random_table(chance: random.Random) -> dict[str, Counts]:
    """Groups of all sizes, many of them small or empty."""
    groups = chance.randint(1, 7)
    sizes = [chance.choice([0, chance.randint(0, 12), chance.randint(0, 60)]) for _ in range(groups)]
    return {f"group {n}": scores(*chance.choices(range(11), k=size)) for n, size in enumerate(sizes)}


def smallest_derived(groups: Mapping[str, Counts], shown: Mapping[str, Counts | None]) -> int | None:
    """The attack: of all sets of people whose counts follow from two publications, the total's and the breakdown's, by
    adding and subtracting, the size of the smallest; None where nothing follows but empty sets."""
    total = sum(sum(counts) for counts in groups.values())
    sizes = [sum(counts) for counts in shown.values() if counts is not None]
    sums = {sum(chosen) for k in range(len(sizes) + 1) for chosen in combinations(sizes, k)}
    derived = {size for size in sums | {total - size for size in sums} if size}
    return min(derived, default=None)


def hidden_alone(shown: Mapping[str, Counts | None]) -> bool:
    """Whether one group is the total less the others."""
    return len(shown) > 1 and [*shown.values()].count(None) == 1


def reveals_few(groups: Mapping[str, Counts], rule: Breakdown) -> bool:
    shown = rule(groups)
    total = sum(sum(counts) for counts in groups.values())
    smallest = smallest_derived(groups, shown)
    return total >= 10 and (hidden_alone(shown) or (smallest is not None and smallest < 10))


def test_no_difference_of_publications_tells_of_fewer_than_ten() -> None:
    chance = random.Random(2)
    assert not any(reveals_few(random_table(chance), breakdown) for _ in range(TABLES))


def test_what_is_shown_is_true_and_nothing_is_hidden_without_need() -> None:
    chance = random.Random(3)
    for _ in range(1000):
        groups = random_table(chance)
        shown = breakdown(groups)
        assert list(shown) == list(groups)
        assert all(counts is None or counts == groups[name] for name, counts in shown.items())
        if all(sum(counts) >= 10 for counts in groups.values()):
            assert None not in shown.values()


def hide_small_only(groups: Mapping[str, Counts]) -> dict[str, Counts | None]:
    """A careless rule: no second cell."""
    return {name: counts if sum(counts) >= 10 else None for name, counts in groups.items()}


def hide_two(groups: Mapping[str, Counts]) -> dict[str, Counts | None]:
    """Another careless rule: always two cells, however few people they hold together."""
    shown = hide_small_only(groups)
    by_size = sorted((sum(counts), name) for name, counts in groups.items() if shown[name] is not None)
    if [*shown.values()].count(None) == 1 and by_size:
        shown[by_size[0][1]] = None
    return shown


@pytest.mark.parametrize("careless", [hide_small_only, hide_two])
def test_the_attack_catches_careless_rules(careless: Breakdown) -> None:
    chance = random.Random(4)
    assert sum(reveals_few(random_table(chance), careless) for _ in range(1000)) > 50


@pytest.mark.parametrize(("answers", "told"), [(0, 0), (1, 0), (4, 0), (5, 5), (60, 60)])
def test_an_event_of_a_closed_survey_hides_what_its_results_hide(answers: int, told: int) -> None:
    survey = Survey(id="s", parts=1, state=SurveyState.CLOSING)

    after, events = closed(survey, answers)

    assert [event.answers for event in events if isinstance(event, SurveyClosed)] == [told]
    assert [event.answers for event in republished(after, None, {}) if isinstance(event, SurveyClosed)] == [told]


@pytest.mark.parametrize(("answers", "told"), [(1, []), (4, []), (5, [5]), (60, [60])])
def test_how_many_answered_so_far_is_announced_from_five(answers: int, told: list[int]) -> None:
    after, events = counted(AnswerCount(id="s", programme="dijous", answers=0), answers)

    assert after.answers == answers, "known here, so that the store is compacted after every answer"
    assert [event.answers for event in events if isinstance(event, FeedbackSubmitted)] == told
