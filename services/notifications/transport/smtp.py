"""Handing mails over by SMTP (RFC 5321), in a few threads that each keep a connection open.

The standard library's `smtplib` is maintained with Python, does TLS and authentication, and in a few threads hands over
more mails than the asyncio libraries, which spend their time between coroutines.
"""

import queue
import re
import smtplib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

import structlog

from services.notifications.transport.refusals import Blame, Step, who_is_to_blame
from services.notifications.transport.relay import RelayRefusesError, SmtpRelay, connect, error_text
from shared.faults import failpoint

log = structlog.get_logger()
_IDLE_SECONDS = 10.0  # after which a connection that nobody uses is closed
_REASON_LENGTH = 200


class Outcome(StrEnum):
    """The result of one attempt to hand a mail over."""

    ACCEPTED = "accepted"
    """The relay has taken responsibility for it."""
    REFUSED = "refused"
    """The mailbox does not exist or takes no mails."""
    DEFERRED = "deferred"
    """A temporary error, or the connection was lost: try again later. It may have been accepted all the same."""
    UNCLEAR = "unclear"
    """A final refusal of this recipient that does not name the mailbox: other mails show whose fault it is."""
    OBJECTED = "objected"
    """A final refusal of this mail's content: our fault if other mails are refused too."""
    FAULT = "fault"
    """The relay refuses us, so it would refuse other mails too."""
    HELD = "held"
    """The recipient's domain refuses everybody, so that it is no fault of the recipient."""
    UNFIT = "unfit"
    """The mail cannot be composed: its text has a mistake."""
    UNAVAILABLE = "unavailable"
    """Not tried: no usable connection to the relay, or no files or memory to compose it with."""
    NOT_TRIED = "not tried"
    """Before its turn the transport was halted, or the lease ran out."""


UNTRIED = (Outcome.UNAVAILABLE, Outcome.NOT_TRIED)
NOT_HANDED_OVER = (*UNTRIED, Outcome.FAULT, Outcome.HELD)
"""These do not count towards the relay's limits per minute and day."""


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome with its reason, which names no person."""

    outcome: Outcome
    reason: str = ""


_ACCEPTED = Result(Outcome.ACCEPTED)
_LOST = Result(Outcome.DEFERRED, "connection lost")
_STALE = Result(Outcome.DEFERRED, "connection lost before the mail was begun")
_NOT_TRIED = Result(Outcome.NOT_TRIED)
_NOT_AN_ADDRESS = Result(Outcome.REFUSED, "not one plain address")
_ONE_ADDRESS = re.compile(r"[!#$%&'*+/=?^_`{|}~0-9A-Za-z.-]+@[0-9A-Za-z.-]+")
_ANY_ADDRESS = re.compile(r"[^\s<>:]+@[^\s<>]+")
_ENVELOPE = (Step.MAIL, Step.RCPT, Step.DATA)
_MEANING = {
    Blame.NOBODY: Outcome.DEFERRED,
    Blame.MAILBOX: Outcome.REFUSED,
    Blame.RECIPIENT_OR_US: Outcome.UNCLEAR,
    Blame.MAIL_OR_US: Outcome.OBJECTED,
    Blame.US: Outcome.FAULT,
}
_GO_AHEAD = 354
_GOING_DOWN = 421


@dataclass(eq=False)
class Connection:
    """A connection to the relay for one thread, opened when needed and again after it was lost."""

    _server: SmtpRelay
    _sender: str
    """The envelope's return address."""
    helo_name: str
    timeout: float
    """Seconds for connecting and for each reply."""
    _smtp: smtplib.SMTP | None = None
    _announced: str = ""
    """The recipient of the next mail, where its envelope was sent together with the mail before."""

    @property
    def is_open(self) -> bool:
        return self._smtp is not None

    def hand_over(self, recipient: str, message: bytes, following: str = "") -> Result:
        """Hand one mail (CRLF line ends) over for exactly one recipient. `following`: the recipient of the next mail,
        whose envelope goes out with this one if the relay allows it."""
        if not _ONE_ADDRESS.fullmatch(recipient):
            return _NOT_AN_ADDRESS
        if self._announced not in ("", recipient):
            self._abandon()  # the relay waits for a mail that will not come
        may_be_stale = self.is_open
        result = self._try(recipient, message, following)
        if result is _STALE and may_be_stale:
            result = self._try(recipient, message, following)  # relays close connections that were idle for a while
        return result

    def close(self) -> None:
        if self._announced:
            self._abandon()
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def _try(self, recipient: str, message: bytes, following: str) -> Result:
        try:
            if self._smtp is None:
                self._smtp = connect(self._server, self.helo_name, self.timeout)
        except RelayRefusesError as error:
            log.error("the relay refuses us", action="relay_refuses", reason=str(error))
            return Result(Outcome.UNAVAILABLE, str(error))
        except (OSError, smtplib.SMTPException) as error:
            return Result(Outcome.UNAVAILABLE, error_text(error))
        try:
            refusal = self._announce(self._smtp, recipient)
        except smtplib.SMTPException:
            self._abandon()
            return _STALE
        try:
            return refusal or self._transmit(self._smtp, message, following)
        except smtplib.SMTPException:
            self._abandon()
            return _LOST

    def _announce(self, smtp: smtplib.SMTP, recipient: str) -> Result | None:
        """Send MAIL, RCPT and DATA, at once if the relay allows it (RFC 2920); None when it waits for the mail."""
        commands = self._envelope(recipient)
        replies = []
        if smtp.has_extn("pipelining"):
            if not self._announced:
                smtp.send(b"".join(commands))
            self._announced = ""
            replies = [smtp.getreply() for _ in commands]
        else:
            for command in commands:
                smtp.send(command)
                replies.append(smtp.getreply())
                if replies[-1][0] >= 400:
                    break
        for step, (code, text) in zip(_ENVELOPE, replies, strict=False):
            if not 200 <= code < 400:
                return self._refused(smtp, step, code, text, begun=replies[-1][0] == _GO_AHEAD)
        return None

    def _envelope(self, recipient: str) -> tuple[bytes, ...]:
        return (
            b"MAIL FROM:<%s>\r\n" % self._sender.encode("ascii"),
            b"RCPT TO:<%s>\r\n" % recipient.encode("ascii"),
            b"DATA\r\n",
        )

    def _transmit(self, smtp: smtplib.SMTP, message: bytes, following: str) -> Result:
        if b"\r\n." in message:
            message = message.replace(b"\r\n.", b"\r\n..")  # RFC 5321 section 4.5.2
        pieces = [message, b".\r\n"]
        if smtp.has_extn("pipelining") and _ONE_ADDRESS.fullmatch(following):
            pieces += self._envelope(following)
            self._announced = following
        smtp.send(b"".join(pieces))
        code, text = smtp.getreply()
        if 200 <= code < 300:
            return _ACCEPTED
        return self._refused(smtp, Step.CONTENT, code, text, begun=False)

    def _refused(self, smtp: smtplib.SMTP, step: Step, code: int, text: bytes, *, begun: bool) -> Result:
        """What a refusal means. Afterwards the connection is ready for the next mail, or closed."""
        if begun:
            smtp.send(".\r\n")  # no recipient is left, so nothing is delivered (RFC 2920 section 3.1)
            smtp.getreply()
        if code == _GOING_DOWN:
            self._abandon()
            return _STALE if step is Step.MAIL else _LOST
        if not self._announced:
            self._reset(smtp)
        words = _ANY_ADDRESS.sub("…", text.decode("ascii", "replace"))
        return Result(_MEANING[who_is_to_blame(step, code, words)], f"{step}: {code} {words}"[:_REASON_LENGTH])

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except smtplib.SMTPException:
            self._abandon()  # it refused and hung up: the refusal stands

    def _abandon(self) -> None:
        self._announced = ""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


class Mail(Protocol):
    @property
    def address(self) -> str:
        """Its one recipient."""

    @property
    def lapsed(self) -> bool:
        """Whether another replica may be sending it by now."""

    def compose(self) -> bytes:
        """The mail itself; called in a sending thread."""


M = TypeVar("M", bound=Mail)


class Transport(Generic[M]):
    """The sending threads. At most `window` mails are accepted and not yet acknowledged as saved: a crash can repeat
    so many."""

    def __init__(self, open_connection: Callable[[], Connection], *, connections: int, window: int) -> None:
        self._open_connection = open_connection
        self._connections = connections
        self._window = threading.Semaphore(window)
        self._waiting: queue.SimpleQueue[M | None] = queue.SimpleQueue()
        self._halted = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, report: Callable[[M, Result], None]) -> None:
        """Start the threads; `report` is called in them with every result.

        Raises:
            RuntimeError: the system gives no more threads; called again, it starts those that are missing.
        """
        for number in range(len(self._threads), self._connections):
            thread = threading.Thread(target=self._serve, args=(report,), name=f"sending {number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def put(self, mail: M) -> None:
        self._waiting.put(mail)

    def acknowledge(self, results: int) -> None:
        """So many results are saved."""
        self._window.release(results)

    def halt(self) -> None:
        """Report the waiting mails as not tried."""
        self._halted.set()

    def resume(self) -> None:
        self._halted.clear()

    def close(self) -> None:
        """End the threads after what waits. Blocks; every result must still be acknowledged."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self, report: Callable[[M, Result], None]) -> None:
        connection = self._open_connection()
        mail = self._take(connection)
        while mail is not None:
            following = self._take_if_any()
            self._window.acquire()
            report(mail, self._attempt(connection, mail, following))
            mail = following or self._take(connection)
        connection.close()

    def _take(self, connection: Connection) -> M | None:
        """The next mail, None at the end. A connection that idles is closed."""
        try:
            return self._waiting.get(timeout=_IDLE_SECONDS if connection.is_open else None)
        except queue.Empty:
            connection.close()
            return self._waiting.get()

    def _take_if_any(self) -> M | None:
        try:
            mail = self._waiting.get_nowait()
        except queue.Empty:
            return None
        if mail is None:
            self._waiting.put(None)  # the end is for `_take` to find
        return mail

    def _attempt(self, connection: Connection, mail: M, following: M | None) -> Result:
        if self._halted.is_set() or mail.lapsed:
            return _NOT_TRIED
        try:
            message = mail.compose()
        except (OSError, MemoryError) as error:  # such as no file left to read a template with: any mail would fail
            log.error("mail not composed now", action="mail_not_composed_now", error=error_text(error))
            return Result(Outcome.UNAVAILABLE, f"not composed: {error_text(error)}")
        except Exception as error:  # a mistake in one mail must not end the thread
            log.exception("mail not composed", action="mail_not_composed")
            return Result(Outcome.UNFIT, f"not composed: {type(error).__name__}")
        try:
            result = connection.hand_over(mail.address, message, following.address if following else "")
        except Exception as error:  # nor may anything else: its mails would wait unnoticed
            log.exception("mail not handed over", action="mail_not_handed_over")
            connection.close()
            return Result(Outcome.DEFERRED, f"not handed over: {type(error).__name__}")
        if result is _ACCEPTED:
            failpoint("after-smtp-accept")
        return result
