"""Whoever sends something chooses its bytes, but not how much work they make, nor an error of ours.

Measured is the time that the processes have of a processor, lest the test fail because others keep the machine busy.
"""

from collections.abc import Mapping

import pytest

from tests.security.matrix import MATRIX
from tests.security.people import form_sender
from tests.security.routes import Route
from tests.support.hostile import CODECS, FORMS, HEADERS, JSON, Body, in_codec
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_SECONDS = 0.5
FORM_ROUTES = [route for route in MATRIX if route.method == "POST" and not route.is_api]
API_ROUTES = [route for route in MATRIX if route.method in ("POST", "PATCH") and route.is_api]


async def ask(
    world: World, method: str, path: str, headers: Mapping[str, str], content: bytes = b"", *, what: str
) -> int:
    """The status of the answer, which came without much work."""
    before = world.installation.processor_seconds()
    answer = await world.installation.api.request(method, path, headers=dict(headers), content=content, timeout=120)
    took = world.installation.processor_seconds() - before
    assert took < MOST_SECONDS, f"{what}: {took:.2f} s"
    assert answer.status_code < 500, f"{what}: {answer.status_code}"
    return answer.status_code


async def send(world: World, route: Route, body: Body) -> int:
    """Send a form as who may, from a page of ours but without its token: it is given back where it can be."""
    path, cookies = form_sender(world, route)
    headers = {**cookies, "Content-Type": body.media_type, "Sec-Fetch-Site": "same-origin"}
    return await ask(world, route.method, path, headers, body.content, what=body.name)


@pytest.mark.parametrize("route", FORM_ROUTES, ids=str)
async def test_no_form_makes_much_work_before_its_sender_is_known(world: World, route: Route) -> None:
    for body in FORMS:
        assert await send(world, route, body) in (400, 403, 415), body.name


@pytest.mark.parametrize("route", FORM_ROUTES, ids=str)
async def test_no_form_is_taken_in_another_charset_than_utf_8(world: World, route: Route) -> None:
    for body in (*in_codec("punycode"), *(in_codec(codec)[0] for codec in CODECS)):
        assert await send(world, route, body) == 415, body.name


@pytest.mark.parametrize("route", API_ROUTES, ids=str)
async def test_no_call_of_the_api_makes_much_work(world: World, route: Route) -> None:
    token = {"Authorization": f"Bearer {world.installation.staff_token}"}
    for body in JSON:
        headers = {**token, "Content-Type": body.media_type}
        await ask(world, route.method, route.filled(), headers, body.content, what=body.name)


@pytest.mark.parametrize("route", API_ROUTES, ids=str)
async def test_no_json_is_read_in_another_charset_than_utf_8(world: World, route: Route) -> None:
    for codec in CODECS:
        headers = {"Content-Type": f"application/json; charset={codec}"}
        assert await ask(world, route.method, route.filled(), headers, b"{}", what=codec) in (401, 404, 415)


@pytest.mark.parametrize("path", ["/", "/feed.atom", "/proposals", "/results", "/office/mails", "/nothing"])
async def test_no_header_makes_much_work(world: World, path: str) -> None:
    for name, value in HEADERS:
        assert await ask(world, "GET", path, {name: value}, what=name) == 431, name


@pytest.mark.parametrize("area", ["", "/office", "/office/mails", "/proposals", "/results"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_address_makes_much_work(world: World, method: str, area: str) -> None:
    assert await ask(world, method, area + "/a" * 3500, {}, what=area) in (404, 405)
