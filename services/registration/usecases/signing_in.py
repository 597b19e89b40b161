"""Signing in to the programme office: by user name and password, or as whom an OIDC provider vouches for."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from services.registration.domain.office_people import (
    FIRST_RUN_LASTS,
    PASSWORD_LINK_LASTS,
    NotOfTheOfficeProblem,
    OfficePerson,
    OneTimeLink,
    OneTimeLinkProblem,
    TooManyAttemptsProblem,
    WrongCredentialsProblem,
)
from services.registration.office_store import Attempts, OfficeStore
from shared import ids
from shared.addresses import normalised_address
from shared.clock import Clock
from shared.staff import Role
from shared.storage.contract import Store

FREE_ATTEMPTS = 5
LONGEST_PAUSE = timedelta(minutes=10)
FREE_ATTEMPTS_OF_ALL = 50
LONGEST_PAUSE_OF_ALL = timedelta(seconds=5)
"""Short, so that a stranger who keeps trying does not lock the office out."""
_EVERYBODY = "everybody"
_AT_ONCE = 2  # one check takes 64 MiB
_QUEUE = 20
ROLES = {"viewer": Role.VIEWER, "editor": Role.EDITOR, "admin": Role.ADMIN}
"""Values of the OIDC provider's role claim."""

T = TypeVar("T")


class Passwords:
    """Argon2id in a few threads, so that many who sign in at once take neither all memory nor the loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await self._run(lambda: self._hasher.hash(password))

    async def is_right(self, kept: str, password: str) -> bool:
        """Whether the password is the one of which `kept` was kept; takes as long when nothing was."""
        return await self._run(lambda: self._verify(kept or self._nobodys_hash(), password) and bool(kept))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _QUEUE:
            raise TooManyAttemptsProblem(1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _nobodys_hash(self) -> str:
        self._nobodys = self._nobodys or self._hasher.hash(secrets.token_hex())
        return self._nobodys

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (Argon2Error, InvalidHashError):
            return False


class SigningIn:
    """Who may come in, and how."""

    def __init__(self, office: OfficeStore, attempts: Attempts, secret: bytes, clock: Clock) -> None:
        self._office = office
        self._attempts = attempts
        self._secret = secret
        self._clock = clock
        self._passwords = Passwords()

    def id_of(self, user_name: str) -> str:
        """The id of whoever has a user name."""
        return ids.derived_id(self._secret, "office person", user_name)

    async def found_office(self, token: str, name: str, user_name: str, password: str) -> OfficePerson:
        """Make the first administrator by the first-run link.

        Raises:
            OneTimeLinkProblem: the link is wrong, was used, or the office has an administrator.
        """
        await self.check_first_run(token)
        administrator = OfficePerson(
            id=self.id_of(user_name),
            user_name=user_name,
            name=name,
            role=Role.ADMIN,
            password_hash=await self._passwords.hash(password),
            added_at=self._clock(),
        )
        await self._spend(token)
        return await self._admit(administrator)

    async def check_first_run(self, token: str) -> None:
        """Let the first-run page be shown.

        Raises:
            OneTimeLinkProblem: the link is wrong, was used, or the office has an administrator.
        """
        link = await self._link(token)
        if link.person_id or await self._office.count_administrators():
            raise OneTimeLinkProblem

    async def person_of_link(self, token: str) -> OfficePerson:
        """Whose password a one-time link sets.

        Raises:
            OneTimeLinkProblem: the link is wrong, was used or has expired, or the person was removed.
        """
        person = await self._office.people.get((await self._link(token)).person_id)
        if person is None or person.is_removed:
            raise OneTimeLinkProblem
        return person

    async def set_password(self, token: str, password: str) -> OfficePerson:
        """Set a password by a one-time link, which is thereby used up.

        Raises:
            OneTimeLinkProblem: as `person_of_link`.
        """
        person = await self.person_of_link(token)
        kept = await self._passwords.hash(password)
        await self._spend(token)
        await self._attempts.succeeded(self._attempts_of(person.user_name))
        return await self._office.people.change(
            person.id, lambda now: (now.model_copy(update={"password_hash": kept}), [])
        )

    async def by_password(self, user_name: str, password: str) -> OfficePerson:
        """Who has this user name and password. An unknown name is answered as a wrong password is, and as late.

        Raises:
            WrongCredentialsProblem: one of the two is wrong.
            TooManyAttemptsProblem: after many failures; nothing was tried.
        """
        user_name = _as_address(user_name)
        key, now = self._attempts_of(user_name), self._clock()
        pause = await self._attempts.begin(key, now, free=FREE_ATTEMPTS, longest=LONGEST_PAUSE)
        pause = pause or await self._attempts.begin(
            _EVERYBODY, now, free=FREE_ATTEMPTS_OF_ALL, longest=LONGEST_PAUSE_OF_ALL
        )
        if pause:
            raise TooManyAttemptsProblem(pause)
        person = await self._office.people.get(self.id_of(user_name))
        kept = person.password_hash if person and not person.is_removed else ""
        if not await self._passwords.is_right(kept, password) or person is None:
            raise WrongCredentialsProblem
        await self._attempts.succeeded(key)
        await self._attempts.uncount(_EVERYBODY)
        return person

    async def by_oidc(self, claims: Mapping[str, object], role_claim: str) -> OfficePerson:
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
            OfficePerson(
                id=self.id_of(address),
                user_name=address,
                name=str(claims.get("name") or address)[:200],
                role=role,
                subject=subject,
                added_at=self._clock(),
            )
        )

    async def _admit(self, person: OfficePerson) -> OfficePerson:
        """Take somebody in, also who was of the office before; the person as kept."""
        if await self._office.people.create(person, person.access_changed()):
            return person.model_copy(update={"version": 1})
        return await self._office.people.change(person.id, person.in_place_of)

    async def _link(self, token: str) -> OneTimeLink:
        link = await self._office.link(digest_of(token))
        if link is None or link.spent or link.expires_at < self._clock():
            raise OneTimeLinkProblem
        return link

    async def _spend(self, token: str) -> None:
        if not await self._office.spend_link(digest_of(token)):
            raise OneTimeLinkProblem

    def _attempts_of(self, user_name: str) -> str:
        return ids.derived_id(self._secret, "attempts", user_name)


async def first_run_token(store: Store, clock: Clock) -> str | None:
    """A new token for the first-run link, in place of the one before; None once the office has an administrator.

    The store is registration's, prepared. The token itself is kept nowhere.
    """
    office = OfficeStore(store, clock)
    if await office.count_administrators():
        return None
    token, link = new_link("", clock() + FIRST_RUN_LASTS)
    await office.keep_link(link)
    return token


async def first_run_link(store: Store, public_url: str, clock: Clock) -> str | None:
    """The address at which the first administrator is made, as `first_run_token`."""
    token = await first_run_token(store, clock)
    return f"{public_url.rstrip('/')}/office/first-run/{token}" if token else None


async def password_link(office: OfficeStore, person_id: str, clock: Clock) -> str:
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
