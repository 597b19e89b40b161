"""The frame of the pages: forms only of our own, cookies with safe attributes, languages, a policy that holds."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from fastapi import Response

from shared.staff import Role, StaffMember
from tests.unit.shared.house import A_DAY, HTTP, HTTPS, House

TOKEN = re.compile(r'name="csrf" value="(\w+)"')


async def form_token(house: House) -> str:
    """Open the form in the browser; the token in it."""
    found = TOKEN.search((await house.browser.get("/form")).text)
    assert found
    return found[1]


async def test_a_form_that_was_opened_here_is_taken(house: House) -> None:
    token = await form_token(house)
    answer = await house.browser.post("/form", data={"csrf": token, "name": "Núria"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/form")
    assert house.sent == [{"name": "Núria"}]


async def test_a_form_serves_again_after_another_page_was_opened(house: House) -> None:
    token = await form_token(house)
    await form_token(house)
    assert (await house.browser.post("/form", data={"csrf": token})).status_code == 303


@pytest.mark.parametrize("body", [{}, {"csrf": ""}, {"csrf": "f" * 64}, {"csrf": "é"}])
async def test_a_form_without_the_right_token_is_refused(house: House, body: dict[str, str]) -> None:
    await form_token(house)
    assert (await house.browser.post("/form", data=body)).status_code == 403
    assert house.sent == []


async def test_a_token_of_another_browser_is_refused(house: House) -> None:
    token = await form_token(house)
    house.browser.cookies.clear()
    await form_token(house)
    assert (await house.browser.post("/form", data={"csrf": token})).status_code == 403


async def test_a_token_without_its_cookie_is_refused(house: House) -> None:
    token = await form_token(house)
    house.browser.cookies.clear()
    assert (await house.browser.post("/form", data={"csrf": token})).status_code == 403


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 303), ("none", 303), ("same-site", 403), ("cross-site", 403)]
)
async def test_a_form_sent_from_another_site_is_refused(house: House, site: str, status: int) -> None:
    token = await form_token(house)
    answer = await house.browser.post("/form", data={"csrf": token}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == status


@pytest.mark.parametrize("content", [b"\xff\xfe", b"&".join(b"a=1" for _ in range(600))])
async def test_a_form_that_cannot_be_read_is_refused(house: House, content: bytes) -> None:
    await form_token(house)
    assert (await house.browser.post("/form", content=content)).status_code == 403


@pytest.mark.parametrize(
    ("public_url", "prefix", "attributes"),
    [
        (HTTP, "", {"httponly", "samesite=lax", "path=/"}),
        (HTTPS, "__Host-", {"httponly", "samesite=lax", "path=/", "secure"}),
    ],
)
async def test_cookies_are_hidden_from_scripts_and_other_sites(
    tmp_path: Path, public_url: str, prefix: str, attributes: set[str]
) -> None:
    async with House(tmp_path, public_url).browser as browser:
        cookies = (await browser.get("/form?lang=es")).headers.get_list("set-cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {f"{prefix}form", f"{prefix}language"}
    for cookie in cookies:
        given = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {part for part in given if not part.startswith(("max-age", "expires"))} == attributes
        assert "domain" not in cookie.lower()


async def test_a_session_that_is_not_used_for_an_hour_is_over(house: House) -> None:
    house.sign_in(Role.EDITOR)
    for _ in range(3):
        await _shows_for(house, minutes=59)
    house.clock.move(minutes=60)
    assert (await house.browser.get("/office/plan")).status_code == 303


async def test_a_session_is_over_at_its_end_however_much_it_is_used(house: House) -> None:
    house.sign_in(Role.EDITOR)
    for _ in range(47):
        await _shows_for(house, minutes=30)
    house.clock.move(minutes=31)
    assert (await house.browser.get("/office/plan")).status_code == 303


async def _shows_for(house: House, *, minutes: int) -> None:
    house.clock.move(minutes=minutes)
    assert (await house.browser.get("/office/plan")).status_code == 200


def _promoted(cookie: str) -> str:
    data = base64.urlsafe_b64decode(cookie)
    assert b",1," in data[32:], "the viewer's role stands in the payload"
    return base64.urlsafe_b64encode(data[:32] + data[32:].replace(b",1,", b",3,")).decode()


@pytest.mark.parametrize(
    "tamper",
    [
        _promoted,
        lambda cookie: cookie[:-4],
        lambda cookie: "A" + cookie[1:] if cookie[0] != "A" else "B" + cookie[1:],
        lambda cookie: base64.urlsafe_b64encode(base64.urlsafe_b64decode(cookie)[32:]).decode(),
        lambda _: "",
        lambda _: "not base64 !",
        lambda _: base64.urlsafe_b64encode(b"x" * 31).decode(),
        lambda _: base64.urlsafe_b64encode(b"x" * 32).decode(),
        lambda _: base64.urlsafe_b64encode(bytes(32) + b'["m1","Aina",3,9999999999]').decode(),
        lambda _: "ñ",
    ],
)
async def test_a_tampered_office_cookie_signs_nobody_in(house: House, tamper: object) -> None:
    assert callable(tamper)
    house.sign_in(Role.VIEWER)
    cookie = tamper(house.browser.cookies["office"])
    house.browser.cookies.clear()
    answer = await house.browser.get("/office/plan", headers=[(b"Cookie", f"office={cookie}".encode())])
    assert answer.status_code == 303, "led to the sign-in"


async def test_the_office_cookie_of_another_installation_signs_nobody_in(house: House, tmp_path: Path) -> None:
    other = House(tmp_path)
    other.pages.office._key = b"another secret" * 3
    other.sign_in(Role.ADMIN)
    house.browser.cookies.set("office", other.browser.cookies["office"])
    assert (await house.browser.get("/office/plan")).status_code == 303


async def test_signing_out_removes_the_cookie_and_what_the_browser_kept(house: House) -> None:
    response = Response()
    house.pages.office.end(response)
    assert "Max-Age=0" in response.headers["set-cookie"]
    assert response.headers["clear-site-data"] == '"cache", "storage"'


async def test_the_office_s_navigation_is_for_those_signed_in_and_leads_where_they_may_go(house: House) -> None:
    assert "/office/mails" not in (await house.browser.get("/form")).text
    house.sign_in()
    page = (await house.browser.get("/form")).text
    assert "/office/mails" in page
    assert "/office/people" not in page
    assert '<a href="/office/account" aria-label="Your account: Aina">Aina</a>' in page
    house.sign_in(Role.ADMIN)
    assert "/office/people" in (await house.browser.get("/form")).text


async def test_a_name_is_text_and_never_markup(house: House) -> None:
    response = Response()
    house.pages.office.begin(
        response, StaffMember("m1", "<script>alert(1)</script>", Role.VIEWER), house.clock() + A_DAY
    )
    house.browser.cookies.set("office", response.headers["set-cookie"].partition("=")[2].partition(";")[0].strip('"'))
    page = (await house.browser.get("/form")).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page


async def test_the_language_switch_keeps_the_page_s_query(house: House) -> None:
    page = (await house.browser.get("/form?q=transpar%C3%A8ncia%20%26%20govern&year=2024&year=2023&lang=en")).text
    for language in ("ca", "es", "en"):
        query = f"?q=transpar%C3%A8ncia+%26+govern&amp;year=2024&amp;year=2023&amp;lang={language}"
        assert f'href="{query}" lang="{language}" hreflang="{language}"' in page


async def test_a_query_cannot_break_out_of_the_language_switch(house: House) -> None:
    page = (await house.browser.get("/form", params={'"><script>': '"><script>'})).text
    assert "<script" not in page


@pytest.mark.parametrize(
    ("path", "header", "language"),
    [
        ("/form", "en", "en"),
        ("/form", "es-MX,es;q=0.9", "es"),
        ("/form", "oc", "ca"),
        ("/form?lang=es", "en", "es"),
        ("/form?lang=xx", "en", "en"),
    ],
)
async def test_the_page_is_in_the_language_asked_for(house: House, path: str, header: str, language: str) -> None:
    answer = await house.browser.get(path, headers={"Accept-Language": header})
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["content-language"] == language


async def test_a_language_once_chosen_stays(house: House) -> None:
    await house.browser.get("/form?lang=es")
    assert '<html lang="es">' in (await house.browser.get("/form")).text


async def test_the_policy_names_the_style_sheet_that_stands_in_the_page_and_nothing_more(house: House) -> None:
    answer = await house.browser.get("/form")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "script-src": "'none'",
        "connect-src": "'self'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_a_page_is_stored_by_nobody_and_says_nothing_of_where_one_was(house: House) -> None:
    headers = (await house.browser.get("/form")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
