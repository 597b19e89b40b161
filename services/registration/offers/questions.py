"""The questions of an offer: what may be answered, and what an answer is worth."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.problems import mark
from shared.text.fields import Titles

MOST_POINTS = 10
"""That staff give to a text."""
LONGEST_TEXT = 4000
_LARGEST = Decimal(1_000_000_000)
_DECIMALS = 2
NEEDED = mark("Answer this question.")
NO_NUMBER = mark("Write a number from 0 up, with two decimals at the most.")
NO_CHOICE = mark("Choose one of the answers.")
NO_YES = mark("Answer yes or no.")
TOO_LONG = mark("This answer is too long: at most 4,000 characters.")
NO_QUESTION = mark("There is no such question.")
TWO_OPTIONS = mark("A question with a choice needs at least two answers to choose from.")


class QuestionKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"


class Question(BaseModel):
    """A question of the form. A weight above 0 makes it a criterion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    text: Titles
    kind: QuestionKind
    required: bool = False
    weight: Annotated[int, Field(ge=0, le=1000)] = 0
    options: Annotated[tuple[Titles, ...], Field(max_length=20)] = ()
    """Of a choice, the lowest first: an answer is worth its place."""

    @model_validator(mode="after")
    def _has_options(self) -> Self:
        if self.kind is QuestionKind.CHOICE and len(self.options) < 2:
            raise ValueError(TWO_OPTIONS)
        return self

    @property
    def shape(self) -> tuple[str, QuestionKind, int]:
        """What answers depend on: it stays once there are some."""
        return self.key, self.kind, len(self.options)

    def answer(self, typed: str) -> tuple[str, str]:
        """The answer as it is kept (`yes`, `12.5`, the place of an option from 1) or "", and what is wrong with it."""
        typed = typed.strip()
        if not typed:
            return "", NEEDED if self.required else ""
        return _READERS[self.kind](self, typed)


Answers = Mapping[str, str]


def read_number(typed: str) -> Fraction | None:
    """A number as typed, with a point or a comma."""
    try:
        number = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 <= number <= _LARGEST or number != round(number, _DECIMALS):
        return None
    return Fraction(number)


def _number(_: Question, typed: str) -> tuple[str, str]:
    number = read_number(typed)
    if number is None:
        return "", NO_NUMBER
    return str(Decimal(number.numerator) / Decimal(number.denominator)), ""


def _choice(question: Question, typed: str) -> tuple[str, str]:
    places = {str(place) for place in range(1, len(question.options) + 1)}
    return (typed, "") if typed in places else ("", NO_CHOICE)


def _yes_no(_: Question, typed: str) -> tuple[str, str]:
    return (typed, "") if typed in ("yes", "no") else ("", NO_YES)


def _text(_: Question, typed: str) -> tuple[str, str]:
    return (typed, "") if len(typed) <= LONGEST_TEXT else ("", TOO_LONG)


_READERS = {
    QuestionKind.TEXT: _text,
    QuestionKind.NUMBER: _number,
    QuestionKind.YES_NO: _yes_no,
    QuestionKind.CHOICE: _choice,
}


def checked(questions: Sequence[Question], sent: Answers) -> tuple[dict[str, str], dict[str, str]]:
    """The answers as they are kept, and what is wrong, both by question."""
    answers, errors = {}, {}
    for question in questions:
        answers[question.key], wrong = question.answer(sent.get(question.key, ""))
        if wrong:
            errors[question.key] = wrong
    errors |= {key: NO_QUESTION for key in sent if key not in answers}
    return answers, errors
