"""The board: the entities of a programme by its phases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.registration.memberships.domain import Membership, Progress
from shared.events.registration import Phase
from shared.events.vocabulary import MembershipState
from shared.problems import mark


class Cell(StrEnum):
    """How an entity stands in a phase."""

    AHEAD = ""
    DOING = "doing"
    DONE = "done"
    LATE = "late"


CELL_NAMES = {
    Cell.AHEAD: mark("not begun"),
    Cell.DOING: mark("under way"),
    Cell.DONE: mark("done"),
    Cell.LATE: mark("late"),
}
SIGNS = {Cell.AHEAD: "·", Cell.DOING: "●", Cell.DONE: "✓", Cell.LATE: "!"}
"""Read from afar, with the words for who hears the page."""
_CELLS = {None: Cell.AHEAD, Progress.DOING: Cell.DOING, Progress.DONE: Cell.DONE}


@dataclass(frozen=True, slots=True)
class Row:
    membership: Membership
    cells: Sequence[Cell]
    """One for each phase."""


@dataclass(frozen=True, slots=True)
class Board:
    rows: Sequence[Row]
    """Who takes part, by name."""
    ended: Sequence[Membership]

    @property
    def late(self) -> int:
        return sum(Cell.LATE in row.cells for row in self.rows)

    @property
    def without_contact(self) -> int:
        return sum(not row.membership.people for row in self.rows)


def board(found: Sequence[Membership], phases: Sequence[Phase], today: date) -> Board:
    by_name = sorted(found, key=lambda each: each.entity_name)
    active = [each for each in by_name if each.is_active]
    rows = [Row(each, [cell(each, phase.key, today) for phase in phases]) for each in active]
    return Board(rows, [each for each in by_name if each.state is not MembershipState.ACTIVE])


def cell(membership: Membership, phase: str, today: date) -> Cell:
    """The phase that it is in is late once the next step should have been taken."""
    if phase == membership.phase and membership.is_late(today):
        return Cell.LATE
    return _CELLS[membership.progress(phase)]
