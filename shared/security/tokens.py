"""Encodes and signs the tokens of links.

Tokens are base64url (RFC 4648 section 5). Ids are base32, which people can read out; a token is only ever followed. The
standard library makes base64 in C and base32 in Python: in a fan-out that was two fifths of composing a mail.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable


def encode(data: bytes) -> str:
    """Base64url without padding: letters, digits, `-` and `_` only, four for three bytes."""
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decode(text: str) -> bytes:
    """The bytes of `encode`.

    Raises:
        ValueError: `encode` never gives that text: other characters, padding, or bits after the last byte.
    """
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:  # the standard library passes over what does not belong
        raise ValueError("not the one way to write these bytes")
    return data


def keyed(key: bytes) -> Callable[[bytes], bytes]:
    """HMAC-SHA256 with a fixed key; thread-safe.

    `hmac.digest` releases the interpreter's lock each time: among busy threads that costs more than the HMAC.
    """
    begun = hmac.new(key, digestmod=hashlib.sha256)

    def signed(data: bytes) -> bytes:
        mac = begun.copy()
        mac.update(data)
        return mac.digest()

    return signed
