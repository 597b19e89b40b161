"""The programme office's bearer token (RFC 6750)."""

import hmac
from collections.abc import Callable

from fastapi import Request

from shared.problems import UnauthorizedProblem
from shared.web.description import Credentials


def staff_only(token: str) -> Callable[[Request], None]:
    """A dependency that lets a request through only with the office's token.

    Raises:
        UnauthorizedProblem: no token, or another.
    """
    expected = token.encode()

    def require_staff(request: Request, _credentials: Credentials = None) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected):
            raise UnauthorizedProblem

    return require_staff
