"""The token of a survey's link, as this service may know it: which session it is for, which part, which hash.

56 characters of base64url: the session's id (10 bytes) and an HMAC-SHA256 whose key only the sender of the links has.
"""

import hashlib
from dataclasses import dataclass

from shared import ids
from shared.security import tokens

_SESSION_BYTES = 10
_CHARACTERS = 56


@dataclass(frozen=True, slots=True)
class SurveyToken:
    """A token without the token: what is kept of it while a request is answered."""

    session_id: str
    hash: str
    """Lower-case hex SHA-256 of its bytes."""
    _place: int

    def part(self, parts: int) -> int:
        """The part of the tally in which its slot is, of the parts that were there from the start."""
        return self._place % max(parts, 1)


def read_token(text: str) -> SurveyToken | None:
    """The token, or None where the text cannot be one. Whether it was ever sent, only the tally knows."""
    if len(text) != _CHARACTERS:
        return None
    try:
        data = tokens.decode(text)
    except ValueError:
        return None
    session, mac = data[:_SESSION_BYTES], data[_SESSION_BYTES:]
    digest = hashlib.sha256(data).hexdigest()
    return SurveyToken(ids.encode(session), digest, int.from_bytes(mac[:4], "big"))
