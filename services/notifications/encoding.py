"""Quoted-printable in pieces (RFC 2045 section 6.7), so that what many mails share is encoded once.

A soft line break («=» at a line's end) disappears when decoded. With one between any two pieces, each piece can be
encoded apart: every line stays within 76 octets whatever comes before or after it.
"""

from binascii import b2a_qp

SOFT_BREAK = b"=\r\n"


def encoded_text(text: str) -> bytes:
    """The last piece of a text; its line ends become CRLF."""
    return b2a_qp(text.encode()).replace(b"\n", b"\r\n")


def encoded_piece(text: str) -> bytes:
    """A piece of a text, to be followed by a soft break; its line ends become CRLF."""
    return b2a_qp(f"{text}x".encode()).replace(b"\n", b"\r\n")[:-1]  # the x left room for the «=» of the break


def encoded_value(value: str) -> bytes:
    """A personal value, to be followed by a soft break: whatever it holds, a line end too, stays inside it."""
    return b2a_qp(f"{value}x".encode(), istext=False).replace(b"\n", b"\r\n")[:-1]
