"""Signing in to the programme office: by user name and password, or as whom an OIDC provider vouches for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from services.registration.accounts.domain import (
    FIRST_RUN_LASTS,
    Account,
    Identity,
    LocalAccountProblem,
    NotOfTheOfficeProblem,
    OneTimeLink,
    OneTimeLinkProblem,
    TooManyAttemptsProblem,
    WrongCredentialsProblem,
)
from services.registration.accounts.passwords import Passwords
from services.registration.accounts.store import AccountStore, digest_of
from services.registration.accounts.throttle import Attempt, Caller, SignInThrottle
from services.registration.accounts.weak_passwords import is_weak
from shared import ids
from shared.clock import Clock
from shared.staff import PROVIDER, Role, StaffMember
from shared.storage.contract import Store
from shared.storage.records import ActRecord, Author, Recording
from shared.text.addresses import normalised_address

FOUNDED = "office.founded"
PASSWORD_SET = "person.password-set"  # noqa: S105  the act, no password
"""What the audit calls them."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, repr=False)
class SigningIn:
    _accounts: AccountStore
    _throttle: SignInThrottle
    _secret: bytes
    _clock: Clock
    _context: Sequence[str] = ()
    """Names of the installation, which no password may be made of."""
    _passwords: Passwords = field(default_factory=Passwords)

    def id_of(self, user_name: str) -> str:
        return ids.derived_id(self._secret, "office person", user_name)

    async def found_office(self, token: str, name: str, user_name: str, password: str) -> Account:
        """Make the first administrator by the first-run link.

        Raises:
            OneTimeLinkProblem: the link is wrong, was used, or the office has an administrator.
        """
        await self.check_first_run(token)
        administrator = Account(
            id=self.id_of(user_name),
            user_name=user_name,
            name=name,
            role=Role.ADMIN,
            password_hash=await self._hash(password, token),
            added_at=self._clock(),
        )
        await self._spend(token)
        return await self._admit(administrator, Author(administrator.member, FOUNDED).record(administrator.id))

    async def check_first_run(self, token: str) -> None:
        """Check that the first-run page may be shown.

        Raises:
            OneTimeLinkProblem: the link is wrong, was used, or the office has an administrator.
        """
        link = await self._link(token)
        if link.person_id or await self._accounts.count_administrators():
            raise OneTimeLinkProblem

    async def person_of_link(self, token: str) -> Account:
        """The person whose password a one-time link sets.

        Raises:
            OneTimeLinkProblem: the link is wrong, was used or has expired, or the person was removed since.
        """
        person = await self._accounts.holder(await self._link(token))
        if person is None:
            raise OneTimeLinkProblem
        return person

    async def set_password(self, token: str, password: str) -> Account:
        """Set a password by a one-time link, and use the link up.

        Raises:
            OneTimeLinkProblem: as `person_of_link`.
        """
        person = await self.person_of_link(token)
        kept = await self._hash(password, token)
        await self._spend(token)
        return await self._keep_password(person, kept)

    async def change_password(self, person: Account, password: str) -> Account:
        """Set another password for somebody who has just given the one before."""
        return await self._keep_password(person, await self._hash(password, person.id))

    def is_weak(self, password: str, *known: str) -> bool:
        """Whether a password is easy to guess for whoever knows these texts about its owner."""
        return is_weak(password, (*self._context, *known))

    def browser_mark(self, person: Account) -> str:
        """The mark of a known browser, so that others' failures do not slow it down; empty without a password."""
        return self._throttle.new_mark(person) if person.password_hash else ""

    async def by_password(self, user_name: str, password: str, caller: Caller) -> Account:
        """The person with this user name and password. An unknown name is answered as a wrong password is, and as late.

        Raises:
            WrongCredentialsProblem: one of the two is wrong.
            TooManyAttemptsProblem: after many failures, or while many try; nothing was tried.
        """
        return await self._check(self.id_of(_address(user_name.strip()) or user_name.strip().lower()), password, caller)

    async def confirm(self, member: StaffMember, password: str, caller: Caller) -> Account:
        """Somebody who is signed in gives the password again.

        Raises:
            WrongCredentialsProblem, TooManyAttemptsProblem: as `by_password`.
        """
        return await self._check(member.id, password, caller)

    async def by_oidc(self, who: Identity) -> Account:
        """The person for whom the provider vouches: it gives them a role, or they were added by address.

        The subject tells who it is. A verified address does so at the first time alone, and never of a local account.

        Raises:
            NotOfTheOfficeProblem: neither, or the role that the provider gave is withdrawn.
            LocalAccountProblem: the address belongs to a local account.
        """
        try:
            return await self._of_subject(who) or await self._of_address(who)
        except (NotOfTheOfficeProblem, LocalAccountProblem) as problem:
            subject = ids.derived_id(self._secret, "oidc subject", who.subject)
            log.warning("sign-in failed", action="sign_in_failed", reason=problem.code, account=subject)
            raise

    async def _of_subject(self, who: Identity) -> Account | None:
        """Who has signed in before as that subject; their role follows the claim."""
        person = await self._accounts.of_subject(who.subject)
        if person is None or (who.role is None and not person.claimed):
            return person
        role = who.role
        if role is None:
            now, record = self._clock(), Author(PROVIDER, "person.removed").record_at
            await self._accounts.change(
                person.id, lambda account: account.removed(now), record=lambda _, gone, at: record(at, gone.id)
            )
            raise NotOfTheOfficeProblem
        return await self._accounts.change(person.id, lambda now: now.claiming(role), record=_role_followed(role))

    async def _of_address(self, who: Identity) -> Account:
        """Who comes for the first time."""
        account = self.id_of(who.address or who.subject)
        known = await self._accounts.get(account)
        if known and not known.is_removed:
            return await self._accounts.change(account, lambda now: now.bound_to(who))
        if who.role is None:
            raise NotOfTheOfficeProblem
        return await self._admit(
            Account(
                id=account,
                user_name=who.address,
                name=who.name,
                role=who.role,
                subject=who.subject,
                claimed=True,
                added_at=self._clock(),
            )
        )

    async def _check(self, account: str, password: str, caller: Caller) -> Account:
        person = await self._accounts.get(account)
        attempt = self._throttle.attempt(account, person, caller)
        try:
            async with self._passwords.turns.turn(attempt.line, is_known=attempt.is_known):
                return await self._try(attempt, person, password)
        except (WrongCredentialsProblem, TooManyAttemptsProblem) as problem:
            log.warning(
                "sign-in failed",
                action="sign_in_failed",
                reason=problem.code,
                account=account,
                origin=attempt.line,
                known_browser=attempt.is_known,
            )
            raise

    async def _try(self, attempt: Attempt, person: Account | None, password: str) -> Account:
        budgets = await self._throttle.begin(attempt)
        kept = person.password_hash if person and not person.is_removed else ""
        if not await self._passwords.is_right(kept, password) or person is None:
            if person and not person.is_removed:
                await self._accounts.count_failure(person.id)
            raise WrongCredentialsProblem
        await self._throttle.succeeded(budgets)
        return person

    async def _hash(self, password: str, line: str) -> str:
        """The holder of a one-time link, or of a session, does not wait behind those who guess."""
        async with self._passwords.turns.turn(digest_of(line), is_known=True):
            return await self._passwords.hash(password)

    async def _keep_password(self, person: Account, kept: str) -> Account:
        """It ends the sessions that there are, other links, and what was begun with the password before."""
        await self._accounts.links.drop(person.id)
        await self._accounts.challenges.drop(person.id)
        return await self._accounts.change(
            person.id,
            lambda now: now.with_password(kept),
            record=Author(person.member, PASSWORD_SET).record(person.id),
        )

    async def _admit(self, person: Account, record: Recording[Account] | None = None) -> Account:
        """Create the account, or revive a removed one; the account as kept."""
        if await self._accounts.create(person, person.access_changed(), record=record):
            return person.model_copy(update={"version": 1})
        return await self._accounts.change(person.id, person.in_place_of, record=record)

    async def _link(self, token: str) -> OneTimeLink:
        link = await self._accounts.links.get(token)
        if link is None or not link.is_good(self._clock()):
            log.warning("link refused", action="link_refused", person=link.person_id if link else "")
            raise OneTimeLinkProblem
        return link

    async def _spend(self, token: str) -> None:
        if not await self._accounts.links.spend(token):
            raise OneTimeLinkProblem


async def first_run_token(store: Store, clock: Clock) -> str | None:
    """A new token for the first-run link, in place of the one before; None once the office has an administrator.

    The store is registration's, prepared.
    """
    accounts = AccountStore(store, clock)
    if await accounts.count_administrators():
        return None
    return await accounts.new_link(clock() + FIRST_RUN_LASTS)


async def first_run_link(store: Store, public_url: str, clock: Clock) -> str | None:
    """The address at which the first administrator is made, as `first_run_token`."""
    token = await first_run_token(store, clock)
    return f"{public_url.rstrip('/')}/office/first-run/{token}" if token else None


def password_address(public_url: str, token: str) -> str:
    return f"{public_url.rstrip('/')}/office/password/{token}"


def _address(text: str) -> str:
    """As user names are kept; empty for what is no address."""
    try:
        return normalised_address(text)
    except ValueError:
        return ""


def _role_followed(role: Role) -> Recording[Account]:
    """The record of a claim that changed the role; none where it says the same."""

    def make(before: Account, after: Account, at: datetime) -> ActRecord | None:
        by = Author(PROVIDER, "person.role-changed")
        return by.record_at(at, after.id, {"role": role.name.lower()}) if before.role is not role else None

    return make
