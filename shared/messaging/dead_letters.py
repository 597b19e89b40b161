"""Dead letters: keep, list, show, replay and drop messages that no handler could process.

Two streams feed one list. After a handler's error the message itself is in `DIJOUS_DEADLETTERS`. Of a message that
keeps killing its process there is only the broker's advisory in `DIJOUS_ADVISORIES`, with its stream and sequence.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

import nats.errors
import orjson
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import Header, RawStreamMsg
from nats.js.errors import NotFoundError

from shared.clock import system_clock
from shared.ids import new_id
from shared.messaging.administration import stored_messages
from shared.messaging.publishing import publish

DEADLETTERS = "DIJOUS_DEADLETTERS"
ADVISORIES = "DIJOUS_ADVISORIES"
MAX_DELIVERIES_SUBJECT = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES"
TERMINATED_SUBJECT = "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED"
KEPT = "dead letter kept"
"""The reason we give when we end the deliveries of a kept message; its advisory adds nothing."""
REASON_LENGTH = 500
HEADER = "dijous-"
"""Prefix of the headers that describe the failure."""
SEE_STREAM = "dijous-data-in-stream"
"""Marks a letter without data: data and reason together exceed the broker's limit."""


class NoSuchLetterError(LookupError):
    """No dead letter has that id, or its message has left its stream."""


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A dead letter. `data`, `headers` and `reason` may hold personal data."""

    id: str
    """`d<sequence>` for a kept message, `a<sequence>` for an advisory."""
    service: str
    consumer: str
    subject: str
    """Subject of the event; empty in a list if there is only the advisory."""
    stream: str
    sequence: int
    deliveries: int
    error: str
    failed_at: datetime
    reason: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    data: bytes = field(default=b"", repr=False)

    @property
    def message(self) -> tuple[str, int]:
        return self.stream, self.sequence


async def keep_dead_letter(js: JetStreamContext, msg: Msg, *, service: str, error: Exception, reason: str) -> None:
    """Keep the message as a dead letter, then end its deliveries.

    Raises nats.errors.Error or TimeoutError: it may not have been kept, and the broker goes on delivering it.
    """
    metadata = msg.metadata
    about = {
        "service": service,
        "consumer": metadata.consumer,
        "subject": msg.subject,
        "stream": metadata.stream,
        "sequence": str(metadata.sequence.stream),
        "deliveries": str(metadata.num_delivered),
        "error": type(error).__name__,
        "failed-at": system_clock().isoformat(),
        "reason": reason[:REASON_LENGTH].encode("ascii", "backslashreplace").decode(),
    }
    headers = _event_headers(msg.headers or {}) | {HEADER + key: value for key, value in about.items()}
    subject = f"dlq.{service}.{msg.subject.removeprefix('evt.')}"
    try:
        await publish(js, subject, msg.data, headers, stream=DEADLETTERS)
    except nats.errors.MaxPayloadError:
        await publish(js, subject, b"", headers | {SEE_STREAM: "1"}, stream=DEADLETTERS)
    await js._nc.publish(msg.reply, f"+TERM {KEPT}".encode())
    msg._ackd = True  # `Msg.term` cannot give a reason


def _event_headers(headers: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in headers.items() if not key.lower().startswith(("nats-", HEADER))}


async def list_letters(js: JetStreamContext) -> list[StoredLetter]:
    """All dead letters: the kept messages, then the advisories, each oldest first."""
    kept = [_from_kept(message) async for message in stored_messages(js, DEADLETTERS)]
    known = [_from_advisory(message) async for message in stored_messages(js, ADVISORIES)]
    return kept + [letter for letter in known if letter]


async def show_letter(js: JetStreamContext, letter_id: str) -> StoredLetter:
    """One dead letter with its data, read from the original stream if it was not kept. Raises NoSuchLetterError."""
    stream, sequence = _address(letter_id)
    try:
        message = await js.get_msg(stream, sequence)
        letter = _from_kept(message) if stream == DEADLETTERS else _from_advisory(message)
        if letter is None:
            raise NoSuchLetterError(letter_id)
        if stream == DEADLETTERS and SEE_STREAM not in (message.headers or {}):
            return letter
        original = await js.get_msg(letter.stream, letter.sequence)
        return replace(
            letter,
            subject=original.subject or letter.subject,
            headers=_event_headers(original.headers or {}),
            data=original.data or b"",
        )
    except NotFoundError:
        raise NoSuchLetterError(letter_id) from None


async def replay_letters(js: JetStreamContext, letter_ids: Collection[str] | None) -> AsyncIterator[list[str]]:
    """Publish the messages of these letters (None: of all) again, then drop the letters.

    Every consumer sees the event again. A message that failed in several consumers is therefore published once, and
    all its letters are dropped. Yields the letters' ids, message by message. Raises NoSuchLetterError.
    """
    letters = await list_letters(js)
    wanted = [letter.id for letter in letters] if letter_ids is None else letter_ids
    message_of = {letter.id: letter.message for letter in letters}
    for letter_id in wanted:
        if letter_id not in message_of:
            raise NoSuchLetterError(letter_id)
    for message in dict.fromkeys(message_of[letter_id] for letter_id in wanted):
        of_it = [letter.id for letter in letters if letter.message == message]
        letter = await show_letter(js, of_it[0])
        # A new id for the broker's deduplication; the event keeps its own.
        headers = _event_headers(letter.headers) | {Header.MSG_ID: new_id()}
        await publish(js, letter.subject, letter.data, headers, stream=letter.stream)
        for letter_id in of_it:
            await drop_letter(js, letter_id)
        yield of_it


async def drop_letter(js: JetStreamContext, letter_id: str) -> None:
    """Delete a dead letter. Raises NoSuchLetterError."""
    stream, sequence = _address(letter_id)
    try:
        await js.get_msg(stream, sequence)
    except NotFoundError:
        raise NoSuchLetterError(letter_id) from None
    await js.delete_msg(stream, sequence)


def _address(letter_id: str) -> tuple[str, int]:
    kind, number = letter_id[:1], letter_id[1:]
    if kind not in {"d", "a"} or not number.isdecimal():
        raise NoSuchLetterError(letter_id)
    return (DEADLETTERS if kind == "d" else ADVISORIES), int(number)


def _from_kept(message: RawStreamMsg) -> StoredLetter:
    headers = message.headers or {}
    about = {key.removeprefix(HEADER): value for key, value in headers.items() if key.startswith(HEADER)}
    return StoredLetter(
        id=f"d{message.seq}",
        service=about["service"],
        consumer=about["consumer"],
        subject=about["subject"],
        stream=about["stream"],
        sequence=int(about["sequence"]),
        deliveries=int(about["deliveries"]),
        error=about["error"],
        failed_at=datetime.fromisoformat(about["failed-at"]),
        reason=about["reason"],
        headers=_event_headers(headers),
        data=message.data or b"",
    )


def _from_advisory(message: RawStreamMsg) -> StoredLetter | None:
    """The advisory as a letter; None if we kept the message itself."""
    advisory = orjson.loads(message.data or b"{}")
    reason = advisory.get("reason", "")
    if reason == KEPT:
        return None
    gave_up = (message.subject or "").startswith(MAX_DELIVERIES_SUBJECT)
    return StoredLetter(
        id=f"a{message.seq}",
        service=advisory["consumer"].partition("-")[0],
        consumer=advisory["consumer"],
        subject="",
        stream=advisory["stream"],
        sequence=advisory["stream_seq"],
        deliveries=advisory["deliveries"],
        error="NeverSettled" if gave_up else "Terminated",
        failed_at=datetime.fromisoformat(advisory["timestamp"]),
        reason=reason or "delivered time and again and never settled: its process died or hung each time",
    )
