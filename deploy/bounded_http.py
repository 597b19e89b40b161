"""HTTP/1.1 with bounds on size, count and time, so that nobody needs a proxy to be safe from slow or endless requests.

uvicorn with httptools bounds none of them; with h11, a parser written in Python, only the size of the headers.
"""

from asyncio import TimerHandle, Transport
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, NoReturn

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from shared.events.vocabulary import Language
from shared.text.catalogues import Translations
from shared.web.application import SECURITY_HEADERS
from shared.web.problems import HTTP_PROBLEMS, problem_response


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one client may take. The application itself refuses sooner, in a page or in the caller's language."""

    connections: int
    line_bytes: int = 8192
    head_bytes: int = 65_536
    """Headers together, before the body and between its parts."""
    headers: int = 100
    pipelined: int = 10
    head_seconds: float = 10
    """From the connection or the first byte to the end of the headers."""
    body_seconds: float = 60
    answer_seconds: float = 60
    """For taking the answer, and what a client goes on sending meanwhile."""
    linger_seconds: float = 2
    """For reading on after a refusal: a connection closed at once loses the answer (RFC 9112 section 9.6)."""


def bounded(bounds: Bounds) -> type["_BoundedProtocol"]:
    """The protocol for one server."""
    return type("BoundedProtocol", (_BoundedProtocol,), {"bounds": bounds, "opened": {}})


class _BoundedProtocol(HttpToolsProtocol):
    bounds: ClassVar[Bounds]
    opened: ClassVar[dict["_BoundedProtocol", None]]
    """The oldest first."""
    _deadline: TimerHandle | None = None
    _overhead = 0
    """Bytes since the last request that are no body."""
    _wrong = 400
    _is_refused = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Beyond the limit, close the oldest connection that waits for its client.

        uvicorn's own `limit_concurrency` refuses requests, but keeps every connection that makes none.
        """
        super().connection_made(transport)
        self.opened[self] = None
        self._within(self.bounds.head_seconds, self._too_slow)
        if len(self.opened) > self.bounds.connections:
            oldest = next(each for each in self.opened if each._waits_for_client)
            del self.opened[oldest]
            oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.opened.pop(self, None)
        self._within(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._overhead += len(data)
        super().data_received(data)
        if self._overhead > self.bounds.head_bytes:
            self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._within(self.bounds.head_seconds, self._too_slow)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self.bounds.line_bytes:
            self._stop(414)
        if len(self.pipeline) >= self.bounds.pipelined:
            self._stop(400)

    def on_header(self, name: bytes, value: bytes) -> None:
        if "path" in self.scope:
            return  # behind the body: nobody reads it
        super().on_header(name, value)
        if len(self.headers) > self.bounds.headers:
            self._stop(431)

    def on_headers_complete(self) -> None:
        if sum(len(name) + len(value) for name, value in self.headers) > self.bounds.head_bytes:
            self._stop(431)
        super().on_headers_complete()
        self._within(self.bounds.body_seconds, self._too_slow)

    def on_body(self, body: bytes) -> None:
        self._overhead -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._overhead = 0
        if not self.cycle.response_complete:
            self._within(None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._within(self.bounds.answer_seconds, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._within(self.bounds.answer_seconds, self.transport.abort)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  ours are problem details
        self._refuse(self._wrong)

    @property
    def _waits_for_client(self) -> bool:
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def _within(self, seconds: float | None, otherwise: Callable[[], None] = lambda: None) -> None:
        """Set the one deadline of the connection, or none."""
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, otherwise) if seconds is not None else None

    def _stop(self, status: int) -> NoReturn:
        self._wrong = status
        raise HttpParserError

    def _too_slow(self) -> None:
        if self.scope is None:  # it never began a request
            self.transport.close()
        else:
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        """Answer instead of the application, unless another answer is under way, and close."""
        self._is_refused = True
        if self.pipeline or not self._waits_for_client or (self.cycle and self._has_half_answered):
            return self.transport.abort()
        if self.cycle:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(_refusal(status))
        self.transport.write_eof()
        self._within(self.bounds.linger_seconds, self.transport.abort)
        return None

    @property
    def _has_half_answered(self) -> bool:
        return self.cycle.response_started and not self.cycle.response_complete


@cache
def _refusal(status: int) -> bytes:
    """A whole answer, in Catalan: whoever is refused here has not said which language they speak."""
    code, message = HTTP_PROBLEMS[status]
    answer = problem_response(
        status, code, Translations().text(Language.CA, message), headers={**SECURITY_HEADERS, "Connection": "close"}
    )
    headers = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
    return STATUS_LINE[status] + headers + b"\r\n" + bytes(answer.body)
