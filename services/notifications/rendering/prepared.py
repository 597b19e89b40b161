"""Mails prepared once for everybody, with places that are filled for each person.

They are encoded in quoted-printable piece by piece (RFC 2045 section 6.7). A soft line break («=» at a line's end)
disappears when decoded. With one between any two pieces, each piece can be encoded apart: every line stays within 76
octets whatever comes before or after it.
"""

import re
import secrets
from binascii import b2a_qp
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.notifications.deliveries.domain import Delivery
from services.notifications.projections.domain import Recipient
from services.notifications.rendering.domain import MailContext


@dataclass(frozen=True, slots=True)
class PersonalMail:
    """A delivery with all that its mail is written from."""

    delivery: Delivery
    context: MailContext
    recipient: Recipient


Fill = Callable[[PersonalMail], bytes]
"""Makes the bytes of one personal place."""

SOFT_BREAK = b"=\r\n"

_SECRET = secrets.token_hex(8)  # so that no title and no name can hold a mark
_MARK = re.compile(f"\ue000{_SECRET}:([a-zA-Z]+)\ue001")


def mark(name: str) -> str:
    """Stands in a rendered text where something personal belongs."""
    return f"\ue000{_SECRET}:{name}\ue001"


class PreparedMail:
    """Bytes with places between them. Each fill is called once for each mail, however often its place occurs."""

    def __init__(self, pieces: Iterable[bytes | Fill]) -> None:
        self._pieces: list[bytes] = []
        places: dict[Fill, list[int]] = {}
        for place, piece in enumerate(pieces):
            self._pieces.append(piece if isinstance(piece, bytes) else b"")
            if not isinstance(piece, bytes):
                places.setdefault(piece, []).append(place)
        self._places = tuple(places.items())

    def filled(self, mail: PersonalMail) -> bytes:
        """The whole mail for one person."""
        pieces = self._pieces.copy()
        for fill, places in self._places:
            value = fill(mail)
            for place in places:
                pieces[place] = value
        return b"".join(pieces)


def marked_pieces(text: str, fills: Mapping[str, Fill]) -> Iterator[bytes | Fill]:
    """A rendered text in quoted-printable, cut at its marks. A fill must give quoted-printable of its own, of which a
    single line of letters, digits, `-` and `_` up to 75 is the simplest case."""
    *before, last = _MARK.split(text)
    opening = b""
    for piece, name in zip(before[::2], before[1::2], strict=True):
        yield opening + encoded_piece(piece) + SOFT_BREAK
        yield fills[name]
        opening = SOFT_BREAK
    yield opening + encoded_text(last)


def encoded_text(text: str) -> bytes:
    """The last piece of a text; its line ends become CRLF."""
    return b2a_qp(text.encode()).replace(b"\n", b"\r\n")


def encoded_piece(text: str) -> bytes:
    """A piece of a text, to be followed by a soft break; its line ends become CRLF."""
    return b2a_qp(f"{text}x".encode()).replace(b"\n", b"\r\n")[:-1]  # the x left room for the «=» of the break


def encoded_value(value: str) -> bytes:
    """A personal value, to be followed by a soft break: whatever it holds, a line end too, stays inside it."""
    return b2a_qp(f"{value}x".encode(), istext=False).replace(b"\n", b"\r\n")[:-1]
