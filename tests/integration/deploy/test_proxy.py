"""The proxy of the containers: nginx with the very configuration that ships, before real services."""

import json
import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from deploy.settings import ServingSettings
from shared.web.application import HSTS
from tests.e2e.office import Office, person
from tests.support.ports import free_port
from tests.support.probes import eventually
from tests.support.proxy import needs_nginx, nginx_with, running_nginx
from tests.support.stack import SERVICES, Stack, running_stack

CHAIN = "127.0.0.1, 127.0.0.9"
"""The proxies that are believed: those of this file connect from the first address, one before them from the second."""
PER_CLIENT = 2
CANARY = "c4n4ry" * 8
LINKS = ("survey", "registration", "join", "preferences", "support", "following", "office/password")
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
pytestmark = [pytest.mark.asyncio(loop_scope="module"), needs_nginx]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    settings = {"DIJOUS_TRUSTED_PROXY": CHAIN, "DIJOUS_REGISTRATIONS_PER_CLIENT": str(PER_CLIENT)}
    async with running_stack(tmp_path_factory.mktemp("stack"), **settings) as stack:
        yield stack


@pytest.fixture(scope="module")
def url(stack: Stack) -> Iterator[str]:
    folder = stack.folder / "nginx"
    services = {name: stack.services[name].url for name in SERVICES}
    settings = ServingSettings(trusted_proxy=CHAIN, public_url="https://dijous.example")
    # Patience for a slow client, and a folder for large bodies that is not there when one comes.
    hard = f"client_header_timeout 1s; client_body_timeout 1s; client_body_temp_path {folder}/gone;"
    with running_nginx(folder, services, settings, {"server_tokens off;": hard}) as url:
        yield url


@pytest.fixture(scope="module")
def outer(stack: Stack, url: str) -> Iterator[str]:
    """Another proxy in front, as an operator may have one for TLS."""
    port, folder = free_port(), stack.folder / "outer"
    with nginx_with(folder, OUTER.format(folder=folder, port=port, inner=url)):
        yield f"http://127.0.0.1:{port}"


OUTER = """\
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {inner};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""


async def _answers(url: str, path: str, status: int, **headers: str) -> httpx.Response:
    found: list[httpx.Response] = []

    async def check() -> None:
        try:
            async with httpx.AsyncClient(base_url=url, timeout=10) as client:
                found[:] = [await client.get(path, headers={"Accept-Language": "ca", **headers})]
        except httpx.TransportError as error:
            raise AssertionError(f"nginx does not answer: {error!r}") from None
        assert found[0].status_code == status, f"{found[0].status_code} {found[0].text}"

    await eventually(check)
    return found[0]


async def test_it_is_ready_when_every_service_is(url: str) -> None:
    answer = await _answers(url, "/health/ready", 200)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["status"] == "ok"
    assert {name.partition(".")[0] for name in answer.json()["checks"]} == set(SERVICES)
    assert answer.json()["checks"]["feedback.store"] == "ok"


async def test_behind_tls_the_proxy_s_own_answers_ask_for_tls_too_and_no_answer_twice(url: str) -> None:
    for path in ("/health/live", "/health/ready", "/privacy", "/api/v1/programmes", "/nowhere"):
        async with httpx.AsyncClient(base_url=url) as client:
            answer = await client.get(path)
        assert answer.headers.get_list("strict-transport-security") == [HSTS], path


async def _register(url: str, session: str, email: str, *, source: str, claim: str = "") -> int:
    """Register from an address of this machine, with the header that a client may claim to be somebody else by."""
    transport = httpx.AsyncHTTPTransport(local_address=source)
    headers = {"X-Forwarded-For": claim} if claim else {}
    async with httpx.AsyncClient(base_url=url, transport=transport, headers=headers) as client:
        path = f"/api/v1/sessions/{session}/registrations"
        return (await client.post(path, json=person(email, language="ca"))).status_code


async def test_limits_see_the_client_behind_two_proxies_and_never_a_forged_one(
    stack: Stack, url: str, outer: str
) -> None:
    office = Office(stack, "behind-proxies")
    await office.define_programme()
    session = await office.schedule()
    await _answers(outer, "/health/ready", 200)
    cases = [  # through which proxy, from which address, claiming what; each client may register twice
        (outer, "127.0.0.2", ""),
        (outer, "127.0.0.3", "203.0.113.{}"),
        (outer, "127.0.0.4", "203.0.113.{}, 127.0.0.1"),
        (outer, "127.0.0.9", "203.0.113.7"),
        (outer, "127.0.0.9", "198.51.100.{}, 203.0.113.8"),
        (outer, "127.0.0.9", "2001:db8:1:2::{}"),
        (outer, "127.0.0.9", "2001:db8:1:3::{}"),
        (url, "127.0.0.5", "203.0.113.{}"),
        (url, "127.0.0.6", "127.0.0.9"),
    ]
    for case, (proxy, source, claim) in enumerate(cases):
        statuses = [
            await _register(proxy, session, f"p{case}.{n}@alamus.example", source=source, claim=claim.format(n))
            for n in range(PER_CLIENT + 1)
        ]
        assert statuses == [*[202] * PER_CLIENT, 429], (source, claim)


def _knock(url: str) -> None:
    """Every way in which a link's token may come near a log."""
    host, _, port = url.removeprefix("http://").partition(":")
    known = "Host: 127.0.0.1\r\nConnection: close\r\n"
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    for path in (f"/{link}/{CANARY}" for link in LINKS):
        for request in (
            f"GET {path} HTTP/1.1\r\n{known}\r\n",
            f"GET /privacy?next={path} HTTP/1.1\r\n{known}Referer: {url}{path}\r\nX-Original-URI: {path}\r\n\r\n",
            f"POST {path} HTTP/1.1\r\n{known}{form}Content-Length: 100000\r\n\r\n{'x' * 100_000}",
            f"POST {path} HTTP/1.1\r\n{known}{form}Content-Length: 9000000\r\n\r\n",
            f"GET {path} HTTP/1.1\r\n{known}Cookie: {CANARY}={'x' * 9000}\r\n\r\n",
            f"GET {path}?{'x' * 9000} HTTP/1.1\r\n{known}\r\n",
            f"GET {path}\x00 HTTP/1.1\r\n{known}\r\n",
            f"GET {path} HTTP/7.7\r\n{known}\r\n",
            f"get {path} nonsense\r\n\r\n",
            f"GET {path} HTTP/1.1\r\nHost: {CANARY} x\r\n\r\n",
        ):
            with socket.create_connection((host, int(port))) as client:
                client.sendall(request.encode("latin-1"))
                assert b"HTTP/1.1 " in client.recv(1000)
    for unfinished in (
        f"GET /survey/{CANARY} HTTP/1.1\r\n{known}",
        f"POST /survey/{CANARY} HTTP/1.1\r\n{known}Content-Length: 99\r\n\r\nx",
    ):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(unfinished.encode())
            while client.recv(1000):  # until the proxy's patience is over
                pass


async def test_the_proxy_echoes_nothing_to_trace(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, headers={"X-Told": CANARY}) as client:
        answer = await client.request("TRACE", "/privacy")
    assert answer.status_code == 405
    assert CANARY not in answer.text


def _logs(stack: Stack) -> dict[str, str]:
    files = [*stack.folder.glob("*.log"), *stack.folder.glob("nginx/logs/*")]
    return {file.name: file.read_text() for file in files}


async def test_no_log_holds_the_token_of_a_link(stack: Stack, url: str) -> None:
    (stack.folder / "nginx" / "gone").rmdir()
    _knock(url)

    logs = _logs(stack)
    assert {f"{name}.log" for name in SERVICES} < set(logs)
    assert {name for name, text in logs.items() if CANARY[:20] in text} == set()


async def test_it_names_the_services_that_are_away_and_answers_for_them(stack: Stack, url: str) -> None:
    away = ("notifications", "feedback", "proposals")
    for name in away:
        stack.services[name].end()

    ready = await _answers(url, "/health/ready", 503)
    assert ready.json()["status"] == "not ready"
    assert {name: ready.json()["checks"].get(name) for name in away} == dict.fromkeys(away, "does not answer")
    assert ready.json()["checks"]["registration.store"] == "ok"

    for path, headers in (("/api/v1/proposals", BROWSER), ("/proposals", {"Accept": "application/json"})):
        problem = await _answers(url, path, 503, **headers)
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json() == {
            "type": "urn:dijous:problem:service-away",
            "title": "Ara mateix no podem respondre.",
            "status": 503,
        }
        assert (problem.headers["retry-after"], problem.headers["cache-control"]) == ("5", "no-store")

    page = await _answers(url, "/proposals", 503, **BROWSER)
    assert page.headers["strict-transport-security"] == problem.headers["strict-transport-security"] == HSTS
    assert page.headers["content-type"].startswith("text/html")
    assert "Ara mateix no podem respondre" in page.text
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.post("/api/v1/proposals", json={})).json()["status"] == 503
        assert (await client.get("/ready/feedback")).status_code == 404, "of nobody outside"


async def test_what_failed_is_logged_by_its_route_and_without_its_client_and_its_token(stack: Stack, url: str) -> None:
    """The services of most links are away now."""
    _knock(url)

    logs = _logs(stack)
    assert {name for name, text in logs.items() if CANARY[:20] in text} == set()
    lines = [json.loads(line) for line in logs["error.log"].splitlines() if line.startswith("{")]
    failed = {(line["method"], line["route"], line["status"], line["upstream_status"]) for line in lines}
    assert ("GET", "/survey", "503", "502") in failed
    assert ("GET", "/preferences", "503", "502") in failed
    assert all(line["action"] == "proxy_failed" and "client" not in line for line in lines)
