"""A stored mail, parsed from its bytes."""

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache

from pydantic import BaseModel

KIND_HEADER = "X-Dijous-Kind"


class Letter(BaseModel):
    """A mail in `/mailbox/messages.json`, one for each recipient."""

    id: int
    """Grows with every mail received."""
    to: str
    subject: str
    kind: str
    """Of X-Dijous-Kind, such as `confirmation`; empty without that header."""
    received_at: datetime
    text: str
    html: str
    calendar: str
    """The iCalendar part; empty where there is none."""
    headers: dict[str, str]
    """Decoded; the values of a repeated header are joined by line ends."""


def parse(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)  # what policy.default makes
    return message


def header(message: EmailMessage, name: str) -> str:
    """The decoded values, one a line; empty where the header is missing or cannot be read."""
    try:
        return "\n".join(str(value) for value in message.get_all(name, []))
    except (ValueError, IndexError):  # the standard library's parser on malformed addresses
        return ""


@lru_cache(maxsize=1000)  # followers of the mailbox read the same mails again and again, and each costs milliseconds
def read(row_id: int, recipient: str, received_at: datetime, raw: bytes) -> Letter:
    message = parse(raw)
    return Letter(
        id=row_id,
        to=recipient,
        subject=header(message, "Subject"),
        kind=header(message, KIND_HEADER),
        received_at=received_at,
        text=_part(message, "text/plain"),
        html=_part(message, "text/html"),
        calendar=_part(message, "text/calendar"),
        headers={name: header(message, name) for name in dict.fromkeys(message.keys())},
    )


def _part(message: EmailMessage, content_type: str) -> str:
    for part in message.walk():
        if part.get_content_type() == content_type:
            payload = part.get_payload(decode=True)
            data = payload if isinstance(payload, bytes) else b""
            return data.decode(part.get_content_charset("utf-8"), "replace").replace("\r\n", "\n")
    return ""
