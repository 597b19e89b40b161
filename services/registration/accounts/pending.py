"""What a browser keeps of a sign-in that has begun: a secret text and the page to lead on to."""

import base64
from datetime import timedelta

from fastapi import Request, Response

from shared.web.cookies import cookie_name, set_cookie
from shared.web.page_routes import own_path

_COOKIE = "sign-in"
_LASTS = timedelta(minutes=10)


def keep_pending(answer: Response, secret: str, following: str, *, secure: bool) -> None:
    value = base64.urlsafe_b64encode(f"{secret} {own_path(following)}".encode()).decode()
    set_cookie(answer, _COOKIE, value, secure=secure, max_age=_LASTS)


def pending(request: Request, *, secure: bool) -> tuple[str, str]:
    """Both; empty where the browser began none."""
    try:
        kept = base64.urlsafe_b64decode(request.cookies.get(cookie_name(_COOKIE, secure=secure), "")).decode()
    except ValueError:
        return "", ""
    secret, _, following = kept.partition(" ")
    return secret, own_path(following)


def drop_pending(answer: Response, *, secure: bool) -> None:
    set_cookie(answer, _COOKIE, "", secure=secure, max_age=timedelta(0))
