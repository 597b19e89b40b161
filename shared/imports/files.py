"""One kind of file that the office brings in: its columns, what it would do, and the act that does it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.imports.columns import Column, Places, cells_of, refuse_people
from shared.imports.plans import Plan
from shared.imports.tables import Table, read_table
from shared.security.actions import Action
from shared.staff import Role, StaffMember

Planning = Callable[[Sequence[tuple[int, Mapping[str, str]]]], Awaitable[Plan]]
"""From the lines by number, their cells by our names, to what they would do."""


async def read_file(data: bytes) -> Table:
    """As `read_table`, beside the event loop."""
    return await asyncio.to_thread(read_table, data)


@dataclass(frozen=True)
class FileImport:
    columns: Sequence[Column]
    _planning: Planning
    _action: Action[[Plan], Any]
    holds_people: bool = False
    """Whether it brings people; every other file is refused if it has a column of them."""

    @property
    def role(self) -> Role:
        return self._action.role

    async def plan(self, table: Table, places: Places) -> Plan:
        """Raises PeopleInTheFileProblem, and whatever else stands against it."""
        if not self.holds_people:
            refuse_people(table, places)
        return await self._planning([(row.number, cells_of(row, places)) for row in table.rows])

    async def carry_out(self, member: StaffMember, plan: Plan) -> None:
        """All of it; there is no wrong line. Raises ForbiddenProblem."""
        assert not plan.is_wrong, "all or nothing"
        await self._action(member, plan)
