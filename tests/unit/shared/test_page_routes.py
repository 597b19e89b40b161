"""Whatever goes wrong in a page is a page; whatever goes wrong in the API is problem details."""

import httpx
import pytest

from shared.web.application import MAX_BODY_BYTES
from shared.web.office import Role
from shared.web.page_routes import own_path
from tests.unit.shared.house import CANARY, House


def assert_page(answer: httpx.Response, status: int, text: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), answer.text
    assert f"<h1>{text}</h1>" in answer.text
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/late", 410, "This link has expired."),
        ("GET", "/missing", 404, "There is nothing here."),
        ("GET", "/nowhere/at/all", 404, "There is nothing here."),
        ("DELETE", "/form", 405, "This address does not take that method."),
        ("GET", "/counted?year=1", 422, "Some fields are not right."),
        ("GET", "/counted", 422, "Some fields are not right."),
        ("GET", "/stored", 503, "Nothing was stored. Try again in a moment."),
        (
            "POST",
            "/form",
            403,
            "This form was opened too long ago or elsewhere. Go back, load the page again and send it once more.",
        ),
    ],
)
async def test_an_error_of_a_page_is_a_page(house: House, method: str, path: str, status: int, text: str) -> None:
    assert_page(await house.browser.request(method, path), status, text)


async def test_the_page_of_an_error_is_in_the_reader_s_language(house: House) -> None:
    answer = await house.browser.get("/nowhere?lang=ca")
    assert '<html lang="ca">' in answer.text
    assert "There is nothing here." not in answer.text


async def test_a_store_that_does_not_answer_says_when_to_come_back(house: House) -> None:
    assert (await house.browser.get("/stored")).headers["retry-after"] == "5"


async def test_a_wrong_method_names_the_right_ones(house: House) -> None:
    allowed = (await house.browser.delete("/form")).headers["allow"]
    assert set(allowed.split(", ")) == {"GET", "HEAD"}


async def test_a_link_checker_may_ask_for_the_head_of_a_page(house: House) -> None:
    assert (await house.browser.head("/form")).status_code == 200


async def test_a_bug_in_a_page_is_a_page_that_tells_nothing(house: House) -> None:
    answer = await house.browser.get("/broken", headers={"Accept-Language": "ca"})
    assert_page(answer, 500, "Aquí ha fallat alguna cosa. N&#39;hem pres nota; torneu-ho a provar més tard.")
    assert CANARY not in answer.text
    assert '<html lang="ca">' in answer.text


async def test_a_form_that_is_too_large_is_refused_in_a_page(house: House) -> None:
    answer = await house.browser.post("/form", data={"text": "a" * MAX_BODY_BYTES})
    assert_page(answer, 413, "This is too large: at most one megabyte is taken.")


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "*/*", "TEXT/HTML"])
async def test_what_goes_wrong_where_no_page_is_is_a_page_for_a_browser(house: House, accept: str) -> None:
    headers = {"Accept": accept}
    assert_page(await house.browser.get("/nowhere", headers=headers), 404, "There is nothing here.")
    assert_page(await house.browser.get("/data/late", headers=headers), 410, "This link has expired.")


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json, */*;q=0.1", "image/png"])
async def test_who_shows_no_pages_gets_problem_details(house: House, accept: str) -> None:
    for path, status in (("/nowhere", 404), ("/data/late", 410), ("/broken", 500)):
        answer = await house.browser.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(("path", "status"), [("/api/v1/late", 410), ("/api/v1/nowhere", 404), ("/api/v1/broken", 500)])
async def test_errors_of_the_api_stay_problem_details(house: House, path: str, status: int) -> None:
    answer = await house.browser.get(path, headers={"Accept": BROWSER})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert CANARY not in answer.text


async def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(house: House) -> None:
    answer = await house.browser.get("/office/plan?month=10&day=%26")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/office/sign-in?next=/office/plan%3Fmonth%3D10%26day%3D%2526"


async def test_a_form_sent_after_signing_out_leads_back_to_the_start(house: House) -> None:
    answer = await house.browser.post("/office/plan")
    assert (answer.status_code, answer.headers["location"]) == (303, "/office/sign-in?next=/office")


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 200), (Role.ADMIN, 200)])
async def test_a_role_opens_its_pages_and_no_more(house: House, role: Role, status: int) -> None:
    house.sign_in(role)
    assert (await house.browser.get("/office/plan")).status_code == status


@pytest.mark.parametrize("address", ["/office", "/office/sessions/s1?lang=es", "/"])
def test_a_path_of_ours_is_kept(address: str) -> None:
    assert own_path(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "office",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/office",
        "javascript:alert(1)",
        "/office\r\nSet-Cookie: office=x",
        "/\t/evil.example",
        "/office\x00",
    ],
)
def test_an_address_that_leads_elsewhere_is_not_followed(address: str) -> None:
    assert own_path(address) == "/office"
