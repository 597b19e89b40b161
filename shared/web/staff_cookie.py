"""The signed cookie of the programme office: three roles, deny by default.

Registration signs people in and begins the session; the other services read the cookie and put off its idle limit. It
holds an opaque id, a name to show, role and body, the session, and the version of the person's document that said so.
Later events overrule it: a session that ended is over whoever copied the cookie, a changed role counts at once.
"""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import orjson
import structlog
from fastapi import Request, Response

from shared.clock import Clock
from shared.problems import Problem, UnauthorizedProblem, mark
from shared.security.actions import check_role
from shared.staff import API_CALLER, Role, StaffMember
from shared.web.cookies import cookie_name, set_cookie
from shared.web.openapi import Credentials

SESSION_COOKIE = "office"
_MAC_BYTES = 32
_RENEWED_AFTER = 60  # seconds
log = structlog.get_logger()


class SignInProblem(Problem):
    status = 401
    code = "sign-in"
    title = mark("Sign in to the programme office to see this page.")


class OfficeOnlyProblem(Problem):
    """The page is for the office itself, and who asks is a body's staff."""

    status = 403
    code = "office-only"
    title = mark("This page is for the programme office itself. Yours are those of the entities that you accompany.")


class Access(Protocol):
    async def present(self, member: StaffMember) -> StaffMember | None:
        """The cookie's member as known now; None once removed or signed out."""


@dataclass(frozen=True, slots=True)
class _Session:
    member: StaffMember
    ends_at: float
    """Whatever is done."""
    idle_at: float
    """When it ends unless it is used before."""


class StaffCookie:
    def __init__(
        self, secret: str, clock: Clock, *, secure: bool, idle: timedelta, access: Access | None = None
    ) -> None:
        # Raise the number when the cookie's content changes: older cookies become invalid.
        self._key = hmac.digest(secret.encode(), b"office session 4", hashlib.sha256)
        self._clock = clock
        self._secure = secure
        self._idle = idle
        self._access = access

    def begin(self, response: Response, member: StaffMember, ends_at: datetime) -> None:
        """Sign a person in, always with a fresh cookie (against session fixation)."""
        self._set(response, _Session(member, ends_at.timestamp(), idle_at=0))

    def renew(self, request: Request, response: Response) -> None:
        """Put off the idle limit of whom this request let in."""
        session: _Session | None = getattr(request.state, "session", None)
        if session and self._idle_at(session) >= session.idle_at + _RENEWED_AFTER:
            self._set(response, session)

    def end(self, response: Response) -> None:
        """Take the cookie away, and what the browser may have kept of the pages."""
        set_cookie(response, SESSION_COOKIE, "", secure=self._secure, max_age=timedelta(0))
        response.headers["Clear-Site-Data"] = '"cache", "storage"'  # not "cookies": the browser stays a known one

    async def present(self, request: Request) -> StaffMember | None:
        """Who is signed in, as known now, or None; `member` then says the same for this request.

        Without `access` nobody is: there are no office pages.
        """
        session = self._of_cookie(request)
        member = await self._access.present(session.member) if session and self._access else None
        if session and not member:
            log.info("session refused", action="session_refused", person=session.member.id)
        request.state.member, request.state.session = member, session if member else None
        return member

    def member(self, request: Request) -> StaffMember | None:
        """Who is signed in, or None. On a public page only the cookie says so, which gives no right."""
        if hasattr(request.state, "member"):
            known: StaffMember | None = request.state.member
            return known
        session = self._of_cookie(request)
        return session.member if session else None

    def _set(self, response: Response, session: _Session) -> None:
        member, idle_at = session.member, self._idle_at(session)
        fields = [member.id, member.name, int(member.role), member.version, member.session, member.body]
        payload = orjson.dumps([*fields, session.ends_at, idle_at])
        lasts = timedelta(seconds=idle_at - self._clock().timestamp())
        value = base64.urlsafe_b64encode(hmac.digest(self._key, payload, hashlib.sha256) + payload).decode()
        set_cookie(response, SESSION_COOKIE, value, secure=self._secure, max_age=lasts)

    def _idle_at(self, session: _Session) -> float:
        return min((self._clock() + self._idle).timestamp(), session.ends_at)

    def _of_cookie(self, request: Request) -> _Session | None:
        try:
            data = base64.urlsafe_b64decode(request.cookies.get(cookie_name(SESSION_COOKIE, secure=self._secure), ""))
        except ValueError:
            return None
        mac, payload = data[:_MAC_BYTES], data[_MAC_BYTES:]
        if not payload or not hmac.compare_digest(mac, hmac.digest(self._key, payload, hashlib.sha256)):
            return None
        member_id, name, role, version, session, body, ends_at, idle_at = orjson.loads(payload)
        if self._clock().timestamp() >= idle_at:
            return None
        return _Session(StaffMember(member_id, name, Role(role), version, session, body), ends_at, idle_at)


def require_role(
    cookie: StaffCookie, role: Role, *, bodies: bool = False
) -> Callable[[Request], Awaitable[StaffMember]]:
    """A dependency of the office's pages. With `bodies`, the page also lets a body's staff in, and shows them only what
    is their body's.

    Raises:
        SignInProblem: nobody is signed in, or the person was removed since.
        OfficeOnlyProblem: a body's staff, where the page does not allow them.
        ForbiddenProblem: the role is too low.
    """

    async def require(request: Request) -> StaffMember:
        member = await cookie.present(request)
        if member is None:
            raise SignInProblem
        if member.body and not bodies:
            raise OfficeOnlyProblem
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
