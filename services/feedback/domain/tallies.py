"""The tally: the answers without the people, in parts that are each one document.

A part has a slot for each link, which shows whether the link was used, and the sum of the answers as a ciphertext. An
answer changes one slot and the whole ciphertext, whose length is always the same. Thus two copies of the database tell
who answered between them and not what; and who has the key too finds sums in one copy, and no person's answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import SystemRandom
from typing import TypeVar

import orjson

from services.feedback.domain.answers import COMMENT_LENGTH
from services.feedback.domain.encryption import UnreadableError, decrypt, encrypt
from services.feedback.domain.problems import AlreadyReceivedProblem, SurveyOverProblem, SurveyUnknownProblem
from shared.storage.aggregates import Aggregate

LOWEST, HIGHEST = 0, 10
"""The scale of every question."""
UNSPENT, SPENT = 0, 1

_ENCODING = "utf-16-le"  # in which lengths of comments are counted
_END = "\0"
_chance = SystemRandom()
T = TypeVar("T")


class TallyState(StrEnum):
    """Whether a part takes answers. It only ever goes forward, so a late «open» cannot undo a «shut»."""

    NEW = "new"
    OPEN = "open"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Sum:
    """What the answers of a part add up to."""

    scores: Mapping[str, Sequence[int]]
    """By question, how often each score from 0 to 10 was given."""
    comments: Sequence[str] = ()
    """In mixed order."""

    def plus(self, answers: Mapping[str, int], comment: str) -> "Sum":
        scores = {question: list(times) for question, times in self.scores.items()}
        for question, score in answers.items():
            scores[question][score] += 1
        return Sum(scores, shuffled([*self.comments, comment]) if comment else self.comments)

    def encode(self, most: int) -> bytes:
        """As bytes, always so many for the same questions and at most so many answers."""
        fullest = _json({question: [most] * len(times) for question, times in self.scores.items()})
        length = len(fullest) + most * (COMMENT_LENGTH + len(_END))
        return _END.join([_json(self.scores), *self.comments]).encode(_ENCODING).ljust(2 * length, b"\0")

    @classmethod
    def decode(cls, data: bytes) -> "Sum":
        scores, *comments = data.decode(_ENCODING).rstrip(_END).split(_END)
        return cls(orjson.loads(scores), comments)


class Tally(Aggregate):
    """A part of a survey. It has no events."""

    session_id: str
    part: int
    state: TallyState = TallyState.NEW
    slots: dict[str, int]
    """By the hash of a link's token: whether the link was used."""
    ciphertext: str = ""
    """The sum of the answers; empty before the opening."""
    cells: dict[str, dict[str, int]] = {}
    """Unencrypted, of a version before: how often each score (`s0` to `s10`) was given, by question."""
    comments: dict[str, str] = {}
    """Unencrypted, of a version before: under keys that mean nothing; an empty one was free."""

    @property
    def answers(self) -> int:
        return sum(self.slots.values())

    def unspent(self) -> list[str]:
        return [digest for digest, slot in self.slots.items() if slot == UNSPENT]

    def sum(self, key: bytes) -> Sum:
        """What was answered, with what a version before stored.

        Raises:
            UnreadableError: it was encrypted with another key.
        """
        encrypted = [Sum.decode(decrypt(self.ciphertext, key, self.id))] if self.ciphertext else []
        scores = {question: _in_order(times) for question, times in self.cells.items()}
        comments = [text for text in self.comments.values() if text]
        return _joined([Sum(scores, comments), *encrypted])

    def is_readable(self, key: bytes | None) -> bool:
        if not self.ciphertext:
            return True
        try:
            return key is not None and bool(decrypt(self.ciphertext, key, self.id))
        except UnreadableError:
            return False

    def with_sum(self, total: Sum, key: bytes) -> "Tally":
        ciphertext = encrypt(total.encode(len(self.slots)), key, self.id)
        return self.model_copy(update={"ciphertext": ciphertext, "cells": {}, "comments": {}})


def tally_id(session_id: str, part: int) -> str:
    return f"{session_id}:{part}"


def new_tally(session_id: str, part: int, hashes: Sequence[str]) -> Tally:
    """A part with a slot for each link, in an order that means nothing."""
    slots = dict.fromkeys(shuffled(sorted(set(hashes))), UNSPENT)
    return Tally(id=tally_id(session_id, part), session_id=session_id, part=part, slots=slots)


Changed = tuple[Tally, tuple[()]]
"""A part changed; it has no events."""


def with_late(tally: Tally, hashes: Iterable[str]) -> Changed:
    """Add slots for missing links, unless it is shut. Mix them again: their order must not show which are late."""
    missing = set(hashes) - tally.slots.keys()
    if not missing or tally.state is TallyState.SHUT:
        return tally, ()
    slots = {**tally.slots, **dict.fromkeys(missing, UNSPENT)}
    return tally.model_copy(update={"slots": {digest: slots[digest] for digest in shuffled(slots)}}), ()


def opened(tally: Tally, questions: Sequence[str], key: bytes) -> Changed:
    """A new part takes answers; one that was opened or shut before stays as it is."""
    if tally.state is not TallyState.NEW:
        return tally, ()
    return tally.with_sum(_nothing(questions), key).model_copy(update={"state": TallyState.OPEN}), ()


def slot_of(tally: Tally, digest: str) -> int:
    """Whether a link was used.

    Raises:
        SurveyUnknownProblem: there is no such link.
    """
    if digest not in tally.slots:
        raise SurveyUnknownProblem
    return tally.slots[digest]


def answered(tally: Tally, digest: str, answers: Mapping[str, int], comment: str, key: bytes) -> Changed:
    """Spend a slot, count the scores, keep the comment.

    Raises:
        SurveyUnknownProblem, SurveyOverProblem, AlreadyReceivedProblem: the link is of no use (any more).
        UnreadableError: it was encrypted with another key.
    """
    slot = slot_of(tally, digest)
    if tally.state is not TallyState.OPEN:
        raise SurveyOverProblem
    if slot == SPENT:
        raise AlreadyReceivedProblem
    counted = tally.with_sum(tally.sum(key).plus(answers, comment), key)
    return counted.model_copy(update={"slots": {**tally.slots, digest: SPENT}}), ()


def shut(tally: Tally) -> Changed:
    return tally.model_copy(update={"state": TallyState.SHUT}), ()


def taken_out_of_clear(tally: Tally, key: bytes) -> Changed:
    """Encrypt what a version before stored."""
    return tally.with_sum(tally.sum(key), key) if tally.cells else tally, ()


def freed(tally: Tally, questions: Sequence[str], key: bytes) -> Changed:
    """Where the answers cannot be read, everybody may answer again."""
    if tally.is_readable(key):
        return tally, ()
    slots = dict.fromkeys(tally.slots, UNSPENT)
    return tally.with_sum(_nothing(questions), key).model_copy(update={"slots": slots}), ()


def sum_up(sums: Iterable[Sum], questions: Sequence[str]) -> dict[str, Sequence[int]]:
    """How often each score from 0 to 10 was given to each question, over all parts."""
    scores = _joined([_nothing(questions), *sums]).scores
    return {question: scores[question] for question in questions}


def gather_comments(sums: Iterable[Sum]) -> list[str]:
    return shuffled(_joined(sums).comments)


def shuffled(items: Iterable[T]) -> list[T]:
    """The items in random order, from the system's randomness."""
    mixed = list(items)
    _chance.shuffle(mixed)
    return mixed


def count(tallies: Iterable[Tally]) -> int:
    return sum(part.answers for part in tallies)


def _nothing(questions: Sequence[str]) -> Sum:
    return Sum({question: [0] * (HIGHEST - LOWEST + 1) for question in questions})


def _in_order(cells: Mapping[str, int]) -> list[int]:
    return [cells.get(f"s{score}", 0) for score in range(LOWEST, HIGHEST + 1)]


def _joined(sums: Iterable[Sum]) -> Sum:
    scores: dict[str, list[int]] = {}
    comments: list[str] = []
    for each in sums:
        comments += each.comments
        for question, times in each.scores.items():
            before = scores.setdefault(question, [0] * len(times))
            scores[question] = [a + b for a, b in zip(before, times, strict=True)]
    return Sum(scores, comments)


def _json(scores: Mapping[str, Sequence[int]]) -> str:
    return orjson.dumps(scores).decode()
