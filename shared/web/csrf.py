"""Forms that only our own pages can send: a signed token tied to a cookie (OWASP's signed double submit)."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from fastapi import Request, Response
from markupsafe import Markup

from shared.problems import Problem, mark
from shared.web.cookies import cookie_name, set_cookie

CSRF_FIELD = "csrf"
CSRF_COOKIE = "form"
_LIFETIME = timedelta(days=1)


SEND_AGAIN = mark("This form was opened too long ago, so nothing was saved. Look through it and send it again.")


class ForeignFormProblem(Problem):
    status = 403
    code = "foreign-form"
    title = mark("This form was opened too long ago or elsewhere, so nothing was saved. Open it again.")
    sent: Mapping[str, str] = MappingProxyType({})
    """The fields by name, for a page that asks to send them again."""


class FormGuard:
    """Gives each browser a secret and each form its token; refuses forms without it."""

    def __init__(self, secret: str, *, secure: bool) -> None:
        self._key = hmac.digest(secret.encode(), b"form guard", hashlib.sha256)
        self._secure = secure

    def browser_secret(self, request: Request) -> str:
        given = request.cookies.get(cookie_name(CSRF_COOKIE, secure=self._secure), "")
        return given if len(given) >= 32 else secrets.token_urlsafe(32)

    def remember(self, response: Response, browser_secret: str) -> None:
        set_cookie(response, CSRF_COOKIE, browser_secret, secure=self._secure, max_age=_LIFETIME)

    def field(self, browser_secret: str) -> Markup:
        return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, self._token(browser_secret))

    def check(self, request: Request, token: str) -> None:
        """Check the token of a form.

        Raises:
            ForeignFormProblem: another site sent the form, or this browser never got it.
        """
        given = request.cookies.get(cookie_name(CSRF_COOKIE, secure=self._secure), "")
        is_foreign = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        if is_foreign or not given or not hmac.compare_digest(token.encode(), self._token(given).encode()):
            raise ForeignFormProblem

    def _token(self, browser_secret: str) -> str:
        return hmac.digest(self._key, browser_secret.encode(), hashlib.sha256).hex()
