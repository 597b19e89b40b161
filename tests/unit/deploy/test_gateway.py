"""One address for all: what belongs to no service is answered in the frame of the pages, or to a program as such."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.composition import compose
from deploy.embedded.gateway import make_gateway
from deploy.proxy.configuration import render
from deploy.routes import SERVICES
from deploy.settings import ServingSettings
from shared.clock import clock_from
from shared.settings import ServiceSettings
from shared.text.catalogues import Translations
from shared.web.application import MAX_BODY_BYTES
from shared.web.pages import Pages

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "es"}


@pytest.fixture
async def http(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setenv("DIJOUS_SECRET", secrets.token_hex(32))
    monkeypatch.setenv("DIJOUS_STAFF_TOKEN", secrets.token_hex(16))
    monkeypatch.setenv("DIJOUS_STORE_URL", f"sqlite:///{tmp_path}")
    pages = Pages(ServiceSettings(), Translations(), clock=clock_from(None))  # type: ignore[call-arg]  # from the environment
    gateway = make_gateway([compose(name) for name in SERVICES], [], pages)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://localhost") as client:
        yield client


async def test_an_address_of_nobody_is_a_page_with_a_way_out(http: httpx.AsyncClient) -> None:
    answer = await http.get("/nothing/here", headers=BROWSER)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert '<html lang="es">' in answer.text
    assert "<title>Aquí no hay nada. · Dijous</title>" in answer.text
    assert '<main id="main"' in answer.text
    assert "<h1>Aquí no hay nada.</h1>" in answer.text
    assert '<p><a href="/">' in answer.text


async def test_the_address_may_name_the_language(http: httpx.AsyncClient) -> None:
    assert '<html lang="ca">' in (await http.get("/nothing/here?lang=ca", headers=BROWSER)).text


@pytest.mark.parametrize("path", ["/nothing/here", "/proposals/new", "/registration/a/cancel", "/office/sessions"])
async def test_what_is_too_large_is_refused_in_a_page(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.post(path, headers=BROWSER, content=b"a" * (MAX_BODY_BYTES + 1))

    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert '<html lang="es">' in answer.text


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing"])
async def test_beneath_the_api_it_is_problem_details(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers=BROWSER)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_a_program_gets_problem_details(http: httpx.AsyncClient) -> None:
    answer = await http.get("/nothing/here", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_before_containers_a_service_answers_for_what_is_nobody_s_and_the_proxy_for_one_that_is_away() -> None:
    locations = render(ServingSettings()).split("    location ")
    [unowned] = [location for location in locations if location.startswith("/ {")]

    assert "proxy_pass" in unowned
    for location in locations:
        if "proxy_pass" in location:
            wanted = "/unavailable.json" if location.startswith("~ ^/api/") else "$unavailable"
            assert location.startswith("= /ready/") or f"error_page 502 504 =503 {wanted};" in location
