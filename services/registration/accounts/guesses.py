"""Who may try a password now: many wrong ones slow down those from whom they come, and nobody else."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from services.registration.accounts.domain import Account, TooManyAttemptsProblem
from services.registration.accounts.guessing import (
    OF_NEWCOMERS,
    OF_ONE_PLACE,
    OF_ONE_WITH_ONE,
    OF_RETURNING,
    Budget,
)
from services.registration.accounts.throttle import SignInThrottle
from shared import ids
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class Caller:
    """Where an attempt to sign in comes from."""

    origin: str
    """The place on the network."""
    mark: str = ""
    """What the browser was given when somebody signed in with it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One password tried with one account."""

    account: str
    line: str
    """A keyed hash of the known browser or, where there is none, of the origin."""
    is_known: bool


class Guesses:
    """The budgets of attempts, and the browsers that have one of their own."""

    def __init__(self, attempts: SignInThrottle, secret: bytes, clock: Clock) -> None:
        self._attempts = attempts
        self._secret = secret
        self._clock = clock

    def new_mark(self, person: Account) -> str:
        """The mark of a browser with which somebody signs in; worth nothing once their password is another."""
        browser = ids.new_id()
        return f"{browser}.{self._signature(browser, person)}"

    def attempt(self, account: str, person: Account | None, caller: Caller) -> Attempt:
        """An attempt with an account, of which somebody may be the person."""
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
        await self._attempts.forget_old(now)
        budgets = await self._budgets(attempt)
        if pause := await self._attempts.begin(budgets, now):
            raise TooManyAttemptsProblem(pause)
        return budgets

    async def succeeded(self, budgets: Mapping[str, Budget]) -> None:
        """Take an attempt back that was a good one, and what its sender failed before."""
        own, *shared = budgets
        await self._attempts.forget(own)
        await self._attempts.refund(shared)

    async def _budgets(self, attempt: Attempt) -> Mapping[str, Budget]:
        own = self._key("one with one", attempt.line, attempt.account)
        if attempt.is_known:
            return {own: OF_ONE_WITH_ONE}
        returning = await self._attempts.has(own)
        of_account = ("returning", OF_RETURNING) if returning else ("newcomers", OF_NEWCOMERS)
        return {
            own: OF_ONE_WITH_ONE,
            self._key("one place", attempt.line): OF_ONE_PLACE,
            self._key(of_account[0], attempt.account): of_account[1],
        }

    def _key(self, *parts: str) -> str:
        return ids.derived_id(self._secret, "attempts", *parts)

    def _signature(self, browser: str, person: Account) -> str:
        return ids.derived_id(self._secret, "known browser", browser, person.id, person.password_hash)
