"""Whatever goes wrong in a page is a page; whatever goes wrong in the API is problem details."""

import html
import re
from typing import Any

import httpx
import pytest

from shared.staff import Role
from shared.web.application import MAX_BODY_BYTES
from shared.web.page_routes import own_path
from tests.unit.shared.house import CANARY, HTTP, House
from tests.unit.shared.test_pages import form_token

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


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
            "This form was opened too long ago or elsewhere, so nothing was saved. Open it again.",
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
    assert set(allowed.split(", ")) == {"GET", "HEAD", "POST"}


async def test_a_link_checker_may_ask_for_the_head_of_a_page(house: House) -> None:
    assert (await house.browser.head("/form")).status_code == 200


async def test_a_bug_in_a_page_is_a_page_that_tells_nothing(house: House) -> None:
    answer = await house.browser.get("/broken", headers={"Accept-Language": "ca"})
    assert_page(answer, 500, "Aquí ha fallat alguna cosa. N&#39;hem pres nota; torneu-ho a provar més tard.")
    assert CANARY not in answer.text
    assert '<html lang="ca">' in answer.text


async def test_a_form_that_is_too_large_is_refused_in_a_page(house: House) -> None:
    answer = await house.browser.post("/form", data={"text": "a" * MAX_BODY_BYTES})
    assert_page(answer, 413, "This is too large: at most one megabyte is taken, of JSON 200 kilobytes.")


async def test_headers_that_are_too_large_are_refused_in_a_page(house: House) -> None:
    answer = await house.browser.get("/form?lang=en", headers={"Cookie": "a=1;" * 3000})
    assert_page(answer, 431, "The headers are too large. In a browser, delete the cookies of this site.")


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


async def test_a_form_sent_after_signing_out_leads_back_to_its_page(house: House) -> None:
    answer = await house.browser.post("/office/plan")
    assert (answer.status_code, answer.headers["location"]) == (303, "/office/sign-in?next=/office/plan")


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


@pytest.mark.parametrize(
    ("method", "path", "back"),
    [
        ("GET", "/things/a%3F%2Fb/change", "/things"),
        ("GET", "/things/a%3Fb/change", "/things/a%3Fb"),
        ("GET", "/things/gone", "/things"),
        ("GET", "/things/gone/change", "/things"),
        ("POST", "/things/a", "/things/a"),
        ("POST", "/things/a/again", "/things/a"),
        ("POST", "/form", "/form"),
        ("GET", "/late", ""),
        ("GET", "/things/a/b/c", "/things"),
        ("GET", "//evil.example/things", ""),
        ("GET", "/nowhere", ""),
    ],
)
async def test_an_error_leads_back_to_the_page_before_it(house: House, method: str, path: str, back: str) -> None:
    token = await form_token(house) if method == "POST" and path != "/form" else ""
    answer = await house.browser.request(method, HTTP + path, data={"csrf": token} if token else None)
    assert answer.status_code >= 400
    link = f'<p><a href="{back}">Go back to the previous page</a></p>'
    assert (link in answer.text) is bool(back), answer.text.partition("<main")[2]
    assert answer.text.count("Go back to the previous page") == bool(back)


OURS = {"Sec-Fetch-Site": "same-origin"}
TEXT = "Què fem amb els <contractes>?\nNo n'estem segurs."


async def test_a_form_that_was_open_for_too_long_gives_back_what_was_written_to_be_sent_again(house: House) -> None:
    page = await house.browser.post("/form?a=1", data={"csrf": "old", "text": TEXT, "choice": "b"}, headers=OURS)
    assert_page(
        page, 403, "This form was opened too long ago, so nothing was saved. Look through it and send it again."
    )
    assert "Què fem amb els &lt;contractes&gt;?\nNo n&#39;estem segurs.</li>" in page.text
    assert '<li class="lines">b</li>' in page.text

    fields = {html.unescape(name): html.unescape(value) for name, value in HIDDEN.findall(page.text)}
    assert (await house.browser.post("/form?a=1", data=fields, headers=OURS)).status_code == 303
    assert house.sent == [{"text": TEXT, "choice": "b"}]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
async def test_what_another_site_may_have_sent_is_not_given_back(house: House, site: str) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}
    page = await house.browser.post("/form", data={"csrf": "old", "text": TEXT}, headers=headers)
    assert page.status_code == 403
    assert "contractes" not in page.text
    assert 'href="/form"' in page.text


async def test_a_password_is_never_given_back(house: House) -> None:
    sent = {"csrf": "old", "user_name": "aina@example.cat", "new_password": "correct horse"}
    page = await house.browser.post("/form", data=sent, headers=OURS)
    assert page.status_code == 403
    assert "correct horse" not in page.text


SIGNED_OUT = "You are signed out of the programme office, so nothing was saved."


async def test_what_was_sent_after_the_session_ended_is_given_back_to_be_sent_once_signed_in(house: House) -> None:
    house.sign_in(Role.EDITOR)
    token = await form_token(house)
    house.clock.move(hours=1)
    page = await house.browser.post("/office/plan", data={"csrf": token, "text": TEXT, "choice": "b"}, headers=OURS)
    assert_page(page, 403, SIGNED_OUT)
    assert '<a href="/office/sign-in?next=/office/plan" target="_blank">Sign in, in another tab</a>' in page.text
    assert "Què fem amb els &lt;contractes&gt;?\nNo n&#39;estem segurs.</li>" in page.text

    fields = {html.unescape(name): html.unescape(value) for name, value in HIDDEN.findall(page.text)}
    assert_page(await house.browser.post("/office/plan", data=fields, headers=OURS), 403, SIGNED_OUT)
    assert house.sent == []
    house.sign_in(Role.EDITOR)
    assert (await house.browser.post("/office/plan", data=fields, headers=OURS)).status_code == 303
    assert house.sent == [{"text": TEXT, "choice": "b"}]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
async def test_what_another_site_may_have_sent_to_the_office_is_not_given_back(house: House, site: str) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}
    answer = await house.browser.post("/office/plan", data={"text": TEXT}, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/office/sign-in?next=/office/plan")


@pytest.mark.parametrize("sent", [{}, {"data": {"new_password": "a"}}, {"files": {"report": b"a"}, "data": {"a": "b"}}])
async def test_a_form_that_no_page_repeats_leads_to_the_sign_in(house: House, sent: dict[str, Any]) -> None:
    answer = await house.browser.post("/office/plan", headers=OURS, **sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/office/sign-in?next=/office/plan")


async def test_every_value_is_there_to_be_looked_through_but_ids_of_ours_and_ticks(house: House) -> None:
    typed = {"starts_at": "2026-11-26T10:00", "capacity": "30", "kind": "series", "note": "responsabilitats"}
    known = {"id": "abcdefghij234567", "were": "abcdefghij234567 bbcdefghij234567 ", "key_0": "q_abcdefghij23"}
    ours = {**known, "into": "abcdefghijklmnopqrst234567", "keep_0": "1", "empty": " "}
    page = await house.browser.post("/form", data={"csrf": "old", **typed, **ours}, headers=OURS)
    assert "What you wrote" in page.text
    assert re.findall('<li class="lines">(.*?)</li>', page.text) == list(typed.values())


async def test_what_was_confirmed_before_is_not_confirmed_by_sending_it_again(house: House) -> None:
    sent = {"csrf": "old", "starts_at": "2026-11-26T10:00", "confirmed": "1"}
    page = await house.browser.post("/form", data=sent, headers=OURS)
    fields = {html.unescape(name): html.unescape(value) for name, value in HIDDEN.findall(page.text)}
    assert (await house.browser.post("/form", data=fields, headers=OURS)).status_code == 303
    assert house.sent == [{"starts_at": "2026-11-26T10:00"}]


async def test_an_answer_to_a_form_is_in_another_language_where_its_page_opens(house: House) -> None:
    answer = await house.browser.post("/things/a/again?b=1", data={"csrf": await form_token(house)})
    assert answer.status_code == 409
    assert '<a href="/things/a?b=1&amp;lang=es" lang="es"' in answer.text
    answer = await house.browser.post("/things/a", data={"csrf": await form_token(house)})
    assert '<a href="?lang=es" lang="es"' in answer.text
