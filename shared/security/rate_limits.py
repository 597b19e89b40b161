"""How often somebody may ask for something: counters in the store, so that they hold for all replicas together.

A counter is named by a keyed hash of who asks and lives as long as its window: no address, no place on the network can
be read from it.
"""

from collections.abc import Mapping
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


class Limits:
    """Counts by fixed windows of time: one guarded write for each thing asked."""

    def __init__(self, store: Store, clock: Clock, *, secret: bytes) -> None:
        self._store = store
        self._clock = clock
        self._secret = secret

    async def admit(self, what: str, who: str, thing: str, *, most: int, within: timedelta) -> None:
        """Let one more thing pass; the same one again, as with a form that is sent twice, counts once.

        `most` 0 lets everything pass, an empty `who` too.

        Raises:
            TooOftenProblem: `who` has had `most` others in the present window of time.
        """
        if not most or not who:
            return
        now = self._clock()
        window = (now - datetime.fromtimestamp(0, UTC)) // within
        until = datetime.fromtimestamp(0, UTC) + (window + 1) * within
        counter = derived_id(self._secret, "limit", what, who, str(window))
        mark = derived_id(self._secret, "limited", counter, thing)
        if not await self._count(counter, mark, most, until):
            raise TooOftenProblem(until - now)

    async def forget(self) -> bool:
        """Delete the counters of the past; a loop's turn, with nothing left to do afterwards."""
        await self._store.delete(LIMITS, {"until": at_most(to_millis(self._clock()))})
        return False

    async def _count(self, counter: str, mark: str, most: int, until: datetime) -> bool:
        """Whether it is among those counted, now or before."""
        if await self._add(counter, mark, most):
            return True
        first = {"_id": counter, "count": 1, "counted": {mark: 1}, "until": to_millis(until)}
        if await self._store.insert(LIMITS, first) or await self._add(counter, mark, most):
            return True
        document = await self._store.get(LIMITS, counter)
        return document is not None and mark in document["counted"]

    async def _add(self, counter: str, mark: str, most: int) -> bool:
        field = f"counted.{mark}"
        guard = {"count": less(most), field: None}
        return await self._store.update(LIMITS, counter, guard=guard, assign={field: 1}, increment={"count": 1})
