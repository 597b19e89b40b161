"""Rate limits, counted in the store so that they hold for all replicas together.

A counter lives as long as its window. Its id is a keyed hash of the client: no address can be read from it.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime, timedelta

from shared.clock import Clock, to_millis
from shared.ids import derived_id
from shared.problems import Problem, mark
from shared.storage.contract import Index, Store, at_most, less

LIMITS = "limits"
LIMIT_COLLECTIONS: Mapping[str, tuple[Index, ...]] = {LIMITS: (Index(("until",)),)}


class TooOftenProblem(Problem):
    """More than is allowed within the time; nothing was stored."""

    status = 429
    code = "too-often"
    title = mark("Too many requests have come from here or with this address. Try again in {minutes} min.")

    def __init__(self, left: timedelta) -> None:
        seconds = max(1, round(left.total_seconds()))
        super().__init__(minutes=-(-seconds // 60))
        self.retry_after = seconds


@dataclass(frozen=True, slots=True)
class RateLimiter:
    """Fixed windows of time; one guarded write for each request."""

    store: Store
    clock: Clock
    _: KW_ONLY
    secret: bytes

    async def hit(self, what: str, who: str, thing: str, *, most: int, within: timedelta) -> None:
        """Count one more thing; the same one again, as with a form that is sent twice, counts once.

        Without limit if `most` is 0 or `who` is empty.

        Raises:
            TooOftenProblem: `who` has had `most` others in this window.
        """
        if not most or not who:
            return
        now = self.clock()
        window = (now - datetime.fromtimestamp(0, UTC)) // within
        until = datetime.fromtimestamp(0, UTC) + (window + 1) * within
        counter = derived_id(self.secret, "limit", what, who, str(window))
        mark = derived_id(self.secret, "limited", counter, thing)
        if not await self._count(counter, mark, most, until):
            raise TooOftenProblem(until - now)

    async def forget(self) -> bool:
        """Delete old counters. A loop's step: never more at once."""
        await self.store.delete(LIMITS, {"until": at_most(to_millis(self.clock()))})
        return False

    async def _count(self, counter: str, mark: str, most: int, until: datetime) -> bool:
        """Whether it is counted, now or before."""
        if await self._add(counter, mark, most):
            return True
        first = {"_id": counter, "count": 1, "counted": {mark: 1}, "until": to_millis(until)}
        if await self.store.insert(LIMITS, first) or await self._add(counter, mark, most):
            return True
        document = await self.store.get(LIMITS, counter)
        return document is not None and mark in document["counted"]

    async def _add(self, counter: str, mark: str, most: int) -> bool:
        field = f"counted.{mark}"
        guard = {"count": less(most), field: None}
        return await self.store.update(LIMITS, counter, guard=guard, assign={field: 1}, increment={"count": 1})
