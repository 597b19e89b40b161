"""Signing in to the programme office: by user name and password, or as whom an OIDC provider vouches for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from services.registration.accounts.domain import (
    FIRST_RUN_LASTS,
    Account,
    NotOfTheOfficeProblem,
    OneTimeLink,
    OneTimeLinkProblem,
    TooManyAttemptsProblem,
    WrongCredentialsProblem,
)
from services.registration.accounts.passwords import Passwords
from services.registration.accounts.store import AccountStore, digest_of
from services.registration.accounts.throttle import Attempt, Caller, SignInThrottle
from shared import ids
from shared.clock import Clock
from shared.security.audit import Audit
from shared.staff import Role
from shared.storage.contract import Store
from shared.storage.records import Author, Recording
from shared.text.addresses import normalised_address

ROLES = {role.name.lower(): role for role in Role}
"""Values of the OIDC provider's role claim."""
FOUNDED, SIGNED_IN = "office.founded", "person.signed-in"
PASSWORD_SET = "person.password-set"  # noqa: S105  the act, no password
"""What the audit calls them."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, repr=False)
class SigningIn:
    _accounts: AccountStore
    _throttle: SignInThrottle
    _secret: bytes
    _audit: Audit
    _clock: Clock
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
            OneTimeLinkProblem: the link is wrong, was used or has expired, or the person was removed.
        """
        person = await self._accounts.get((await self._link(token)).person_id)
        if person is None or person.is_removed:
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
        return await self._accounts.change(
            person.id,
            lambda now: (now.model_copy(update={"password_hash": kept}), []),
            record=Author(person.member, PASSWORD_SET).record(person.id),
        )

    async def note_signed_in(self, person: Account) -> None:
        """Record the sign-in. Nothing else is stored: the session is a signed cookie."""
        await self._audit.record(person.member, SIGNED_IN, person.id)

    def browser_mark(self, person: Account) -> str:
        """The mark of a known browser, so that others' failures do not slow it down; empty without a password."""
        return self._throttle.new_mark(person) if person.password_hash else ""

    async def by_password(self, user_name: str, password: str, caller: Caller) -> Account:
        """The person with this user name and password. An unknown name is answered as a wrong password is, and as late.

        Raises:
            WrongCredentialsProblem: one of the two is wrong.
            TooManyAttemptsProblem: after many failures, or while many try; nothing was tried.
        """
        account = self.id_of(_address(user_name.strip()) or user_name.strip().lower())
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

    async def by_oidc(self, claims: Mapping[str, object], role_claim: str) -> Account:
        """The person for whom the provider vouches: it gives them a role, or they were added by address.

        Their subject is kept at the first time: addresses pass from one person to another, subjects do not.

        Raises:
            NotOfTheOfficeProblem: neither.
        """
        subject = f"{claims['iss']} {claims['sub']}"
        role = _granted(claims.get(role_claim))
        if person := await self._accounts.of_subject(subject):
            return await self._accounts.change(person.id, lambda now: now.in_role(role or now.role))
        address = _vouched_address(claims)
        person = await self._accounts.get(self.id_of(address)) if address else None
        if person and not person.is_removed and not person.subject:
            bound = {"subject": subject}
            return await self._accounts.change(
                person.id, lambda now: now.model_copy(update=bound).in_role(role or now.role)
            )
        if not role or not address or (person and not person.is_removed):
            raise NotOfTheOfficeProblem
        return await self._admit(
            Account(
                id=self.id_of(address),
                user_name=address,
                name=str(claims.get("name") or address)[:200],
                role=role,
                subject=subject,
                added_at=self._clock(),
            )
        )

    async def _try(self, attempt: Attempt, person: Account | None, password: str) -> Account:
        budgets = await self._throttle.begin(attempt)
        kept = person.password_hash if person and not person.is_removed else ""
        if not await self._passwords.is_right(kept, password) or person is None:
            raise WrongCredentialsProblem
        await self._throttle.succeeded(budgets)
        return person

    async def _hash(self, password: str, token: str) -> str:
        """The holder of a one-time link does not wait behind those who guess."""
        async with self._passwords.turns.turn(digest_of(token), is_known=True):
            return await self._passwords.hash(password)

    async def _admit(self, person: Account, record: Recording[Account] | None = None) -> Account:
        """Create the account, or revive a removed one; the account as kept."""
        if await self._accounts.create(person, person.access_changed(), record=record):
            return person.model_copy(update={"version": 1})
        return await self._accounts.change(person.id, person.in_place_of, record=record)

    async def _link(self, token: str) -> OneTimeLink:
        link = await self._accounts.link(token)
        if link is None or link.spent or link.expires_at < self._clock():
            raise OneTimeLinkProblem
        return link

    async def _spend(self, token: str) -> None:
        if not await self._accounts.spend_link(token):
            raise OneTimeLinkProblem


async def first_run_token(store: Store, clock: Clock) -> str | None:
    """A new token for the first-run link, in place of the one before; None once the office has an administrator.

    The store is registration's, prepared.
    """
    accounts = AccountStore(store, clock)
    if await accounts.count_administrators():
        return None
    return await accounts.new_link("", clock() + FIRST_RUN_LASTS)


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


def _vouched_address(claims: Mapping[str, object]) -> str:
    """Empty where the provider says that the address is not verified."""
    if claims.get("email_verified") is False:
        return ""
    return _address(str(claims.get("email") or claims.get("preferred_username") or ""))


def _granted(claim: object) -> Role | None:
    """The highest role that a claim, one value or several, gives."""
    values = claim if isinstance(claim, list) else [claim]
    return max((ROLES[value] for value in values if isinstance(value, str) and value in ROLES), default=None)
