"""Identifiers: short opaque strings of lower-case base32 letters, safe in subjects, URLs, paths and calendar UIDs."""

import hashlib
import hmac
import secrets

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_THREE_LETTERS = [first + second + third for first in _LETTERS for second in _LETTERS for third in _LETTERS]
"""What 15 bits are written as. The standard library takes letter by letter three times as long, and every mail has some
200 letters: a tenth of a fan-out."""
_TO_DIGITS = str.maketrans(_LETTERS, "0123456789abcdefghijklmnopqrstuv")
"""The letters as `int` reads numbers to the base of 32."""


def encode(data: bytes) -> str:
    """Lower-case base32 without padding (RFC 4648 section 6): letters a-z and digits 2-7 only."""
    bits = len(data) * 8
    letters = -(-bits // 5)
    width = -(-letters // 3) * 15
    number = int.from_bytes(data, "big") << (width - bits)
    return "".join([_THREE_LETTERS[number >> place & 0x7FFF] for place in range(width - 15, -1, -15)])[:letters]


def decode(text: str) -> bytes:
    """The bytes of `encode`.

    Raises:
        ValueError: `encode` never gives that text: other characters, capitals, or bits after the last byte.
    """
    if text and not text.isalnum():
        raise ValueError("not a letter or digit")
    size = len(text) * 5 // 8
    number = int(text.translate(_TO_DIGITS) or "0", 32) >> (len(text) * 5 - size * 8)
    data = number.to_bytes(size, "big")
    if encode(data) != text:
        raise ValueError("not the one way to write these bytes")
    return data


def new_id() -> str:
    """A random identifier: 80 bits in 16 letters."""
    return encode(secrets.token_bytes(10))


def derived_id(secret: bytes, *parts: str) -> str:
    """An identifier (128 bits in 26 letters) that is the same for the same parts and tells nothing about them.

    Keyed, so that a mail address cannot be found by trying addresses.
    """
    return encode(hmac.digest(secret, "\x1f".join(parts).encode(), hashlib.sha256)[:16])
