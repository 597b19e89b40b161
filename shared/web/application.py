"""The frame of every service's HTTP side: routes, problems, health, host, limits, headers, correlation."""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from shared.health import is_served
from shared.observability import CORRELATION
from shared.text.catalogues import Translations
from shared.web.bodies import require_utf8
from shared.web.openapi import LICENSE, describe_problems
from shared.web.page_routes import PageRouter, error_page, install_pages, wants_page
from shared.web.pages import Pages
from shared.web.problems import (
    COMPRESSED,
    FAILED,
    HTTP_PROBLEMS,
    install_problem_handlers,
    problem_response,
    request_language,
)

MAX_BODY_BYTES = 1_000_000
"""Larger bodies are refused: the largest legitimate one is an import of the directory (about 120 kB)."""

MAX_JSON_BYTES = 200_000
"""For JSON, where every wrong member is noted before anything is refused. The largest legitimate one names fifty
materials of a session in escaped letters."""

MAX_HEADER_BYTES = 8192
"""One header. Python before 3.11.10 reads cookies in quadratic time, and pages read some headers again and again."""

MAX_HEADERS_BYTES = 4 * MAX_HEADER_BYTES
"""All headers together: proxies that sign people in add long ones. These two are also nginx's."""

_MOST_DIGITS = 20  # of a length: more are no number that Python reads

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""Defaults; a page brings its own policy."""
HSTS = "max-age=31536000; includeSubDomains"
"""Behind TLS: a browser that came once never asks without it again (RFC 6797)."""
_HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_HEADERS_OVER_TLS = [*_HEADERS, (b"strict-transport-security", HSTS.encode())]

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_HEALTH = "/health/"
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]*)?")

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The framework's own would export addresses, which hold the tokens of personal links, and refused bodies."""


class ReadinessCheck(Protocol):
    async def check(self) -> dict[str, str]:
        """The state of each part by name: «ok», what is wrong, or a warning (`shared.health`)."""


def make_application(
    name: str,
    title: str,
    routers: Sequence[APIRouter],
    words: Translations,
    readiness: ReadinessCheck,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """The ASGI application of a service, its description at `/api/v1/openapi/<name>.json`.

    With routes of pages, a browser gets its errors as pages; programs get problem details.
    """
    pages = next((router.pages for router in routers if isinstance(router, PageRouter)), None)
    app = FastAPI(
        title=title,
        version="1",
        license_info=LICENSE,
        servers=[{"url": "/"}],
        openapi_url=f"/api/v1/openapi/{name}.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # such a redirect names the host that the request claims
        lifespan=lifespan,
        telemetry=_NO_TELEMETRY,
    )
    describe_problems(app)
    install_problem_handlers(app, words)
    app.state.words = words
    app.state.page_routes = [route for router in routers if isinstance(router, PageRouter) for route in router.routes]
    if pages:
        install_pages(app, pages)
    for router in (*routers, health_routes(readiness)):
        app.router.routes.extend(router.routes)  # an included router's would be made and matched once more
    app.add_middleware(Frame, words=words, pages=pages)
    return app


def health_routes(readiness: ReadinessCheck) -> APIRouter:
    """`/health/live` (the process answers) and `/health/ready` (it can do its work; 503 says what is wrong).

    A warning is shown, and a proxy goes on sending people here.
    """
    router = APIRouter(prefix=_HEALTH.rstrip("/"), include_in_schema=False)

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready")
    async def ready() -> JSONResponse:
        checks = await readiness.check()
        is_ready = all(map(is_served, checks.values()))
        body = {"status": "ok" if is_ready else "not ready", "checks": checks}
        return JSONResponse(body, status_code=200 if is_ready else 503)

    return router


@dataclass(frozen=True, slots=True)
class Frame:
    """ASGI middleware: correlation id, known host, size limits, safe headers.

    HEAD is answered wherever GET is, without the body (RFC 9110 section 9.3.2).
    """

    app: ASGIApp
    words: Translations
    pages: Pages | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        correlation_id = _correlation_id(headers.get(b"x-request-id", b"").decode("latin-1"))
        with structlog.contextvars.bound_contextvars(**{CORRELATION: correlation_id}):
            safe = _HEADERS_OVER_TLS if self.pages and self.pages.secure else _HEADERS
            guarded = _Answer(send, safe, correlation_id, has_body=scope["method"] != "HEAD")
            scope = scope if guarded.has_body else {**scope, "method": "GET"}
            request = Request(scope, receive)
            if refusal := self._refusal(request):
                return await refusal(scope, receive, guarded)
            try:
                return await self.app(scope, _limited(request), guarded)
            except Exception:  # whatever the bug, the caller gets an answer without its details
                if not guarded.started:
                    response = self._error(request, 500, "failed", FAILED)
                    await response(scope, receive, guarded)
                raise  # the server logs it

    def _refusal(self, request: Request) -> Response | None:
        """The answer to what is too large, packed or for another host; too large headers are not read for it."""
        sizes = [len(name) + len(value) for name, value in request.headers.raw]
        if max(sizes, default=0) > MAX_HEADER_BYTES or sum(sizes) > MAX_HEADERS_BYTES:
            return self._error(Request({**request.scope, "headers": []}), 431, *HTTP_PROBLEMS[431])
        if not (self._is_ours(request) or request.url.path.startswith(_HEALTH)):
            return self._error(request, 421, *HTTP_PROBLEMS[421])
        if request.headers.get("content-encoding", "identity").lower() != "identity":  # unpacked, of any size
            return self._error(request, 415, *COMPRESSED)
        if _content_length(request) > _most_bytes(request):
            return self._error(request, 413, *HTTP_PROBLEMS[413])
        return None

    def _is_ours(self, request: Request) -> bool:
        """Whether the request names the public address or this machine.

        A foreign name that was made to lead here (DNS rebinding) would let its pages read ours. Probes name any host.
        """
        names = [_HOST.fullmatch(name.lower()) for name in request.headers.getlist("host")]
        own = LOOPBACK_HOSTS | ({self.pages.host} if self.pages else set())
        return len(names) == 1 and names[0] is not None and names[0][1].strip("[]") in own

    def _error(self, request: Request, status: int, code: str, message: str) -> Response:
        if self.pages and wants_page(request):
            return error_page(self.pages, request, status, message)
        return problem_response(status, code, self.words.text(request_language(request), message))


def _correlation_id(given: str) -> str:
    is_plain = given.isascii() and given.replace("-", "").isalnum() and len(given) <= 64
    return given if is_plain else secrets.token_hex(8)


def _content_length(request: Request) -> int:
    given = request.headers.get("content-length", "0")
    return int(given) if given.isdecimal() and len(given) <= _MOST_DIGITS else MAX_BODY_BYTES + 1


def _most_bytes(request: Request) -> int:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return MAX_JSON_BYTES if media_type.endswith("json") else MAX_BODY_BYTES


def _limited(request: Request) -> Receive:
    """Refuse a body in a foreign charset, and one without Content-Length that grows past the limit.

    Both raise HTTPException, the one error that the framework lets through while it reads a body.
    """
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await request.receive()
        body = message.get("body", b"")
        if body and not received:
            require_utf8(request.headers.get("content-type"))
        received += len(body)
        if received > _most_bytes(request):
            raise HTTPException(413)
        return message

    return limited


@dataclass(slots=True)
class _Answer:
    """Adds the headers that an answer lacks; knows whether it has begun."""

    send: Send
    safe: Sequence[tuple[bytes, bytes]]
    correlation_id: str
    has_body: bool
    started: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message = {**message, "headers": self._completed(message["status"], message["headers"])}
        elif not self.has_body:
            message = {**message, "body": b""}
        await self.send(message)

    def _completed(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        brought = list(headers)
        if status == 204:  # the framework says of what type nothing is
            brought = [header for header in brought if header[0] != b"content-type"]
        names = {name for name, _ in brought}
        missing = [header for header in self.safe if header[0] not in names]
        return [*brought, *missing, (b"x-request-id", self.correlation_id.encode())]
