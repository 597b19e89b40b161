"""The selection of an offer: scores, order, who is offered a place, and what would have let in those left out.

Pure and exact: scores are fractions. `docs/selection.py` computes the same list from the file, without any of this.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from math import ceil

from services.registration.offers.questions import MOST_POINTS, Question, QuestionKind
from shared.events.vocabulary import PetitionState

ZERO, ONE, HUNDREDTH = Fraction(0), Fraction(1), Fraction(1, 100)
Facts = Mapping[str, Fraction]
"""By question: 1 or 0 of a yes_no, the number, the place of a choice, the points of a text."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A petition as the selection sees it: nothing of a person, no text."""

    id: str
    entity: str
    received_at: datetime
    facts: Facts
    left_out: str = ""
    """Why the office leaves it out; empty for all others."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a selection is made by."""

    criteria: tuple[Question, ...]
    places: int
    """How many are offered."""
    per_entity: int | None = None
    held: Mapping[str, int] = field(default_factory=dict)
    """By entity, how many places it has already."""


@dataclass(frozen=True, slots=True)
class Change:
    """Another value of one fact."""

    key: str
    before: Fraction
    after: Fraction


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate with its score and what comes of it."""

    candidate: Candidate
    terms: Mapping[str, Fraction]
    """By question, weight × value."""
    score: Fraction
    state: PetitionState
    place: int | None = None
    """From 1; None of those left out."""
    turn: int | None = None
    """In the reserve, from 1."""
    is_repeated: bool = False
    """Whether it waits because its entity has as many places as one may have."""
    is_tied: bool = False
    """Whether another one has the same score: the earlier went first."""
    changes: tuple[Change, ...] | None = None
    """The smallest change of its own facts that would have let it in; None where none would, and of those let in. The
    points of a text are the office's, so they are none of its own."""

    @property
    def is_in(self) -> bool:
        return self.state is PetitionState.OFFERED


def criteria_of(questions: Sequence[Question]) -> tuple[Question, ...]:
    return tuple(question for question in questions if question.weight)


def facts_of(
    questions: Sequence[Question], answers: Mapping[str, str], points: Mapping[str, int]
) -> dict[str, Fraction]:
    """What counts of the answers; where there is none, no fact."""
    found = {}
    for question in criteria_of(questions):
        answer = answers.get(question.key, "")
        if question.kind is QuestionKind.TEXT:
            if question.key in points:
                found[question.key] = Fraction(points[question.key])
        elif question.kind is QuestionKind.YES_NO and answer:
            found[question.key] = Fraction(answer == "yes")
        elif answer:
            found[question.key] = Fraction(answer)
    return found


def place(terms: Terms, candidates: Sequence[Candidate]) -> list[Placed]:
    """All candidates: those offered, then the reserve, both in order, then those left out."""
    most = {question.key: _most(question, candidates) for question in terms.criteria}
    scored = sorted((_scored(terms, each, most) for each in candidates), key=_order)
    ranked = list(_placed(terms, [each for each in scored if not each.candidate.left_out]))
    chosen = [each for each in ranked if each.is_in]
    placed = [
        *chosen,
        *(each for each in ranked if not each.is_in),
        *(each for each in scored if each.candidate.left_out),
    ]
    last = chosen[-1] if len(chosen) == terms.places and chosen else None
    return [each if each.is_in else _explained(terms, each, last, most, candidates) for each in placed]


def _most(question: Question, candidates: Sequence[Candidate]) -> Fraction:
    """The most that an answer can be: of a number, the highest received, without those left out."""
    if question.kind is QuestionKind.NUMBER:
        return max((each.facts.get(question.key, ZERO) for each in candidates if not each.left_out), default=ZERO)
    fixed = {QuestionKind.YES_NO: 1, QuestionKind.CHOICE: len(question.options), QuestionKind.TEXT: MOST_POINTS}
    return Fraction(fixed[question.kind])


def _scored(terms: Terms, candidate: Candidate, most: Facts) -> Placed:
    found = {
        question.key: min(candidate.facts.get(question.key, ZERO), most[question.key]) * _unit(question, most)
        for question in terms.criteria
    }
    return Placed(candidate, found, sum(found.values(), ZERO), PetitionState.DECLINED)


def _unit(question: Question, most: Facts) -> Fraction:
    """What one more of a fact adds to the score."""
    if question.kind is not QuestionKind.NUMBER:
        return Fraction(question.weight)
    return question.weight / most[question.key] if most[question.key] else ZERO


def _order(placed: Placed) -> tuple[Fraction, datetime, str]:
    return -placed.score, placed.candidate.received_at, placed.candidate.id


def _placed(terms: Terms, ranked: Sequence[Placed]) -> Iterator[Placed]:
    tied = {before.score for before, after in pairwise(ranked) if before.score == after.score}
    held, offered, turn = dict(terms.held), 0, 0
    for number, each in enumerate(ranked, start=1):
        entity = each.candidate.entity
        one = replace(each, place=number, is_tied=each.score in tied)
        is_repeated = terms.per_entity is not None and held.get(entity, 0) >= terms.per_entity
        if offered < terms.places and not is_repeated:
            offered += 1
            held[entity] = held.get(entity, 0) + 1
            yield replace(one, state=PetitionState.OFFERED)
        else:
            turn += 1
            yield replace(one, state=PetitionState.RESERVE, turn=turn, is_repeated=is_repeated)


def _explained(
    terms: Terms, placed: Placed, last: Placed | None, most: Facts, candidates: Sequence[Candidate]
) -> Placed:
    """With the fewest facts whose change would have let it in, and of these the change that adds least."""
    if placed.is_repeated or not terms.places:
        return placed
    if last is None:  # there was place for it: only that it was left out kept it out
        return replace(placed, changes=())
    needed = last.score - placed.score
    beats = _order(placed)[1:] < _order(last)[1:]
    if needed < 0 or (needed == 0 and beats):
        return replace(placed, changes=())
    return replace(placed, changes=_smallest(_Room.of(terms, placed, most, candidates), needed, may_tie=beats))


@dataclass(frozen=True, slots=True)
class _Room:
    """How far one fact could rise."""

    key: str
    before: Fraction
    most: Fraction
    unit: Fraction
    step: Fraction

    @classmethod
    def of(cls, terms: Terms, placed: Placed, most: Facts, candidates: Sequence[Candidate]) -> "list[_Room]":
        def step(key: str) -> Fraction:
            whole = all(each.facts.get(key, ZERO).denominator == 1 for each in candidates)
            return ONE if whole else HUNDREDTH

        found = [
            cls(each.key, placed.candidate.facts.get(each.key, ZERO), most[each.key], _unit(each, most), step(each.key))
            for each in terms.criteria
            if each.kind is not QuestionKind.TEXT
        ]
        return [room for room in found if room.gain > 0]

    @property
    def gain(self) -> Fraction:
        return (self.most - self.before) * self.unit

    def reaching(self, needed: Fraction, *, may_tie: bool) -> Change | None:
        """The least value that adds what is needed."""
        after = ceil((self.before + needed / self.unit) / self.step) * self.step
        if not may_tie and (after - self.before) * self.unit == needed:
            after += self.step
        return Change(self.key, self.before, after) if after <= self.most else None


def _smallest(rooms: Sequence[_Room], needed: Fraction, *, may_tie: bool) -> tuple[Change, ...] | None:
    single = [(room, change) for room in rooms if (change := room.reaching(needed, may_tie=may_tie))]
    if single:
        return (min(single, key=lambda each: (each[1].after - each[1].before) * each[0].unit)[1],)
    used: list[_Room] = []
    for room in sorted(rooms, key=lambda each: -each.gain):
        left = needed - sum((each.gain for each in used), ZERO)
        if last := room.reaching(left, may_tie=may_tie):
            return (*(Change(each.key, each.before, each.most) for each in used), last)
        used.append(room)
    return None
