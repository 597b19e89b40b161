"""Cookies with safe attributes, `__Host-` behind TLS (RFC 6265bis section 4.1.3.2)."""

from datetime import timedelta
from typing import Literal

from fastapi import Response


def cookie_name(name: str, *, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def set_cookie(
    response: Response,
    name: str,
    value: str,
    *,
    secure: bool,
    max_age: timedelta,
    same_site: Literal["lax", "strict"] = "lax",
) -> None:
    """Set a cookie that neither scripts nor other sites can use; a `max_age` of zero removes it."""
    response.set_cookie(
        cookie_name(name, secure=secure),
        value,
        max_age=int(max_age.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite=same_site,
    )
