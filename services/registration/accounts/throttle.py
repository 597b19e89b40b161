"""How often passwords may be tried: many wrong ones slow down those from whom they come, and nobody else."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.registration.accounts.domain import Account, TooManyAttemptsProblem
from shared import ids
from shared.clock import Clock, from_millis, to_millis
from shared.storage.contract import Document, Index, Store, at_most

SIGN_IN_ATTEMPTS = "sign_in_attempts"
COLLECTIONS = {SIGN_IN_ATTEMPTS: [Index(("last_at",))]}

_TRIES = 5
_LARGEST_POWER = 20


@dataclass(frozen=True, slots=True)
class Budget:
    """`free` failures may follow each other at once; from then on the pause doubles from a second up to `longest`.

    One failure is forgiven for every `longest` without another: in the long run there is one in each.
    """

    free: int
    longest: timedelta

    def pause(self, failures: int) -> timedelta:
        over = failures - self.free
        return min(timedelta(seconds=2 ** min(over, _LARGEST_POWER)), self.longest) if over >= 0 else timedelta(0)

    def left_of(self, failures: int, quiet: timedelta) -> int:
        """How many of the failures still count after a time without another."""
        return max(0, failures - quiet // self.longest)


OF_ONE_WITH_ONE = Budget(5, timedelta(minutes=5))
"""Of one place on the network, or of one known browser, with one account."""
OF_ONE_PLACE = Budget(100, timedelta(seconds=10))
"""Of one place, which a whole council may share, with all accounts."""
OF_NEWCOMERS = Budget(1000, timedelta(seconds=1))
"""With one account, of places that have not failed with it lately: whoever has the right password is among them."""
OF_RETURNING = Budget(100, timedelta(seconds=10))
"""With one account, of places that have failed with it lately, all together."""
KEPT_FOR = timedelta(hours=2)
"""Longer than any budget takes to fill again: what «lately» means."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of an attempt to sign in."""

    origin: str
    """The place on the network."""
    mark: str = ""
    """What the browser was given when somebody signed in with it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    account: str
    line: str
    """A keyed hash of the known browser or, where there is none, of the origin."""
    is_known: bool


@dataclass(frozen=True, slots=True, repr=False)
class SignInThrottle:
    """Counts failed attempts under keyed hashes: no address can be read from them.

    Each attempt is counted before it is made, in guarded updates, so many at once count as many. Browsers that an
    account knows have budgets of their own.
    """

    _store: Store
    _secret: bytes
    _clock: Clock

    def new_mark(self, person: Account) -> str:
        """The mark of a browser with which somebody signs in; worth nothing once their password is another."""
        browser = ids.new_id()
        return f"{browser}.{self._signature(browser, person)}"

    def attempt(self, account: str, person: Account | None, caller: Caller) -> Attempt:
        """An attempt with an account; `person` is None where nobody has it."""
        browser, _, signature = caller.mark.partition(".")
        expected = self._signature(browser, person) if person and person.password_hash else ""
        is_known = bool(expected) and hmac.compare_digest(signature.encode(), expected.encode())
        line = ("browser", browser) if is_known else ("origin", caller.origin)
        return Attempt(account, ids.derived_id(self._secret, "sign-in", *line), is_known)

    async def begin(self, attempt: Attempt) -> Mapping[str, Budget]:
        """Count an attempt; the budgets in which it counts.

        Raises:
            TooManyAttemptsProblem: one of them is used up; nothing was counted.
        """
        now = self._clock()
        await self._store.delete(SIGN_IN_ATTEMPTS, {"last_at": at_most(to_millis(now - KEPT_FOR))})
        budgets = await self._budgets(attempt)
        for _ in range(_TRIES):
            found = {key: await self._store.get(SIGN_IN_ATTEMPTS, key) for key in budgets}
            pause = max(document["blocked_until"] if document else 0 for document in found.values()) - to_millis(now)
            if pause > 0:
                raise TooManyAttemptsProblem(pause // 1000 + 1)
            if await self._count_in_all(budgets, found, now):
                return budgets
        raise TooManyAttemptsProblem(1)

    async def succeeded(self, budgets: Mapping[str, Budget]) -> None:
        """Take back a good attempt, and what its sender failed before."""
        own, *shared = budgets
        await self._store.delete(SIGN_IN_ATTEMPTS, {"_id": own})
        await self._refund(shared)

    async def _budgets(self, attempt: Attempt) -> Mapping[str, Budget]:
        own = self._key("one with one", attempt.line, attempt.account)
        if attempt.is_known:
            return {own: OF_ONE_WITH_ONE}
        is_returning = await self._store.get(SIGN_IN_ATTEMPTS, own) is not None
        kind, of_account = ("returning", OF_RETURNING) if is_returning else ("newcomers", OF_NEWCOMERS)
        return {
            own: OF_ONE_WITH_ONE,
            self._key("one place", attempt.line): OF_ONE_PLACE,
            self._key(kind, attempt.account): of_account,
        }

    async def _count_in_all(
        self, budgets: Mapping[str, Budget], found: Mapping[str, Document | None], now: datetime
    ) -> bool:
        """False, and nothing stays counted, where somebody else counted meanwhile."""
        counted: list[str] = []
        for key, budget in budgets.items():
            if not await self._count(key, budget, found[key], now):
                await self._refund(counted)
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

    async def _refund(self, keys: Iterable[str]) -> None:
        for key in keys:
            await self._store.update(SIGN_IN_ATTEMPTS, key, increment={"failures": -1})

    def _key(self, *parts: str) -> str:
        return ids.derived_id(self._secret, "attempts", *parts)

    def _signature(self, browser: str, person: Account) -> str:
        return ids.derived_id(self._secret, "known browser", browser, person.id, person.password_hash)
