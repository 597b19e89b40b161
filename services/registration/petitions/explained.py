"""A selection in words: what one petition got, and what would have let it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from services.registration.offers.questions import QuestionKind
from services.registration.offers.selection_file import Selection

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """The value of a fact: a yes or a no, an option, a number, or points."""

    kind: QuestionKind
    value: Fraction
    option: Texts | None = None

    @classmethod
    def of(cls, criterion: Mapping[str, Any], value: str) -> Self:
        kind, number = QuestionKind(criterion["kind"]), Fraction(value)
        is_option = kind is QuestionKind.CHOICE and number >= 1
        return cls(kind, number, criterion["options"][int(number) - 1] if is_option else None)

    @property
    def digits(self) -> int:
        return 0 if self.value.denominator == 1 else 2


@dataclass(frozen=True, slots=True)
class ExplainedTerm:
    question: Texts
    weight: int
    value: Fraction
    term: Fraction


@dataclass(frozen=True, slots=True)
class ExplainedChange:
    question: Texts
    before: Fact
    after: Fact


@dataclass(frozen=True, slots=True)
class Explained:
    """What a selection says of one petition."""

    score: Fraction
    place: int | None
    reserve: int | None
    considered: int
    """How many petitions were."""
    is_tied: bool
    has_another: bool
    outcome: str
    left_out: str
    reason: str
    terms: list[ExplainedTerm]
    changes: list[ExplainedChange] | None

    @classmethod
    def of(cls, selection: Mapping[str, Any], petition: Mapping[str, Any]) -> Self:
        criteria = {criterion["key"]: criterion for criterion in selection["criteria"]}
        changes = petition["would_have_been_let_in"]
        return cls(
            score=Fraction(petition["score"]),
            place=petition["place"],
            reserve=petition["reserve"],
            considered=sum(not each["left_out"] for each in selection["petitions"]),
            is_tied=petition["tied"],
            has_another=petition["another_of_its_entity"],
            outcome=petition["outcome"],
            left_out=petition["left_out"],
            reason=petition["reason"],
            terms=[
                ExplainedTerm(
                    criteria[term["key"]]["text"], term["weight"], Fraction(term["value"]), Fraction(term["term"])
                )
                for term in petition["terms"]
            ],
            changes=None if changes is None else [_change(criteria[change["key"]], change) for change in changes],
        )


def _change(criterion: Mapping[str, Any], change: Mapping[str, str]) -> ExplainedChange:
    return ExplainedChange(criterion["text"], Fact.of(criterion, change["before"]), Fact.of(criterion, change["after"]))


def explained(selection: Selection | None, petition_id: str) -> Explained | None:
    """What the last selection says of a petition; None if it was not considered in it."""
    if selection is None:
        return None
    found = next((each for each in selection.file["petitions"] if each["id"] == petition_id), None)
    return Explained.of(selection.file, found) if found else None
