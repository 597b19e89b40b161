"""Messages that could not be handled: kept with the reason, listed, shown, replayed, dropped.

Two streams feed one list. A handler's error puts the message itself into `DIJOUS_DEADLETTERS`. A message that killed
its process time and again leaves only the broker's advisory in `DIJOUS_ADVISORIES`; it is found through its stream
and sequence.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import datetime

import nats.errors
import orjson
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import Header, RawStreamMsg
from nats.js.errors import NotFoundError

from shared.clock import system_clock
from shared.ids import new_id
from shared.messaging.publishing import publish

DEADLETTERS = "DIJOUS_DEADLETTERS"
ADVISORIES = "DIJOUS_ADVISORIES"
MAX_DELIVERIES_SUBJECT = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES"
TERMINATED_SUBJECT = "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED"
BURIED = "dead letter kept"
"""The reason with which we terminate a message ourselves; its advisory tells nothing new."""
TERMINATE = b"+TERM " + BURIED.encode()
REASON_LENGTH = 500
HEADER = "dijous-"
"""Prefix of the headers that tell of the failure."""
SEE_STREAM = "dijous-data-in-stream"
"""Set on a letter without data, because data and reason together would exceed the broker's limit."""


class NoSuchLetterError(LookupError):
    """There is no dead letter with that id, or its message is not in its stream any more."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that could not be handled. `data`, `headers` and `reason` may hold personal data."""

    id: str
    """`d<sequence>` for a kept message, `a<sequence>` for one known by the broker's advisory."""
    service: str
    consumer: str
    subject: str
    """Subject of the event; empty in a list when only the advisory is known."""
    stream: str
    sequence: int
    deliveries: int
    error: str
    """Class of the error."""
    failed_at: datetime
    reason: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    data: bytes = field(default=b"", repr=False)

    @property
    def message(self) -> tuple[str, int]:
        """The message that could not be handled: its stream and its sequence there."""
        return self.stream, self.sequence


async def bury(js: JetStreamContext, msg: Msg, *, service: str, error: Exception, reason: str) -> None:
    """Keep the message as a dead letter; once the broker has acknowledged that, end its deliveries.

    Raises:
        nats.errors.Error, TimeoutError: it is not known to be kept; the message goes on being delivered.
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
        "reason": _header_safe(reason),
    }
    headers = _event_headers(msg.headers or {}) | {HEADER + key: value for key, value in about.items()}
    await _keep(js, f"dlq.{service}.{msg.subject.removeprefix('evt.')}", msg.data, headers)
    await js._nc.publish(msg.reply, TERMINATE)
    msg._ackd = True  # `Msg.term` cannot give a reason


async def _keep(js: JetStreamContext, subject: str, data: bytes, headers: dict[str, str]) -> None:
    try:
        await publish(js, subject, data, headers, stream=DEADLETTERS)
    except nats.errors.MaxPayloadError:
        await publish(js, subject, b"", headers | {SEE_STREAM: "1"}, stream=DEADLETTERS)


def _event_headers(headers: dict[str, str]) -> dict[str, str]:
    """The headers of the event without those that instruct the broker."""
    return {key: value for key, value in headers.items() if not key.lower().startswith(("nats-", HEADER))}


def _header_safe(text: str) -> str:
    return text[:REASON_LENGTH].encode("ascii", "backslashreplace").decode()


async def list_letters(js: JetStreamContext) -> list[DeadLetter]:
    """All dead letters, oldest first of either kind."""
    kept = [_from_kept(message) async for message in _messages(js, DEADLETTERS)]
    known = [_from_advisory(message) async for message in _messages(js, ADVISORIES)]
    return kept + [letter for letter in known if letter]


async def show_letter(js: JetStreamContext, letter_id: str) -> DeadLetter:
    """One dead letter with its data, read from the original stream where it was not kept.

    Raises:
        NoSuchLetterError: there is none with that id, or its message has gone.
    """
    stream, sequence = _address(letter_id)
    try:
        message = await js.get_msg(stream, sequence)
        letter = _from_kept(message) if stream == DEADLETTERS else _from_advisory(message)
        if letter is None:
            raise NoSuchLetterError(letter_id)
        if stream == DEADLETTERS and SEE_STREAM not in (message.headers or {}):
            return letter
        return _with_original(letter, await js.get_msg(letter.stream, letter.sequence))
    except NotFoundError:
        raise NoSuchLetterError(letter_id) from None


async def replay_letters(js: JetStreamContext, letter_ids: Collection[str] | None) -> AsyncIterator[list[str]]:
    """Publish the messages of these letters, or of all, again under their subjects; then drop their letters.

    Everybody who handles an event sees it again, so a message that several could not handle is published once and the
    letters of all of them are dropped: yields their ids, message by message.

    Raises:
        NoSuchLetterError: there is none with that id, or its message has gone.
    """
    letters = await list_letters(js)
    wanted = [letter.id for letter in letters] if letter_ids is None else letter_ids
    message_of = {letter.id: letter.message for letter in letters}
    for letter_id in wanted:
        if letter_id not in message_of:
            raise NoSuchLetterError(letter_id)
    for message in dict.fromkeys(message_of[letter_id] for letter_id in wanted):
        of_it = [letter.id for letter in letters if letter.message == message]
        await _publish_again(js, await show_letter(js, of_it[0]))
        for letter_id in of_it:
            await drop_letter(js, letter_id)
        yield of_it


async def _publish_again(js: JetStreamContext, letter: DeadLetter) -> None:
    """With a new id for the broker's deduplication; the event's own stays."""
    headers = _event_headers(letter.headers) | {Header.MSG_ID: new_id()}
    await publish(js, letter.subject, letter.data, headers, stream=letter.stream)


async def drop_letter(js: JetStreamContext, letter_id: str) -> None:
    """Forget a dead letter.

    Raises:
        NoSuchLetterError: there is none with that id.
    """
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


async def _messages(js: JetStreamContext, stream: str) -> AsyncIterator[RawStreamMsg]:
    """All messages of a stream, in order."""
    state = (await js.stream_info(stream)).state
    sequence = state.first_seq
    while state.messages and sequence <= state.last_seq:
        try:
            message = await js.get_msg(stream, seq=sequence, next=True, subject=">")
        except NotFoundError:
            return
        assert message.seq is not None
        sequence = message.seq + 1
        yield message


def _from_kept(message: RawStreamMsg) -> DeadLetter:
    headers = message.headers or {}
    about = {key.removeprefix(HEADER): value for key, value in headers.items() if key.startswith(HEADER)}
    return DeadLetter(
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


def _from_advisory(message: RawStreamMsg) -> DeadLetter | None:
    """The letter that an advisory tells of; None for a message that we terminated after keeping it."""
    advisory = orjson.loads(message.data or b"{}")
    reason = advisory.get("reason", "")
    if reason == BURIED:
        return None
    gave_up = (message.subject or "").startswith(MAX_DELIVERIES_SUBJECT)
    return DeadLetter(
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


def _with_original(letter: DeadLetter, message: RawStreamMsg) -> DeadLetter:
    return DeadLetter(
        id=letter.id,
        service=letter.service,
        consumer=letter.consumer,
        subject=message.subject or letter.subject,
        stream=letter.stream,
        sequence=letter.sequence,
        deliveries=letter.deliveries,
        error=letter.error,
        failed_at=letter.failed_at,
        reason=letter.reason,
        headers=_event_headers(message.headers or {}),
        data=message.data or b"",
    )
