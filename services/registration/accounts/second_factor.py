"""The second step of a sign-in with a local account: a passkey is asked for, or made where one is needed.

Each step is a challenge that works once, for some minutes, and only after the password.
"""

from dataclasses import dataclass
from enum import StrEnum

import structlog

from services.registration.accounts.domain import (
    CHALLENGE_LASTS,
    Account,
    PasskeyProblem,
)
from services.registration.accounts.passkeys import RelyingParty
from services.registration.accounts.store import AccountStore
from shared.clock import Clock
from shared.staff import Role
from shared.storage.records import Author

PASSKEY_ADDED = "person.passkey-added"
log = structlog.get_logger()


class Step(StrEnum):
    USE = "use"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    _accounts: AccountStore
    _party: RelyingParty
    _administrators_need_it: bool
    _clock: Clock

    @property
    def is_offered(self) -> bool:
        return self._party.has_passkeys

    def step(self, person: Account) -> Step | None:
        """What follows the password; None where it is enough."""
        if person.passkeys:
            return Step.USE
        return Step.ADD if self._administrators_need_it and person.role is Role.ADMIN else None

    async def begin(self, person: Account, step: Step) -> str:
        """The challenge of a step, for somebody who has just given the password."""
        now = self._clock()
        await self._accounts.challenges.drop_expired(now)
        return await self._accounts.challenges.make(now + CHALLENGE_LASTS, person, step)

    async def asked(self, challenge: str) -> tuple[Account, Step]:
        """Whose step it is, and which.

        Raises:
            PasskeyProblem: there is no such step any more.
        """
        kept = await self._accounts.challenges.get(challenge)
        person = await self._accounts.holder(kept) if kept and kept.is_good(self._clock()) else None
        if kept is None or person is None:
            raise PasskeyProblem
        return person, Step(kept.purpose)

    def options(self, person: Account, step: Step, challenge: str) -> str:
        """What the browser is asked, as JSON."""
        make = self._party.request_options if step is Step.USE else self._party.creation_options
        return make(person, challenge)

    async def answer(self, challenge: str, answer: str, name: str) -> Account:
        """Use the step up; the person, whose passkey is right or was added.

        Raises:
            PasskeyProblem: the answer is not good; the password has to be given again.
        """
        person, step = await self.asked(challenge)
        if not await self._accounts.challenges.spend(challenge):
            raise PasskeyProblem
        try:
            if step is Step.USE:
                return await self._use(person, challenge, answer)
            return await self._add(person, challenge, answer, name)
        except PasskeyProblem as problem:
            await self._accounts.count_failure(person.id)
            log.warning("sign-in failed", action="sign_in_failed", reason=problem.code, account=person.id)
            raise

    async def _use(self, person: Account, challenge: str, answer: str) -> Account:
        return await self._accounts.change(
            person.id, lambda now: now.with_passkeys(self._party.used(now, answer, challenge, self._clock()))
        )

    async def _add(self, person: Account, challenge: str, answer: str, name: str) -> Account:
        made = self._party.created(answer, challenge, name, self._clock())
        changed = await self._accounts.change(
            person.id,
            lambda now: now.with_passkeys((*now.passkeys, made)),
            record=Author(person.member, PASSKEY_ADDED).record(person.id, {"passkey": name}),
        )
        await self._accounts.challenges.drop(person.id)  # begun with the password alone, they would add another
        return changed
