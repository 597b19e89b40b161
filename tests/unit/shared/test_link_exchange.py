"""A mailed link: its token leaves the address at once, for a short cookie and a clean address."""

import re
from pathlib import Path

import httpx
import pytest

from shared.web.link_exchange import MOST_OPEN
from tests.unit.shared.house import HTTPS, House

TOKEN, OTHER = "t" * 43, "o-_" * 20
CLEAN = re.compile(r"/mine/[A-Za-z0-9_-]{16}")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, HTTPS)


async def opened(house: House, token: str) -> str:
    """The clean address to which a mailed link leads."""
    answer = await house.browser.get(f"/mine/{token}")
    assert answer.status_code == 303
    assert token not in answer.headers["location"]
    return answer.headers["location"]


async def test_a_mailed_link_leads_to_a_clean_address_with_a_safe_cookie(house: House) -> None:
    answer = await house.browser.get(f"/mine/{TOKEN}?lang=es&done=1")

    clean = answer.headers["location"]
    assert answer.status_code == 303
    assert CLEAN.fullmatch(clean.partition("?")[0])
    assert clean.endswith("?lang=es&done=1")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"__Host-link-{clean[6:22]}={TOKEN};")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "httponly",
        "max-age=28800",
        "path=/",
        "samesite=lax",
        "secure",
    }
    assert (await house.browser.get(clean)).headers["x-token"] == TOKEN
    assert house.sent == [], "a GET never acts"


async def test_what_is_beneath_a_link_is_reached_the_same_way(house: House) -> None:
    below = (await house.browser.get(f"/mine/{TOKEN}/data")).headers["location"]

    assert below == f"{await opened(house, TOKEN)}/data"
    page = await house.browser.get(below)
    assert (page.headers["x-token"], page.headers["x-path"]) == (TOKEN, below.removesuffix("/data"))


async def test_two_links_are_open_side_by_side_and_one_in_two_tabs(house: House) -> None:
    first, second, again = [await opened(house, token) for token in (TOKEN, OTHER, TOKEN)]

    assert first == again
    assert (await house.browser.get(first)).headers["x-token"] == TOKEN
    assert (await house.browser.get(second)).headers["x-token"] == OTHER


@pytest.mark.parametrize("path", ["", "/data"])
async def test_a_clean_address_alone_opens_nothing(house: House, path: str) -> None:
    clean = await opened(house, TOKEN)
    house.browser.cookies.clear()

    page = await house.browser.get(clean + path)

    assert page.status_code == 403
    assert "Open the link in your message again" in page.text


async def test_a_cookie_opens_its_own_link_alone(house: House) -> None:
    clean = await opened(house, TOKEN)
    house.browser.cookies.clear()
    house.browser.cookies.set(f"__Host-link-{clean[6:]}", OTHER)

    assert (await house.browser.get(clean)).status_code == 403


async def test_the_form_of_an_open_link_is_sent_to_its_clean_address(house: House) -> None:
    clean = await opened(house, TOKEN)
    guard = re.search(r'name="csrf" value="(\w+)"', (await house.browser.get(clean)).text)
    assert guard

    answer = await house.browser.post(clean, data={"csrf": guard[1]})

    assert answer.headers["location"] == clean
    assert house.sent == [{"token": TOKEN}]


async def test_what_was_written_is_given_back_where_the_link_is_open_no_more(house: House) -> None:
    clean = await opened(house, TOKEN)
    house.browser.cookies.clear()

    page = await house.browser.post(clean, data={"comment": "Molt clar."}, headers={"Sec-Fetch-Site": "same-origin"})

    assert page.status_code == 403
    assert "Open the link in your message again" in page.text
    assert '<input type="hidden" name="comment" value="Molt clar.">' in page.text
    assert house.sent == []


async def test_a_mail_program_s_one_click_needs_no_cookie_and_no_redirect(house: House) -> None:
    await house.browser.post(f"/mine/{TOKEN}")

    assert house.sent == [{"token": TOKEN}]


@pytest.mark.parametrize("given", ["short", "x" * 129, "t" * 20 + "%0d%0a" + "t" * 30, "t" * 42 + ";"])
async def test_what_is_no_token_becomes_no_cookie(house: House, given: str) -> None:
    answer = await house.browser.get(f"/mine/{given}")

    assert answer.status_code == 200
    assert "link-" not in answer.headers["set-cookie"]


async def test_the_oldest_of_many_open_links_is_closed(house: House) -> None:
    places = [await opened(house, f"{number:043}") for number in range(MOST_OPEN + 1)]

    statuses = [(await house.browser.get(place)).status_code for place in places]

    assert statuses == [403, *[200] * MOST_OPEN]


async def test_a_link_is_exchanged_for_head_as_for_get(house: House) -> None:
    answer: httpx.Response = await house.browser.head(f"/mine/{TOKEN}")

    assert answer.status_code == 303
    assert CLEAN.fullmatch(answer.headers["location"])
