"""No form is taken that did not come from a page of ours."""

import pytest

from tests.security.inert import active_parts
from tests.security.matrix import MATRIX
from tests.security.payloads import PAYLOADS
from tests.security.people import BROWSER_SECRET, anybody, form_sender, form_token
from tests.security.routes import OFFICE, Route
from tests.support.forms import form_of
from tests.support.world import C, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIGNED = {Route("POST", "/preferences/{token}")}
"""Mail programs send this one without ever opening a page (RFC 8058): the signed link is the permission."""
FORMS = [route for route in MATRIX if route.method == "POST" and not route.is_api and route not in SIGNED]


@pytest.mark.parametrize("route", FORMS, ids=str)
async def test_a_form_without_its_token_is_refused(world: World, route: Route) -> None:
    path, cookies = form_sender(world, route)
    for data in ({}, {"csrf": ""}, {"csrf": "f" * 64}):
        answer = await world.installation.api.post(path, headers=cookies, data=data)
        assert answer.status_code == 403, f"{data}: {answer.status_code} {answer.text[:200]}"


@pytest.mark.parametrize("route", FORMS, ids=str)
async def test_a_form_sent_by_another_site_is_refused_even_with_its_token(world: World, route: Route) -> None:
    path, cookies = form_sender(world, route)
    data = {"csrf": form_token(world.installation)}
    headers = {**cookies, "Sec-Fetch-Site": "cross-site"}
    assert (await world.installation.api.post(path, headers=headers, data=data)).status_code == 403


@pytest.mark.parametrize("route", FORMS, ids=str)
async def test_a_token_of_another_browser_is_refused(world: World, route: Route) -> None:
    path, cookies = form_sender(world, route)
    other = cookies["Cookie"].replace(BROWSER_SECRET, BROWSER_SECRET[::-1])
    data = {"csrf": form_token(world.installation)}
    assert (await world.installation.api.post(path, headers={"Cookie": other}, data=data)).status_code == 403


@pytest.mark.parametrize("route", [route for route in FORMS if MATRIX[route] in OFFICE], ids=str)
async def test_what_was_typed_into_the_office_is_given_back_as_text_when_its_session_has_ended(
    world: World, route: Route
) -> None:
    path, _ = form_sender(world, route)
    typed = {f"field_{number}": payload for number, payload in enumerate(PAYLOADS)}
    headers = {**anybody(world.installation), "Sec-Fetch-Site": "same-origin"}
    data = {"csrf": form_token(world.installation), **typed}
    answer = await world.installation.api.post(path, headers=headers, data=data)
    assert answer.status_code == 403, answer.headers.get("location")
    assert active_parts(answer.text) == []
    kept = form_of(answer).fields
    assert {name: kept[name] for name in typed} == typed


async def test_one_click_unsubscribing_needs_no_page_before(world: World) -> None:
    data = {"List-Unsubscribe": "One-Click"}
    answer = await world.installation.api.post(world.link("preferences", C), data=data)
    assert answer.status_code == 200, "mail programs do not follow redirects"
