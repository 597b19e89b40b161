"""The attempts to sign in that failed lately, under keyed hashes: no address can be read from them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.registration.accounts.guessing import KEPT_FOR, Budget
from shared.clock import from_millis, to_millis
from shared.storage.contract import Document, Index, Store, at_most

SIGN_IN_ATTEMPTS = "sign_in_attempts"
COLLECTIONS = {SIGN_IN_ATTEMPTS: [Index(("last_at",))]}

_TRIES = 5


class SignInThrottle:
    """Counts each attempt before it is made, in guarded updates, so many at once count as many."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def has(self, key: str) -> bool:
        """Whether anything was counted lately."""
        return await self._store.get(SIGN_IN_ATTEMPTS, key) is not None

    async def begin(self, budgets: Mapping[str, Budget], now: datetime) -> int:
        """Count an attempt in all budgets; when one is used up nothing is counted. The seconds to wait, or 0."""
        for _ in range(_TRIES):
            found = {key: await self._store.get(SIGN_IN_ATTEMPTS, key) for key in budgets}
            pause = max(document["blocked_until"] if document else 0 for document in found.values()) - to_millis(now)
            if pause > 0:
                return pause // 1000 + 1
            if await self._count_in_all(budgets, found, now):
                return 0
        return 1

    async def forget(self, key: str) -> None:
        """Forget what was counted."""
        await self._store.delete(SIGN_IN_ATTEMPTS, {"_id": key})

    async def forget_old(self, now: datetime) -> None:
        """Forget what has not grown for a long time."""
        await self._store.delete(SIGN_IN_ATTEMPTS, {"last_at": at_most(to_millis(now - KEPT_FOR))})

    async def refund(self, keys: Iterable[str]) -> None:
        """Take back one attempt, which did not fail."""
        for key in keys:
            await self._store.update(SIGN_IN_ATTEMPTS, key, increment={"failures": -1})

    async def _count_in_all(
        self, budgets: Mapping[str, Budget], found: Mapping[str, Document | None], now: datetime
    ) -> bool:
        """Whether nobody else counted meanwhile; if so, nothing stays counted."""
        counted: list[str] = []
        for key, budget in budgets.items():
            if not await self._count(key, budget, found[key], now):
                await self.refund(counted)
                return False
            counted.append(key)
        return True

    async def _count(self, key: str, budget: Budget, before: Document | None, now: datetime) -> bool:
        failures = 1 + (budget.left_of(before["failures"], now - from_millis(before["last_at"])) if before else 0)
        blocked_until = to_millis(now + budget.pause(failures))
        fields = {"failures": failures, "blocked_until": blocked_until, "last_at": to_millis(now)}
        if before is None:
            return await self._store.insert(SIGN_IN_ATTEMPTS, {"_id": key, **fields})
        guard = {name: before[name] for name in ("failures", "last_at")}
        return await self._store.update(SIGN_IN_ATTEMPTS, key, guard=guard, assign=fields)
