"""The frame around every service: limits, headers, correlation, problems in the caller's language."""

import gzip
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, Depends, Request
from opentelemetry import trace
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from structlog.testing import capture_logs

from shared.health import warning
from shared.problems import FieldProblem, Problem, mark
from shared.storage.contract import StoreError
from shared.text.catalogues import Translations
from shared.web.application import MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_HEADERS_BYTES, MAX_JSON_BYTES, make_application
from shared.web.staff_cookie import bearer_member

SECRET_TEXT = "nuria@alamus.example"
STAFF_TOKEN = "staff-token-of-the-tests"


def _no_shouting(text: str) -> str:
    if text.isupper():
        raise ValueError(mark("Not so loud."))
    if text.startswith("{"):
        raise ValueError(f"a library that repeats {text}")
    return text


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=10), AfterValidator(_no_shouting)]
    seats: Annotated[int, Field(ge=1, le=5)] = 1
    at: AwareDatetime | None = None


class SoldOutProblem(Problem):
    """For the test."""

    status = 409
    code = "sold-out"
    title = mark("This link has expired.")


def routes() -> APIRouter:
    router = APIRouter()

    @router.post("/orders")
    async def take(order: Order) -> dict[str, str]:
        return {"correlation": str(structlog.contextvars.get_contextvars().get("correlation_id"))}

    @router.post("/raw")
    async def raw(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    @router.get("/sold-out")
    async def sold_out() -> None:
        raise SoldOutProblem(seats=0)

    @router.get("/wrong-field")
    async def wrong_field() -> None:
        raise FieldProblem("/session")

    @router.get("/store")
    async def store() -> None:
        raise StoreError("the password is hunter2")

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError(SECRET_TEXT)

    @router.get("/office", dependencies=[Depends(bearer_member(STAFF_TOKEN))])
    async def office() -> dict[str, str]:
        return {}

    return router


def same_address_routes() -> APIRouter:
    router = APIRouter(prefix="/both")

    @router.delete("/{number}")
    async def remove(number: int) -> None: ...

    @router.get("/{number}")
    async def read(number: int) -> dict[str, int]:
        return {"number": number}

    return router


class Readiness:
    def __init__(self) -> None:
        self.checks = {"store": "ok", "broker": "ok"}

    async def check(self) -> dict[str, str]:
        return self.checks


@pytest.fixture
def readiness() -> Readiness:
    return Readiness()


@pytest.fixture
async def http(readiness: Readiness) -> AsyncIterator[httpx.AsyncClient]:
    app = make_application("test", "Test", [routes(), same_address_routes()], Translations(), readiness)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


ROUTES = ["/health/live", "/health/ready", "/sold-out", "/store", "/broken", "/nowhere", "/orders", "/office"]


@pytest.mark.parametrize("path", [*ROUTES, "/api/v1/openapi/test.json"])
async def test_every_answer_has_the_safe_headers(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.headers["x-request-id"]) == 16


async def test_a_plain_correlation_id_is_carried_on(http: httpx.AsyncClient) -> None:
    answer = await http.post("/orders", json={"name": "a"}, headers={"X-Request-Id": "abc-123"})

    assert answer.json() == {"correlation": "abc-123"}
    assert answer.headers["x-request-id"] == "abc-123"


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", "text/json", ""])
async def test_a_body_that_does_not_say_that_it_is_json_is_told_what_to_say(
    http: httpx.AsyncClient, media_type: str
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = await http.post("/orders", content=b'{"name": "a"}', headers=headers)

    assert answer.status_code == 415
    assert answer.json()["type"] == "urn:dijous:problem:not-json"
    assert "Content-Type: application/json" in answer.json()["title"]


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "application/x+json"])
async def test_a_body_that_says_that_it_is_json_is_read(http: httpx.AsyncClient, media_type: str) -> None:
    answer = await http.post("/orders", content=b'{"name": "a"}', headers={"Content-Type": media_type})

    assert answer.status_code == 200


@pytest.mark.parametrize("given", ["", "-", "a b", "a" * 65, "{x}", "nuria@alamus.example", "è"])
async def test_a_strange_correlation_id_is_replaced(http: httpx.AsyncClient, given: str) -> None:
    answer = await http.post("/orders", json={"name": "a"}, headers=[(b"x-request-id", given.encode())])

    assert answer.headers["x-request-id"] != given
    assert answer.json()["correlation"] == answer.headers["x-request-id"]


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 50_000):
        yield b"a" * 50_000


@pytest.mark.parametrize("path", ["/orders", "/raw"])
@pytest.mark.parametrize("streamed", [True, False])
async def test_a_body_beyond_the_limit_is_refused(http: httpx.AsyncClient, path: str, streamed: bool) -> None:
    size = MAX_BODY_BYTES + 50_000
    answer = await http.post(path, content=_pieces(size) if streamed else b"a" * size)

    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:dijous:problem:too-large"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_body_at_the_limit_is_taken(http: httpx.AsyncClient, streamed: bool) -> None:
    content = _pieces(MAX_BODY_BYTES) if streamed else b"a" * MAX_BODY_BYTES

    assert (await http.post("/raw", content=content)).json() == {"size": MAX_BODY_BYTES}


@pytest.mark.parametrize("media_type", ["application/json", "application/x+JSON ; charset=utf-8"])
async def test_json_beyond_its_own_limit_is_refused(http: httpx.AsyncClient, media_type: str) -> None:
    for size, status in ((MAX_JSON_BYTES, 422), (MAX_JSON_BYTES + 1, 413)):
        content = b'{"name": "%s"}' % (b"a" * (size - 12))
        answer = await http.post("/orders", content=content, headers={"Content-Type": media_type})
        assert answer.status_code == status


async def test_json_in_another_charset_is_refused(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json; charset=utf-7"}
    answer = await http.post("/orders", content=b'{"name": "a"}', headers=headers)

    assert answer.status_code == 415
    assert answer.json()["type"] == "urn:dijous:problem:charset"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x", "identity, gzip", ""])
async def test_what_is_compressed_is_refused(http: httpx.AsyncClient, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = await http.post("/orders", content=gzip.compress(b'{"name": "a"}'), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:dijous:problem:compressed")


async def test_a_request_without_a_body_may_say_any_charset(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health/live", headers={"Content-Type": "text/plain; charset=utf-7"})).status_code == 200
    assert (await http.post("/raw", headers={"Content-Type": "text/plain; charset=utf-7"})).json() == {"size": 0}


@pytest.mark.parametrize(
    ("count", "size", "status"),
    [(1, MAX_HEADER_BYTES, 431), (5, MAX_HEADERS_BYTES // 5, 431), (3, MAX_HEADER_BYTES - 100, 200)],
)
async def test_long_headers_are_refused(http: httpx.AsyncClient, count: int, size: int, status: int) -> None:
    """The limit of each one and of all together; some long ones come from proxies that sign people in."""
    answer = await http.get("/health/live", headers={f"X-{number}": "a" * size for number in range(count)})
    assert answer.status_code == status
    assert status == 200 or answer.json()["type"] == "urn:dijous:problem:headers-too-large"


async def test_of_many_wrong_fields_the_first_hundred_are_told(http: httpx.AsyncClient) -> None:
    answer = await http.post("/orders", json={str(number): number for number in range(1000)})

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 100


@pytest.mark.parametrize(
    ("language", "title"),
    [("ca", "Aquest enllaç ha caducat."), ("es", "Este enlace ha caducado."), ("en", "This link has expired.")],
)
async def test_a_problem_is_told_in_the_callers_language(http: httpx.AsyncClient, language: str, title: str) -> None:
    answer = await http.get("/sold-out", headers={"Accept-Language": language})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {"type": "urn:dijous:problem:sold-out", "title": title, "status": 409, "seats": 0}


async def test_a_field_that_names_nothing_is_pointed_at(http: httpx.AsyncClient) -> None:
    answer = await http.get("/wrong-field", headers={"Accept-Language": "en"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/session", "detail": "Some fields are not right."}]


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({}, "/name", "This field is required."),
        ({"name": 5}, "/name", "This must be text."),
        ({"name": SECRET_TEXT}, "/name", "This is too long: at most 10 characters."),
        ({"name": "LOUD"}, "/name", "Not so loud."),
        ({"name": "{secret}"}, "/name", "This does not have the right form."),
        ({"name": "a", "seats": 0}, "/seats", "This number is too low."),
        ({"name": "a", "seats": 9}, "/seats", "This number is too high."),
        ({"name": "a", "seats": "x"}, "/seats", "This must be a whole number."),
        ({"name": "a", "at": "2026-12-17T10:00:00"}, "/at", "The time needs its offset, such as +01:00."),
        ({"name": "a", "at": "soon"}, "/at", "This is not a date and time."),
        ({"name": "a", "b/c~d": 1}, "/b~1c~0d", "There is no such field."),
        ([], "", "This does not have the right form."),
        (None, "", "This field is required."),
    ],
)
async def test_a_wrong_field_is_pointed_at_in_words(
    http: httpx.AsyncClient, body: object, pointer: str, detail: str
) -> None:
    answer = await http.post("/orders", json=body, headers={"Accept-Language": "en"})

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:dijous:problem:validation"
    assert answer.json()["errors"] == [{"pointer": pointer, "detail": detail}]


async def test_what_is_not_json_is_said(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/orders", content=b'{"name": ', headers={"Content-Type": "application/json", "Accept-Language": "en"}
    )

    assert answer.json()["errors"] == [{"pointer": "", "detail": "This is not valid JSON."}]


@pytest.mark.parametrize(
    "body", [{"name": SECRET_TEXT}, {"name": "{" + SECRET_TEXT}, {"name": "a", "seats": SECRET_TEXT}, SECRET_TEXT]
)
async def test_no_value_that_was_sent_comes_back(http: httpx.AsyncClient, body: object) -> None:
    answer = await http.post("/orders", json=body)

    assert answer.status_code == 422
    assert SECRET_TEXT not in answer.text


@pytest.mark.parametrize("language", ["ca", "es"])
async def test_validation_is_told_in_the_callers_language(http: httpx.AsyncClient, language: str) -> None:
    answer = await http.post("/orders", json={}, headers={"Accept-Language": language})

    [error] = answer.json()["errors"]
    assert error["detail"] == {"ca": "Aquest camp és obligatori.", "es": "Este campo es obligatorio."}[language]


async def test_the_frameworks_own_errors_are_problems_too(http: httpx.AsyncClient) -> None:
    missing, method = await http.get("/nowhere"), await http.get("/orders")

    assert (missing.status_code, missing.json()["type"]) == (404, "urn:dijous:problem:not-found")
    assert (method.status_code, method.json()["type"]) == (405, "urn:dijous:problem:method-not-allowed")
    assert method.headers["allow"] == "POST"


async def test_a_wrong_method_names_those_of_all_routes_with_that_address(http: httpx.AsyncClient) -> None:
    assert (await http.put("/both/1")).headers["allow"] == "DELETE, GET, HEAD"


async def test_the_head_of_an_answer_is_that_of_get_without_its_body(http: httpx.AsyncClient) -> None:
    for path in ("/both/1", "/health/live", "/nowhere"):
        get, head = await http.get(path), await http.head(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}
    assert (await http.head("/orders")).status_code == 405, "only POST is there"


async def test_a_store_that_does_not_answer_is_told_without_its_words(http: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await http.get("/store")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "hunter2" not in answer.text
    assert [(entry["action"], "hunter2" in entry["cause"]) for entry in logs] == [("store_failed", True)]


async def test_a_bug_is_a_problem_that_tells_nothing(http: httpx.AsyncClient) -> None:
    answer = await http.get("/broken")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET_TEXT not in answer.text


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", f"Basic {STAFF_TOKEN}", f"Bearer {STAFF_TOKEN}x", "Bearer ñ"]
)
async def test_the_offices_routes_want_its_token(http: httpx.AsyncClient, header: str) -> None:
    with capture_logs() as logs:
        answer = await http.get("/office", headers=[(b"authorization", header.encode())])
    assert [(entry["action"], entry["reason"]) for entry in logs] == [("access_refused", "staff-only")]
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert (await http.get("/office", headers={"Authorization": f"bearer {STAFF_TOKEN}"})).status_code == 200


async def test_ready_says_what_is_wrong(http: httpx.AsyncClient, readiness: Readiness) -> None:
    assert (await http.get("/health/ready")).status_code == 200
    readiness.checks["store"] = "no answer within 2 s"

    answer = await http.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["checks"]["store"] == "no answer within 2 s"
    assert (await http.get("/health/live")).status_code == 200


async def test_a_warning_is_told_and_keeps_nobody_away(http: httpx.AsyncClient, readiness: Readiness) -> None:
    readiness.checks["mails"] = warning("mails do not go out: 530 authenticate first")

    answer = await http.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["checks"]["mails"] == "warning: mails do not go out: 530 authenticate first"


async def test_a_length_of_more_digits_than_a_number_has_is_too_large(http: httpx.AsyncClient) -> None:
    answer = await http.post("/raw", content=b"{}", headers={"content-length": "0" * 5000 + "2"})
    assert answer.status_code == 413


class _Exporter(trace.TracerProvider):
    """What an operator's environment may put into the process: it is asked for a tracer before anything is told."""

    asked = 0

    def get_tracer(self, *args: Any, **options: Any) -> trace.Tracer:
        self.asked += 1
        return trace.NoOpTracer()


async def test_the_framework_tells_no_exporter_what_was_asked_for(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = _Exporter()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", exporter)
    assert (await http.get("/both/7")).status_code == 200
    assert exporter.asked == 0
