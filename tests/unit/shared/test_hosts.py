"""A service answers under its public name and this machine's, and under no other that was made to lead to it."""

from pathlib import Path

import httpx
import pytest

from tests.unit.shared.house import HTTP, HTTPS, House

API = {"Accept": "application/json"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, HTTPS)


async def _get(house: House, host: str, path: str = "/form", **headers: str) -> httpx.Response:
    return await house.browser.get(path, headers={"Host": host, **headers})


@pytest.mark.parametrize(
    "host", ["dijous.test", "DIJOUS.test", "dijous.test:443", "localhost:8080", "127.0.0.1:8001", "[::1]:8080"]
)
async def test_its_own_names_are_answered(house: House, host: str) -> None:
    assert (await _get(house, host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "dijous.test.evil.example",
        "evil.example#dijous.test",
        "dijous.test@evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1:80:80",
        "10.0.0.1",
        "",
    ],
)
async def test_other_names_are_misdirected(house: House, host: str) -> None:
    page = await _get(house, host, Accept="text/html")
    problem = await _get(house, host, "/api/v1/late", **API)

    assert page.status_code == problem.status_code == 421
    assert "does not answer under that name" in page.text
    assert problem.json()["type"] == "urn:dijous:problem:wrong-host"


async def test_two_names_are_none(house: House) -> None:
    answer = await house.browser.get("/form", headers=[("Host", "dijous.test"), ("Host", "evil.example")])
    assert answer.status_code == 421


async def test_a_claim_of_another_host_beside_the_true_one_changes_nothing(house: House) -> None:
    answer = await _get(house, "dijous.test", **{"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


async def test_probes_may_call_it_anything(house: House) -> None:
    assert (await _get(house, "10.1.2.3:8000", "/health/live")).status_code == 200
    assert (await _get(house, "10.1.2.3:8000", "/health/ready")).status_code == 200


async def test_nothing_is_echoed_to_trace(house: House) -> None:
    answer = await house.browser.request("TRACE", "/form", headers={"X-Told": "c4n4ry"})
    assert answer.status_code == 405
    assert "c4n4ry" not in answer.text


async def test_behind_tls_every_answer_asks_for_tls_from_now_on(house: House, tmp_path: Path) -> None:
    for path in ("/form", "/late", "/nowhere", "/broken", "/health/live", "/api/v1/late"):
        answer = await house.browser.get(path)
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains", path
    plain = await House(tmp_path, HTTP).browser.get("/form")
    assert "strict-transport-security" not in plain.headers
