"""What a file would do, line by line, before anything is stored."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.storage.contract import Scalar


class LineState(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Fault:
    column: str
    """By its name; empty for the whole line."""
    message: str
    """A message id."""
    values: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    about: str
    """What it is about, in the office's own words: a date and a title, the name of a council."""
    state: LineState
    changes: Sequence[Change] = ()
    faults: Sequence[Fault] = ()
    item: dict[str, Any] | None = None
    """What is to be stored of it, as a document; None where nothing is."""


@dataclass(frozen=True, slots=True)
class Plan:
    lines: Sequence[Line]
    mails: int = 0
    """How many mails leave once it is carried out."""

    @property
    def counts(self) -> dict[LineState, int]:
        states = [line.state for line in self.lines]
        return {state: states.count(state) for state in LineState}

    @property
    def is_wrong(self) -> bool:
        return bool(self.counts[LineState.WRONG])

    @property
    def told(self) -> list[Line]:
        """The lines that do something or are wrong."""
        return [line for line in self.lines if line.state is not LineState.SAME]

    @property
    def items(self) -> list[dict[str, Any]]:
        return [line.item for line in self.lines if line.item is not None]

    @property
    def digest(self) -> str:
        """Tells two plans apart: what is confirmed is what was seen."""
        seen = [(line.number, line.about, line.state, line.changes, line.faults) for line in self.lines]
        return hashlib.sha256(repr((seen, self.mails)).encode()).hexdigest()[:32]


def wrong(number: int, about: str, *faults: Fault) -> Line:
    return Line(number, about, LineState.WRONG, faults=faults)
