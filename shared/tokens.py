"""How the tokens of links are written: base64url (RFC 4648 section 5), where capitals are letters of their own.

Ids are base32, which people can read out and every system takes; a token is only ever followed. Base64 is made by C in
the standard library, base32 by Python: in a fan-out that was two fifths of composing a mail.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode


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
