"""The people of the programme office, their sessions and passkeys, one-time links, and what may be wrong with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.registration import OfficeAccessChanged
from shared.problems import Problem, mark
from shared.staff import Role, StaffMember
from shared.storage.aggregates import Aggregate
from shared.storage.collection import Stored

ROLES = {role.name.lower(): role for role in Role}
"""By the names that forms and the provider's claim use."""
MIN_PASSWORD = 12
MAX_PASSWORD = 256
FIRST_RUN_LASTS = timedelta(days=7)
PASSWORD_LINK_LASTS = timedelta(days=3)
CHALLENGE_LASTS = timedelta(minutes=10)
MOST_SESSIONS = 10
"""Of one person at a time; one more ends the oldest."""
MOST_PASSKEYS = 10


class How(StrEnum):
    """How a session was begun."""

    PASSWORD = "password"  # noqa: S105  a way to sign in, no password
    PASSKEY = "passkey"
    """After the password."""
    PROVIDER = "oidc"


class OfficeSession(BaseModel):
    """A session in which somebody of the office is signed in. Only those listed in the account count."""

    model_config = ConfigDict(frozen=True)

    id: str
    began_at: StoredInstant
    ends_at: StoredInstant
    how: How
    failures: int = 0
    """Wrong attempts to sign in with the account since the session before."""
    failed_at: StoredInstant | None = None
    """The last of them."""


class Passkey(BaseModel):
    """A WebAuthn credential. Its id and key are base64url."""

    model_config = ConfigDict(frozen=True)

    id: str
    public_key: str
    sign_count: int
    name: str
    """Given by its holder."""
    added_at: StoredInstant
    used_at: StoredInstant | None = None


@dataclass(frozen=True, slots=True)
class SignInRules:
    """What the installation asks of those who sign in."""

    session_length: timedelta = timedelta(hours=8)
    administrators_need_passkey: bool = False
    site_name: str = "Dijous"
    context: tuple[str, ...] = ()
    """Names of which no password may be made."""


@dataclass(frozen=True, slots=True)
class Identity:
    """For whom an OIDC provider vouches."""

    subject: str
    """Issuer and subject: the same person for ever, unlike an address."""
    address: str
    """Empty unless the provider has verified it."""
    name: str
    role: Role | None
    """What the role claim gives."""


class Account(Aggregate):
    """Somebody of the office. The id is derived from the user name and reveals nothing about it."""

    user_name: str
    """Like a mail address; with OIDC, the address that the provider vouches for."""
    name: str
    role: Role
    body: str = ""
    """Key of the body whose staff they are; empty for the office itself."""
    password_hash: str = ""
    """Argon2id; empty for who has not followed the one-time link, and for who signs in by OIDC."""
    subject: str = ""
    """Issuer and subject at the OIDC provider, once signed in there."""
    claimed: bool = False
    """The role comes from the provider's claim, and goes with it."""
    sessions: tuple[OfficeSession, ...] = ()
    """Oldest first; those that are over go when the next one begins."""
    passkeys: tuple[Passkey, ...] = ()
    added_at: StoredInstant
    removed_at: StoredInstant | None = None
    """A removed person is kept, without name, so that the version goes on when they come back: others go by it."""

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def member(self) -> StaffMember:
        return StaffMember(self.id, self.name, self.role, self.version, body=self.body)

    def member_in(self, session: str) -> StaffMember | None:
        """The person as signed in by that session; None once it was ended."""
        return replace(self.member, session=session) if any(each.id == session for each in self.sessions) else None

    def access_changed(self) -> OfficeAccessChanged:
        return OfficeAccessChanged(
            version=self.version,
            person_id=self.id,
            role=None if self.is_removed else self.role,
            sessions=tuple(session.id for session in self.sessions),
            body=self.body,
        )

    def in_role(self, role: Role, body: str, *, claimed: bool = False) -> "Decided":
        """Change role and body, as the office or the provider's claim says; no event where they are the same.

        Raises:
            BodyAdministratorProblem: the office is run by its own people.
        """
        require_own_administrator(role, body)
        changed, events = self._with_access(role=role, body=body, claimed=claimed)
        return changed, events if (role, body) != (self.role, self.body) else []

    def claiming(self, role: Role) -> "Decided":
        """Take the role that the provider's claim gives; a body's staff edit at most."""
        return self.in_role(min(role, Role.EDITOR) if self.body else role, self.body, claimed=True)

    def in_place_of(self, before: Self) -> "Decided":
        """Take the place of an earlier account with the same id, as if never there."""
        return self.model_copy(update={"version": before.version}), [self.access_changed()]

    def bound_to(self, who: Identity) -> "Decided":
        """The account of somebody who was added by address, with whom the provider vouches for.

        Raises:
            NotOfTheOfficeProblem: the account belongs to another subject.
            LocalAccountProblem: it has a password.
        """
        if self.subject:
            raise NotOfTheOfficeProblem
        if self.password_hash:
            raise LocalAccountProblem
        bound = self.model_copy(update={"subject": who.subject})
        return bound.claiming(who.role) if who.role else (bound, [])

    def signed_in(self, session: OfficeSession, *, instead_of: str = "") -> "Decided":
        """Begin a session.

        Raises:
            NotOfTheOfficeProblem: the person was removed meanwhile.
        """
        if self.is_removed:
            raise NotOfTheOfficeProblem
        left = [each for each in self.sessions if each.ends_at > session.began_at and each.id != instead_of]
        return self._with_access(sessions=(*left, session)[-MOST_SESSIONS:])

    def passkey(self, passkey_id: str) -> Passkey:
        """Raises:
        PasskeyUnknownProblem: the person has no such passkey.
        """
        for passkey in self.passkeys:
            if passkey.id == passkey_id:
                return passkey
        raise PasskeyUnknownProblem

    def keeping_sessions(self, keep: Callable[[OfficeSession], bool]) -> "Decided":
        """End the other sessions."""
        left = tuple(session for session in self.sessions if keep(session))
        return self._with_access(sessions=left) if left != self.sessions else (self, [])

    def with_password(self, password_hash: str) -> "Decided":
        """A new password ends every session."""
        return self._with_access(password_hash=password_hash, sessions=())

    def with_passkeys(self, passkeys: tuple[Passkey, ...]) -> "Decided":
        """Raises:
        PasskeyProblem: these are too many.
        """
        if len(passkeys) > MOST_PASSKEYS:
            raise PasskeyProblem
        return self.model_copy(update={"passkeys": passkeys}), []

    def without_passkeys(self) -> "Decided":
        """All sessions end too: whoever found the lost one may be in."""
        return self._with_access(passkeys=(), sessions=())

    def removed(self, at: datetime) -> "Decided":
        """Out of the office: nothing is left but what makes the version go on."""
        texts = dict.fromkeys(("name", "user_name", "body", "password_hash", "subject"), "")
        nothing = {**texts, "sessions": (), "passkeys": ()}
        return self._with_access(**nothing, role=Role.VIEWER, claimed=False, removed_at=at)

    def _with_access(self, **fields: Any) -> "Decided":
        changed = self.model_copy(update=fields)
        return changed, [changed.access_changed()]


def require_own_administrator(role: Role, body: str) -> None:
    """Raises BodyAdministratorProblem: the office is run by its own people."""
    if body and role is Role.ADMIN:
        raise BodyAdministratorProblem


Decided = tuple[Account, Sequence[Event]]
"""An account and its events, as a decision returns them."""


class OneTimeLink(Stored):
    """A link, or a challenge, that its holder uses once. Its id is the SHA-256 of its token."""

    person_id: str
    """Empty for the first run: the administrator is yet to be made."""
    member_since: StoredInstant | None = None
    """When that person was added: who was removed and added again is another one."""
    expires_at: StoredInstant
    purpose: str = ""
    spent: int = 0

    def is_good(self, now: datetime) -> bool:
        return not self.spent and now < self.expires_at


class WrongCredentialsProblem(Problem):
    status = 422
    code = "wrong-credentials"
    title = mark("The user name or the password is not right.")


class TooManyAttemptsProblem(Problem):
    status = 429
    code = "too-many-attempts"
    title = mark("Too many attempts to sign in. Wait {seconds} seconds and try again.")

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.retry_after = seconds


class NotOfTheOfficeProblem(Problem):
    status = 403
    code = "not-of-the-office"
    title = mark("You are not among the people of the programme office. Ask its administrator to add you.")


class LocalAccountProblem(Problem):
    status = 403
    code = "local-account"
    title = mark(
        "There is a local account with this address. Sign in with its password. To use the account of the organisation "
        "instead, ask an administrator to remove the local one and add you again."
    )


class PasskeyProblem(Problem):
    status = 422
    code = "passkey"
    title = mark("The passkey could not be checked. Sign in again.")


class PasskeyUnknownProblem(Problem):
    status = 404
    code = "passkey-unknown"
    title = mark("There is no such passkey.")


class SignInFailedProblem(Problem):
    """The OIDC provider's answer does not fit what was asked, or it did not answer."""

    status = 400
    code = "sign-in-failed"
    title = mark("Signing in did not work. Start again.")


class OneTimeLinkProblem(Problem):
    status = 404
    code = "one-time-link"
    title = mark("This link is not valid any more: it works once, and only for some days. Ask for a new one.")


class PersonUnknownProblem(Problem):
    status = 404
    code = "person-unknown"
    title = mark("There is no such person in the programme office.")


class PersonExistsProblem(Problem):
    status = 409
    code = "person-exists"
    title = mark("Somebody of the programme office has this user name already.")


class LastAdministratorProblem(Problem):
    status = 409
    code = "last-administrator"
    title = mark("This is the only administrator. Make somebody else administrator first.")


class BodyAdministratorProblem(Problem):
    status = 409
    code = "body-administrator"
    title = mark("Only people of the office itself administer it: choose another role, or no body.")
