"""Forms: mails ready but for their personal places, which are filled for each person."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.known import Recipient
from services.notifications.domain.matters import Matter
from services.notifications.encoding import SOFT_BREAK, encoded_piece, encoded_text


@dataclass(frozen=True, slots=True)
class Occasion:
    """One mail to be composed."""

    delivery: Delivery
    matter: Matter
    recipient: Recipient


Fill = Callable[[Occasion], bytes]
"""Makes the bytes of one personal place."""

_SECRET = secrets.token_hex(8)  # so that no title and no name can hold a mark
_MARK = re.compile(f"\ue000{_SECRET}:([a-zA-Z]+)\ue001")


def mark(name: str) -> str:
    """What stands in a rendered text where something personal belongs."""
    return f"\ue000{_SECRET}:{name}\ue001"


class Form:
    """Bytes with places between them; each fill is asked once for each mail, wherever and however often it belongs."""

    def __init__(self, pieces: Iterable[bytes | Fill]) -> None:
        self._pieces: list[bytes] = []
        places: dict[Fill, list[int]] = {}
        for place, piece in enumerate(pieces):
            self._pieces.append(piece if isinstance(piece, bytes) else b"")
            if not isinstance(piece, bytes):
                places.setdefault(piece, []).append(place)
        self._places = tuple(places.items())

    def filled(self, occasion: Occasion) -> bytes:
        """The whole for one person."""
        pieces = self._pieces.copy()
        for fill, places in self._places:
            value = fill(occasion)
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
