"""The proxy of the containers: nginx with the very configuration that ships, before real services."""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from deploy.proxy.configuration import render
from tests.support.ports import free_port
from tests.support.probes import eventually
from tests.support.stack import SERVICES, Stack, running_stack

PROXY = Path(__file__).parents[3] / "deploy" / "proxy"
NGINX = shutil.which("nginx") or ""
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
pytestmark = pytest.mark.asyncio(loop_scope="module")


def _has_javascript() -> bool:
    """Whether nginx is here with its JavaScript module, which the image of nginx has."""
    if not NGINX:
        return False
    built = subprocess.run([NGINX, "-V"], capture_output=True, text=True, check=False).stderr
    modules = re.search(r"--modules-path=(\S+)", built)
    return modules is not None and (Path(modules[1]) / "ngx_http_js_module.so").exists()


if not _has_javascript():
    pytest.skip("nginx with its JavaScript module is not installed", allow_module_level=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="module")
def url(stack: Stack) -> Iterator[str]:
    with _running_nginx(stack) as url:
        yield url


@contextmanager
def _running_nginx(stack: Stack) -> Iterator[str]:
    port, folder = free_port(), stack.folder / "nginx"
    (folder / "logs").mkdir(parents=True)
    (folder / "nginx.conf").write_text(_adapted(stack, port, folder))
    process = subprocess.Popen([NGINX, "-c", folder / "nginx.conf", "-g", "daemon off;"])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _adapted(stack: Stack, port: int, folder: Path) -> str:
    """The configuration with the addresses and folders of this machine."""
    text = render()
    for there, here in {
        "listen 80 ": f"listen 127.0.0.1:{port} ",
        "/run/nginx.pid": f"{folder}/pid",
        "include /etc/nginx/mime.types;": "types { text/html html; }",
        "/etc/nginx/readiness.js": f"{PROXY}/readiness.js",
        "/srv/page": str(PROXY),
        "/dev/stderr": f"{folder}/logs/error.log",
    }.items():
        text = text.replace(there, here)
    for name in SERVICES:
        text = text.replace(f"http://{name}:8000", stack.services[name].url)
    return text


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
    assert page.headers["content-type"].startswith("text/html")
    assert "Ara mateix no podem respondre" in page.text
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.post("/api/v1/proposals", json={})).json()["status"] == 503
        assert (await client.get("/ready/feedback")).status_code == 404, "of nobody outside"
