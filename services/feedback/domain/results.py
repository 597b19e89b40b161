"""The small-group rule: what may be published of a survey's counts.

Fewer than 5 answers: nothing. From 5 to 9: their number and the means. From 10: the distributions too. A table by
groups shows only groups of 10 or more, and never lets a hidden one be found by subtracting the shown from the total.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from shared.clock import StoredInstant
from shared.events.feedback import QuestionResult
from shared.events.registration import SurveyQuestion
from shared.events.vocabulary import Language
from shared.problems import mark
from shared.storage.collection import Stored
from shared.text.numbers import half_up

FEWEST_FOR_MEAN = 5
FEWEST_FOR_DISTRIBUTION = 10
FEWEST_IN_GROUP = 10

RULE = mark(
    "Fewer than 5 answers: nothing is published. From 5 to 9: the number of answers and the means. "
    "From 10: also how many gave each score."
)

Counts = Sequence[int]
"""How often each score from 0 to 10 was given."""


class PublishedQuestion(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str
    text: dict[Language, str]
    mean: float | None = None
    distribution: list[int] | None = None
    converted_from: str = ""
    """The scale from which the mean was converted, such as «1–5»; empty if it was asked from 0 to 10."""

    @property
    def exact_mean(self) -> Fraction | float | None:
        """The mean before rounding, from the distribution where that is published.

        Below ten answers the two decimals are as good: none of those means ends in a five by rounding.
        """
        return exact_mean(self.distribution) if self.distribution else self.mean


class Results(Stored):
    """What is published of a session's survey, once and for good. Nothing else of the counts is kept."""

    programme: str
    title: dict[Language, str]
    ended_at: StoredInstant
    """When the session ended."""
    year: int
    """Of the session, in the programme's time zone."""
    published_at: StoredInstant
    n: int | None = None
    questions: tuple[PublishedQuestion, ...] = ()
    imported: int = 0
    """1 if a file brought them: no survey here measured them."""
    hidden: int | None = None
    """1 if the session is not for everybody: only the office sees them."""

    def mean(self, key: str) -> float | None:
        """The mean of a question; None where it is hidden or was not asked."""
        return next((question.mean for question in self.questions if question.key == key), None)

    def exact_mean(self, key: str) -> Fraction | float | None:
        return next((question.exact_mean for question in self.questions if question.key == key), None)

    def figures(self) -> dict[str, QuestionResult]:
        return {
            question.key: QuestionResult(mean=question.mean, distribution=question.distribution, text=question.text)
            for question in self.questions
        }


def publishable_number(n: int) -> int | None:
    return n if n >= FEWEST_FOR_MEAN else None


def publishable_question(question: SurveyQuestion, counts: Counts) -> PublishedQuestion:
    """A question's figures; the rule applies to the number of answers to this question."""
    answered = sum(counts)
    return PublishedQuestion(
        key=question.key,
        text=question.text,
        mean=mean(counts) if answered >= FEWEST_FOR_MEAN else None,
        distribution=list(counts) if answered >= FEWEST_FOR_DISTRIBUTION else None,
    )


def publishable_questions(
    n: int, questions: Sequence[SurveyQuestion], counts: Mapping[str, Counts]
) -> tuple[PublishedQuestion, ...]:
    if publishable_number(n) is None:
        return ()
    return tuple(publishable_question(question, counts[question.key]) for question in questions)


def mean(counts: Counts) -> float:
    """The arithmetic mean of the scores, to two decimals; there is at least one."""
    return float(half_up(exact_mean(counts), 2))


def exact_mean(counts: Counts) -> Fraction:
    """The arithmetic mean of the scores; there is at least one."""
    return Fraction(sum(score * times for score, times in enumerate(counts)), sum(counts))


def breakdown(groups: Mapping[str, Counts]) -> dict[str, Counts | None]:
    """The counts by group, None where a group is hidden. The total of all groups counts as published.

    Hidden are groups of fewer than 10. While the hidden ones are together fewer than 10, as one alone always is, the
    smallest shown one is hidden too: otherwise the total less the shown groups would tell of a few people.
    """
    sizes = {name: sum(counts) for name, counts in groups.items()}
    by_size = sorted(sizes, key=lambda name: (sizes[name], name))
    hidden = [name for name in by_size if sizes[name] < FEWEST_IN_GROUP]
    shown = by_size[len(hidden) :]
    while shown and hidden and sum(sizes[name] for name in hidden) < FEWEST_IN_GROUP:
        hidden.append(shown.pop(0))
    return {name: None if name in hidden else counts for name, counts in groups.items()}
