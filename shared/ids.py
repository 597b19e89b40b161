"""Identifiers: short opaque strings of lower-case base32 letters, safe in subjects, URLs, paths and calendar UIDs."""

import base64
import hashlib
import hmac
import secrets


def encode(data: bytes) -> str:
    """Lower-case base32 without padding (RFC 4648 section 6): letters a-z and digits 2-7 only."""
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def decode(text: str) -> bytes:
    """The inverse of `encode`. Raises ValueError for a text that `encode` never returns."""
    data = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    whole = len(data) // 5  # groups of five bytes and eight letters; only the rest has several spellings
    if text != text.lower() or encode(data[whole * 5 :]) != text[whole * 8 :]:
        raise ValueError("not the one way to write these bytes")
    return data


def new_id() -> str:
    """A random identifier: 80 bits in 16 letters."""
    return encode(secrets.token_bytes(10))


def derived_id(secret: bytes, *parts: str) -> str:
    """A hash of the parts as an identifier: 128 bits in 26 letters. Keyed, so that nobody finds a mail address by
    trying addresses."""
    return encode(hmac.digest(secret, "\x1f".join(parts).encode(), hashlib.sha256)[:16])
