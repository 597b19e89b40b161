"""Who of the programme office is signed in: a signed cookie that every service can read, three roles, deny by default.

Registration signs people in and makes the cookie; the other services only read it. It lives eight hours and holds no
more than an opaque id, a name to show and the role.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson
from fastapi import Request, Response

from shared.clock import Clock
from shared.problems import Problem, UnauthorizedProblem, mark
from shared.staff import API_CALLER, Role, StaffMember
from shared.web.cookies import cookie_name, set_cookie
from shared.web.description import Credentials

__all__ = [
    "ForbiddenProblem",
    "OfficeSessions",
    "Role",
    "SignInProblem",
    "StaffMember",
    "bearer_member",
    "page_staff",
]

SESSION_HOURS = 8
SESSION_COOKIE = "office"
_MAC_BYTES = 32


class ForbiddenProblem(Problem):
    """Somebody of the office whose role does not allow this."""

    status = 403
    code = "role-too-low"
    title = mark("Your role in the programme office does not allow this.")


class SignInProblem(Problem):
    """A page of the office asked for by nobody that is signed in."""

    status = 401
    code = "sign-in"
    title = mark("Sign in to the programme office to see this page.")


class OfficeSessions:
    """Makes and reads the cookie of those signed in."""

    def __init__(self, secret: str, clock: Clock, *, secure: bool) -> None:
        self._key = hmac.digest(secret.encode(), b"office session", hashlib.sha256)
        self._clock = clock
        self._secure = secure

    def begin(self, response: Response, member: StaffMember) -> None:
        """Sign a person in: always a fresh cookie, so that none fixed beforehand is of use."""
        expires = self._clock() + timedelta(hours=SESSION_HOURS)
        payload = orjson.dumps([member.id, member.name, int(member.role), int(expires.timestamp())])
        value = base64.urlsafe_b64encode(hmac.digest(self._key, payload, hashlib.sha256) + payload).decode()
        set_cookie(response, SESSION_COOKIE, value, secure=self._secure, max_age=timedelta(hours=SESSION_HOURS))

    def end(self, response: Response) -> None:
        """Sign out on this browser."""
        set_cookie(response, SESSION_COOKIE, "", secure=self._secure, max_age=timedelta(0))

    def member(self, request: Request) -> StaffMember | None:
        """Who is signed in, or None."""
        try:
            data = base64.urlsafe_b64decode(request.cookies.get(cookie_name(SESSION_COOKIE, secure=self._secure), ""))
        except ValueError:
            return None
        mac, payload = data[:_MAC_BYTES], data[_MAC_BYTES:]
        if not payload or not hmac.compare_digest(mac, hmac.digest(self._key, payload, hashlib.sha256)):
            return None
        member_id, name, role, expires = orjson.loads(payload)
        return StaffMember(member_id, name, Role(role)) if self._still(expires) else None

    def _still(self, expires: int) -> bool:
        return self._clock() < datetime.fromtimestamp(expires, self._clock().tzinfo)


def page_staff(sessions: OfficeSessions, role: Role) -> Callable[[Request], StaffMember]:
    """A dependency of the office's pages.

    Raises:
        SignInProblem: nobody is signed in.
        ForbiddenProblem: the role is too low.
    """

    def require(request: Request) -> StaffMember:
        member = sessions.member(request)
        if member is None:
            raise SignInProblem
        if member.role < role:
            raise ForbiddenProblem
        return member

    return require


def bearer_member(token: str) -> Callable[[Request], StaffMember]:
    """A dependency of the office's API calls: whoever holds the installation's token acts as an administrator.

    Raises:
        UnauthorizedProblem: no token, or another.
    """
    expected = token.encode()

    def require(request: Request, _credentials: Credentials = None) -> StaffMember:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected):
            raise UnauthorizedProblem
        return API_CALLER

    return require
