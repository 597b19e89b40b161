"""A mailed link's token leaves the address at once: its first GET is answered with a short cookie and a clean address.

The clean address holds a keyed hash of the token: two links have two addresses, and one link has the same in every tab.
Routes of pages declare `{token}` and get the token itself (docs/decisions/0020).
"""

import hashlib
import hmac
import re
from datetime import timedelta

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from shared.problems import Problem, mark
from shared.security import tokens
from shared.web.cookies import cookie_name, set_cookie
from shared.web.problems import route_path

OPEN_FOR = timedelta(hours=8)
"""A working day: whoever waits for a session to begin has its page open for hours."""
MOST_OPEN = 12
"""Links that one browser has open; one more closes the oldest. Every request brings their cookies."""
_PARAMETER = "token"
_TOKEN = re.compile(r"[\w-]{40,128}", re.ASCII)
_ID = re.compile(r"[\w-]{16}", re.ASCII)
_ID_BYTES = 12


class LinkNotOpenProblem(Problem):
    status = 403
    code = "link-not-open"
    title = mark("Open the link in your message again: it was opened too long ago, or this browser takes no cookies.")


class LinkExchange:
    def __init__(self, secret: str, *, secure: bool) -> None:
        self._keyed = tokens.keyed(hmac.digest(secret.encode(), b"link exchange", hashlib.sha256))
        self._secure = secure
        self._prefix = cookie_name("link-", secure=secure)

    def open(self, request: Request) -> Response | None:
        """Hand the route its token, or answer the GET of a mailed link with the way to its clean address.

        A mailed link may still be POSTed to: a mail program's one click follows no redirect (RFC 8058 section 3.1).

        Raises:
            LinkNotOpenProblem: this browser has not opened that link, or too long ago.
        """
        given = request.path_params.get(_PARAMETER, "")
        if _ID.fullmatch(given):
            request.path_params[_PARAMETER] = self._token(request, given)
        elif request.method == "GET" and _TOKEN.fullmatch(given):
            query = f"?{request.url.query}" if request.url.query else ""
            answer = RedirectResponse(request.url.path.replace(given, self.id_of(given), 1) + query, status_code=303)
            self.remember(request, answer, given)
            return answer
        return None

    def id_of(self, token: str) -> str:
        """What stands for the token in addresses; it opens nothing without the cookie."""
        return tokens.encode(self._keyed(token.encode())[:_ID_BYTES])

    def remember(self, request: Request, response: Response, token: str) -> None:
        """Open a link in this browser."""
        new = f"link-{self.id_of(token)}"
        others = [
            name.removeprefix(self._prefix)
            for name in request.cookies  # the oldest first (RFC 6265 section 5.4)
            if name.startswith(self._prefix) and name != cookie_name(new, secure=self._secure)
        ]
        for closed in others[: max(0, len(others) - MOST_OPEN + 1)]:
            set_cookie(response, f"link-{closed}", "", secure=self._secure, max_age=timedelta(0))
        set_cookie(response, new, token, secure=self._secure, max_age=OPEN_FOR)

    def _token(self, request: Request, given: str) -> str:
        token = request.cookies.get(self._prefix + given, "")
        if not hmac.compare_digest(self.id_of(token), given):
            raise LinkNotOpenProblem
        return token


def link_path(request: Request) -> str:
    """The address of a link's own page, for whatever is beneath it."""
    before = len(route_path(request).partition(f"{{{_PARAMETER}}}")[0])
    path = request.url.path
    return path[:before] + path[before:].partition("/")[0]
