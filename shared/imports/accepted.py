"""Imports that were accepted: carried out wholly, whatever dies meanwhile.

All that a file brings is stored with the record of the act in one write. It is carried out item by item, each safe to
repeat; then the items go, and only the act stays.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared import ids
from shared.clock import Clock
from shared.faults import failpoint
from shared.loops import Loop
from shared.storage.aggregates import PENDING, Aggregate, Aggregates
from shared.storage.contract import Index, Store
from shared.storage.records import Recording

IMPORTS = "imports"
IMPORT_COLLECTIONS = {IMPORTS: [PENDING, Index(("unsettled",))]}
_AT_A_TIME = 50

CarryOut = Callable[[dict[str, Any]], Awaitable[None]]
"""Stores one item; safe to repeat."""


class Accepted(Aggregate):
    kind: str
    items: tuple[dict[str, Any], ...]
    unsettled: int = 1
    """0 once all is carried out."""


@dataclass(frozen=True)
class Imports:
    _accepted: Aggregates[Accepted]
    _carry_out: Mapping[str, CarryOut]
    """By kind."""

    @classmethod
    def over(cls, store: Store, clock: Clock, carry_out: Mapping[str, CarryOut]) -> "Imports":
        return cls(Aggregates(store, IMPORTS, Accepted, clock=clock), carry_out)

    async def accept(self, kind: str, items: Sequence[dict[str, Any]], record: Recording[Accepted]) -> None:
        """Store and carry out what a file brings. Of nothing nothing is stored, no record either."""
        if not items:
            return
        accepted = Accepted(id=ids.new_id(), kind=kind, items=tuple(items))
        await self._accepted.create(accepted, record=record)
        failpoint("import-accepted")
        await self._finish(accepted)

    async def step(self) -> bool:
        """Carry out what a crash left behind. A loop's step: never more at once."""
        async for accepted in self._accepted.each({"unsettled": 1}):
            await self._finish(accepted)
        return False

    def loop(self, *, every: float) -> Loop:
        return Loop("imports", self.step, every=every)

    async def _finish(self, accepted: Accepted) -> None:
        carry_out = self._carry_out[accepted.kind]
        for start in range(0, len(accepted.items), _AT_A_TIME):
            await asyncio.gather(*map(carry_out, accepted.items[start : start + _AT_A_TIME]))
            failpoint("import-carried-on")
        await self._accepted.change(accepted.id, _settled)


def _settled(accepted: Accepted) -> tuple[Accepted, Sequence[Any]]:
    return accepted.model_copy(update={"items": (), "unsettled": 0}), ()
