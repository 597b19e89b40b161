"""Web addresses that people type, in ASCII only, because headers and policies hold nothing else."""

import re
from contextlib import suppress

from pydantic_core import Url

from shared.problems import mark

NOT_HTTPS = mark("This must be a whole address that begins with https://.")
_WHOLE = re.compile(r"https://[^\s/?#@\\]+([/?#]\S*)?", re.IGNORECASE)
"""Without a user name, and without the errors that browsers forgive: they and we may read them differently."""
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
"""Browsers accept more, such as «;», which would end a directive of a page's policy."""


def web_address(text: str) -> str:
    """An ASCII address as typed; another as a browser sends it, with the host in IDNA's form.

    Raises ValueError if it is no whole address with https.
    """
    try:
        address = Url(text)
    except ValueError:
        raise ValueError(NOT_HTTPS) from None
    if not (text.isprintable() and _WHOLE.fullmatch(text) and _HOST.fullmatch(address.host or "") and address.port):
        raise ValueError(NOT_HTTPS)
    return text if text.isascii() else str(address)


def as_sent(stored: str) -> str:
    """`web_address` of one that an older version stored; unchanged if it would be refused today."""
    with suppress(ValueError):
        return web_address(stored)
    return stored
