"""Members of the office who are signed in, without the trouble of signing in."""

from datetime import timedelta
from http.cookies import SimpleCookie

from fastapi import Response

from shared.clock import Clock
from shared.staff import StaffMember
from shared.web.staff_cookie import SESSION_COOKIE, StaffCookie

LONG = timedelta(days=365)
"""The tests move their clocks, and mostly want to stay signed in."""


def office_cookie(secret: str, clock: Clock, member: StaffMember, *, lasts: timedelta = LONG) -> str:
    """The value of the cookie of somebody who has just signed in."""
    answer = Response()
    StaffCookie(secret, clock, secure=False, idle=lasts).begin(answer, member, clock() + lasts)
    return SimpleCookie(answer.headers["set-cookie"])[SESSION_COOKIE].value
