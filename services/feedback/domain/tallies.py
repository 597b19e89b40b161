"""The tally: the answers without the people.

A part of a survey is one document that is complete before the first link is mailed: a slot for each link, a cell for
each question and score, a place for each comment. An answer only changes values, so nothing in the document tells in
which order they came or which belong together.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from random import SystemRandom
from typing import TypeVar

from shared.storage.collection import Stored

LOWEST, HIGHEST = 0, 10
"""The scale of every question."""
UNSPENT, SPENT = 0, 1

_COMMENT_KEY_BYTES = 5
_chance = SystemRandom()
T = TypeVar("T")


class TallyState(StrEnum):
    """Whether a part takes answers. It only ever goes forward, so a late «open» cannot undo a «shut»."""

    NEW = "new"
    OPEN = "open"
    SHUT = "shut"


class Tally(Stored):
    session_id: str
    part: int
    state: TallyState = TallyState.NEW
    n: int = 0
    slots: dict[str, int]
    """By the hash of a link's token: whether the link was used."""
    comments: dict[str, str]
    """As many places as slots, under keys that mean nothing; an empty one is free."""
    cells: dict[str, dict[str, int]] = {}
    """How often each score was given, by question and score; there from the opening on."""

    def unspent(self) -> list[str]:
        return [digest for digest, slot in self.slots.items() if slot == UNSPENT]

    def free_comment(self) -> str:
        """The key of a free place, chosen by chance."""
        return _chance.choice([key for key, text in self.comments.items() if not text])

    def with_late(self, hashes: Iterable[str]) -> "Tally":
        """The part with slots and comment places for missing links too; itself if none is missing.

        Mix slots and places again: their order must not show which are late, nor which comment a late link brought.
        """
        missing = set(hashes) - self.slots.keys()
        if not missing:
            return self
        slots = {**self.slots, **dict.fromkeys(missing, UNSPENT)}
        comments = {**self.comments, **dict.fromkeys(_new_keys(len(missing), set(self.comments)), "")}
        return self.model_copy(update={"slots": _mixed(slots), "comments": _mixed(comments)})


def tally_id(session_id: str, part: int) -> str:
    return f"{session_id}:{part}"


def new_tally(session_id: str, part: int, hashes: Sequence[str]) -> Tally:
    """A part with a slot and a place for a comment for each link, in an order that means nothing."""
    return Tally(
        id=tally_id(session_id, part),
        session_id=session_id,
        part=part,
        slots=dict.fromkeys(shuffled(sorted(set(hashes))), UNSPENT),
        comments=dict.fromkeys(shuffled(_new_keys(len(set(hashes)), set())), ""),
    )


def _new_keys(number: int, taken: set[str]) -> set[str]:
    keys: set[str] = set()
    while len(keys) < number:
        keys |= {_chance.randbytes(_COMMENT_KEY_BYTES).hex()} - taken
    return keys


def _mixed(fields: dict[str, T]) -> dict[str, T]:
    return {name: fields[name] for name in shuffled(fields)}


def new_cells(questions: Iterable[str]) -> dict[str, dict[str, int]]:
    scores = [cell(score) for score in range(LOWEST, HIGHEST + 1)]
    return {question: dict.fromkeys(shuffled(scores), 0) for question in shuffled(questions)}


def cell(score: int) -> str:
    return f"s{score}"


def sum_up(tallies: Iterable[Tally], questions: Sequence[str]) -> dict[str, list[int]]:
    """How often each score from 0 to 10 was given to each question, over all parts."""
    parts = list(tallies)
    return {
        question: [
            sum(part.cells.get(question, {}).get(cell(score), 0) for part in parts)
            for score in range(LOWEST, HIGHEST + 1)
        ]
        for question in questions
    }


def gather_comments(tallies: Iterable[Tally]) -> list[str]:
    return shuffled(text for part in tallies for text in part.comments.values() if text)


def shuffled(items: Iterable[T]) -> list[T]:
    """The items in random order, from the system's randomness."""
    mixed = list(items)
    _chance.shuffle(mixed)
    return mixed


def count(tallies: Iterable[Tally]) -> int:
    return sum(part.n for part in tallies)
