"""Signing in to the programme office: by user name and password, or as whom an OIDC provider vouches for."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime

import structlog

from services.registration.accounts.domain import (
    FIRST_RUN_LASTS,
    PASSWORD_LINK_LASTS,
    Account,
    NotOfTheOfficeProblem,
    OneTimeLink,
    OneTimeLinkProblem,
    TooManyAttemptsProblem,
    WrongCredentialsProblem,
)
from services.registration.accounts.guesses import Attempt, Caller, Guesses
from services.registration.accounts.passwords import Passwords
from services.registration.accounts.store import AccountStore
from shared import ids
from shared.clock import Clock
from shared.security.audit import Audit
from shared.staff import Role
from shared.storage.contract import Store
from shared.storage.records import Author, Recording
from shared.text.addresses import normalised_address

ROLES = {"viewer": Role.VIEWER, "editor": Role.EDITOR, "admin": Role.ADMIN}
"""Values of the OIDC provider's role claim."""

FOUNDED, SIGNED_IN = "office.founded", "person.signed-in"
PASSWORD_SET = "person.password-set"  # noqa: S105  the act, no password
"""What the audit calls them."""
log = structlog.get_logger()


class SigningIn:
    """Who may come in, and how."""

    def __init__(self, office: AccountStore, guesses: Guesses, secret: bytes, audit: Audit, clock: Clock) -> None:
        self._office = office
        self._guesses = guesses
        self._secret = secret
        self._audit = audit
        self._clock = clock
        self._passwords = Passwords()

    def id_of(self, user_name: str) -> str:
        """The id of whoever has a user name."""
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
            password_hash=await self._kept(password, token),
            added_at=self._clock(),
        )
        await self._spend(token)
        return await self._admit(administrator, Author(administrator.member, FOUNDED).record(administrator.id))

    async def check_first_run(self, token: str) -> None:
        """Let the first-run page be shown.

        Raises:
            OneTimeLinkProblem: the link is wrong, was used, or the office has an administrator.
        """
        link = await self._link(token)
        if link.person_id or await self._office.count_administrators():
            raise OneTimeLinkProblem

    async def person_of_link(self, token: str) -> Account:
        """Whose password a one-time link sets.

        Raises:
            OneTimeLinkProblem: the link is wrong, was used or has expired, or the person was removed.
        """
        person = await self._office.people.get((await self._link(token)).person_id)
        if person is None or person.is_removed:
            raise OneTimeLinkProblem
        return person

    async def set_password(self, token: str, password: str) -> Account:
        """Set a password by a one-time link, which is thereby used up.

        Raises:
            OneTimeLinkProblem: as `person_of_link`.
        """
        person = await self.person_of_link(token)
        kept = await self._kept(password, token)
        await self._spend(token)
        return await self._office.people.change(
            person.id,
            lambda now: (now.model_copy(update={"password_hash": kept}), []),
            record=Author(person.member, PASSWORD_SET).record(person.id),
        )

    async def note_signed_in(self, person: Account) -> None:
        """Record that somebody signs in. Nothing else is stored: the session is a signed cookie."""
        await self._audit.record(person.member, SIGNED_IN, person.id)

    def browser_mark(self, person: Account) -> str:
        """What the browser keeps with which somebody signed in, so that others' failures do not slow it down; empty
        for who has no password."""
        return self._guesses.new_mark(person) if person.password_hash else ""

    async def by_password(self, user_name: str, password: str, caller: Caller) -> Account:
        """Who has this user name and password. An unknown name is answered as a wrong password is, and as late.

        Raises:
            WrongCredentialsProblem: one of the two is wrong.
            TooManyAttemptsProblem: after many failures, or while many try; nothing was tried.
        """
        account = self.id_of(_as_address(user_name))
        person = await self._office.people.get(account)
        attempt = self._guesses.attempt(account, person, caller)
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
        """Whom the provider vouches for: somebody whom it gives a role, or who was added by address.

        The provider's subject is kept at the first time: addresses pass from one person to another, subjects do not.

        Raises:
            NotOfTheOfficeProblem: neither.
        """
        subject = f"{claims['iss']} {claims['sub']}"
        role = _granted(claims.get(role_claim))
        if person := await self._office.of_subject(subject):
            return await self._office.people.change(person.id, lambda now: now.in_role(role or now.role))
        address = _vouched_address(claims)
        person = await self._office.people.get(self.id_of(address)) if address else None
        if person and not person.is_removed and not person.subject:
            bound = {"subject": subject}
            return await self._office.people.change(
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
        budgets = await self._guesses.begin(attempt)
        kept = person.password_hash if person and not person.is_removed else ""
        if not await self._passwords.is_right(kept, password) or person is None:
            raise WrongCredentialsProblem
        await self._guesses.succeeded(budgets)
        return person

    async def _kept(self, password: str, token: str) -> str:
        """What is kept of the password of somebody who has a one-time link, and so does not wait behind who guesses."""
        async with self._passwords.turns.turn(digest_of(token), is_known=True):
            return await self._passwords.hash(password)

    async def _admit(self, person: Account, record: Recording[Account] | None = None) -> Account:
        """Take somebody in, also who was of the office before; the person as kept."""
        if await self._office.people.create(person, person.access_changed(), record=record):
            return person.model_copy(update={"version": 1})
        return await self._office.people.change(person.id, person.in_place_of, record=record)

    async def _link(self, token: str) -> OneTimeLink:
        link = await self._office.link(digest_of(token))
        if link is None or link.spent or link.expires_at < self._clock():
            raise OneTimeLinkProblem
        return link

    async def _spend(self, token: str) -> None:
        if not await self._office.spend_link(digest_of(token)):
            raise OneTimeLinkProblem


async def first_run_token(store: Store, clock: Clock) -> str | None:
    """A new token for the first-run link, in place of the one before; None once the office has an administrator.

    The store is registration's, prepared. The token itself is kept nowhere.
    """
    office = AccountStore(store, clock)
    if await office.count_administrators():
        return None
    token, link = new_link("", clock() + FIRST_RUN_LASTS)
    await office.keep_link(link)
    return token


async def first_run_link(store: Store, public_url: str, clock: Clock) -> str | None:
    """The address at which the first administrator is made, as `first_run_token`."""
    token = await first_run_token(store, clock)
    return f"{public_url.rstrip('/')}/office/first-run/{token}" if token else None


async def password_link(office: AccountStore, person_id: str, clock: Clock) -> str:
    """The token of a new link with which somebody sets a password, in place of the one before."""
    token, link = new_link(person_id, clock() + PASSWORD_LINK_LASTS)
    await office.keep_link(link)
    return token


def password_address(public_url: str, token: str) -> str:
    """Where a password is set by a link's token."""
    return f"{public_url.rstrip('/')}/office/password/{token}"


def new_link(person_id: str, expires_at: datetime) -> tuple[str, OneTimeLink]:
    """A token of 256 random bits, and what is kept of it."""
    token = secrets.token_urlsafe(32)
    return token, OneTimeLink(id=digest_of(token), person_id=person_id, expires_at=expires_at)


def digest_of(token: str) -> str:
    """The id under which a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def _as_address(user_name: str) -> str:
    """As user names are kept; what is no address is nobody's."""
    try:
        return normalised_address(user_name.strip())
    except ValueError:
        return user_name.strip().lower()


def _vouched_address(claims: Mapping[str, object]) -> str:
    """The address, unless the provider says that it is not verified."""
    if claims.get("email_verified") is False:
        return ""
    try:
        return normalised_address(str(claims.get("email") or claims.get("preferred_username") or ""))
    except ValueError:
        return ""


def _granted(claim: object) -> Role | None:
    """The highest role that a claim, one value or several, gives."""
    values = claim if isinstance(claim, list) else [claim]
    return max((ROLES[value] for value in values if isinstance(value, str) and value in ROLES), default=None)
