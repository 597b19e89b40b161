"""The people of the programme office, the one-time links that let them in, and what may be wrong with either."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Self

from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.registration import OfficeAccessChanged
from shared.problems import Problem, mark
from shared.staff import Role, StaffMember
from shared.storage.aggregates import Aggregate
from shared.storage.collection import Stored

MIN_PASSWORD = 12
MAX_PASSWORD = 256
FIRST_RUN_LASTS = timedelta(days=7)
PASSWORD_LINK_LASTS = timedelta(days=3)


class Account(Aggregate):
    """Somebody of the office. The id is derived from the user name and reveals nothing about it."""

    user_name: str
    """Like a mail address; with OIDC, the address that the provider vouches for."""
    name: str
    role: Role
    password_hash: str = ""
    """Argon2id; empty for who has not followed the one-time link, and for who signs in by OIDC."""
    subject: str = ""
    """Issuer and subject at the OIDC provider, once signed in there."""
    added_at: StoredInstant
    removed_at: StoredInstant | None = None
    """A removed person is kept, without name, so that the version goes on when they come back: others go by it."""

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def member(self) -> StaffMember:
        return StaffMember(self.id, self.name, self.role, self.version)

    def access_changed(self) -> OfficeAccessChanged:
        return OfficeAccessChanged(version=self.version, person_id=self.id, role=None if self.is_removed else self.role)

    def in_role(self, role: Role) -> tuple[Self, Sequence[Event]]:
        """Change the role; the event is empty where it is the same."""
        changed = self.model_copy(update={"role": role})
        return changed, [changed.access_changed()] if role is not self.role else []

    def in_place_of(self, before: Self) -> tuple[Self, Sequence[Event]]:
        """Take the place of an earlier account with the same id, as if never there."""
        return self.model_copy(update={"version": before.version}), [self.access_changed()]


class OneTimeLink(Stored):
    """A link with which its holder sets a password, once. Its id is the SHA-256 of its token."""

    person_id: str
    """Empty for the first run: the administrator is yet to be made."""
    expires_at: StoredInstant
    spent: int = 0


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
