"""The signed cookie of the programme office: three roles, deny by default.

Registration signs people in and sets the cookie; the other services only read it. It lives eight hours and holds an
opaque id, a name to show, the role, and the version of the person's document that said so. Later events overrule it:
a removed person is out, a changed role counts at once.
"""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

import orjson
from fastapi import Request, Response

from shared.clock import Clock
from shared.problems import Problem, UnauthorizedProblem, mark
from shared.security.actions import check_role
from shared.staff import API_CALLER, Role, StaffMember
from shared.web.cookies import cookie_name, set_cookie
from shared.web.openapi import Credentials

SESSION_HOURS = 8
SESSION_COOKIE = "office"
_MAC_BYTES = 32


class SignInProblem(Problem):
    status = 401
    code = "sign-in"
    title = mark("Sign in to the programme office to see this page.")


class Access(Protocol):
    async def present(self, member: StaffMember) -> StaffMember | None:
        """The cookie's member as known now; None once removed."""


class StaffCookie:
    def __init__(self, secret: str, clock: Clock, *, secure: bool, access: Access | None = None) -> None:
        # Raise the number when the cookie's content changes: older cookies become invalid.
        self._key = hmac.digest(secret.encode(), b"office session 2", hashlib.sha256)
        self._clock = clock
        self._secure = secure
        self._access = access

    def begin(self, response: Response, member: StaffMember) -> None:
        """Sign a person in, always with a fresh cookie (against session fixation)."""
        expires = self._clock() + timedelta(hours=SESSION_HOURS)
        payload = orjson.dumps([member.id, member.name, int(member.role), member.version, int(expires.timestamp())])
        value = base64.urlsafe_b64encode(hmac.digest(self._key, payload, hashlib.sha256) + payload).decode()
        set_cookie(response, SESSION_COOKIE, value, secure=self._secure, max_age=timedelta(hours=SESSION_HOURS))

    def end(self, response: Response) -> None:
        set_cookie(response, SESSION_COOKIE, "", secure=self._secure, max_age=timedelta(0))

    async def present(self, request: Request) -> StaffMember | None:
        """Who is signed in, as known now, or None; `member` then says the same for this request.

        Without `access` nobody is: there are no office pages.
        """
        member = self._of_cookie(request)
        request.state.member = await self._access.present(member) if member and self._access else None
        return self.member(request)

    def member(self, request: Request) -> StaffMember | None:
        """Who is signed in, or None. On a public page only the cookie says so, which gives no right."""
        found: StaffMember | None = getattr(request.state, "member", self._of_cookie(request))
        return found

    def _of_cookie(self, request: Request) -> StaffMember | None:
        try:
            data = base64.urlsafe_b64decode(request.cookies.get(cookie_name(SESSION_COOKIE, secure=self._secure), ""))
        except ValueError:
            return None
        mac, payload = data[:_MAC_BYTES], data[_MAC_BYTES:]
        if not payload or not hmac.compare_digest(mac, hmac.digest(self._key, payload, hashlib.sha256)):
            return None
        member_id, name, role, version, expires = orjson.loads(payload)
        return StaffMember(member_id, name, Role(role), version) if self._clock().timestamp() < expires else None


def require_role(cookie: StaffCookie, role: Role) -> Callable[[Request], Awaitable[StaffMember]]:
    """A dependency of the office's pages.

    Raises:
        SignInProblem: nobody is signed in, or the person was removed since.
        ForbiddenProblem: the role is too low.
    """

    async def require(request: Request) -> StaffMember:
        member = await cookie.present(request)
        if member is None:
            raise SignInProblem
        check_role(member, role)
        return member

    return require


def bearer_member(token: str) -> Callable[[Request], StaffMember]:
    """A dependency of the office's API: whoever holds the installation's token acts as an administrator.

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
