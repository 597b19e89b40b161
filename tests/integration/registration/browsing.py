"""What a person does with a page: read it, fill in its form, send it."""

import html
import re
from typing import Any

import httpx

from tests.integration.registration.conftest import Office


def words(page: httpx.Response) -> str:
    """What a reader sees of a page's main part, in one line."""
    main = re.sub(r"<script.*?</script>", " ", page.text.partition("<main")[2], flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def title(page: httpx.Response) -> str:
    found = re.search(r"<title>(.*?)</title>", page.text, re.S)
    assert found
    return html.unescape(found[1]).strip()


def data_of(page: httpx.Response) -> str:
    """The JSON-LD block."""
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.S)
    assert found
    return found[1]


def assert_page(page: httpx.Response, status: int = 200, language: str = "ca") -> None:
    """What holds for every page of this service."""
    assert page.status_code == status, page.text[-1500:]
    assert page.text.count("<h1") == 1
    assert f'<html lang="{language}">' in page.text
    assert " style=" not in page.text
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "secret-room" not in page.text, "the join link is on no page"
    assert len(page.content) < 100_000


async def send(
    office: Office, path: str, fields: dict[str, str] | None = None, *, form_on: str = "", **options: Any
) -> httpx.Response:
    """Open the page with the form, then send it; `form_on` is that page where it is another than `path`."""
    page = await office.api.get(form_on or path)
    guard = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert guard, f"no form on {form_on or path}: {page.status_code} {words(page)[:300]}"
    return await office.api.post(path, data={"csrf": guard[1], **(fields or {})}, **options)


async def follow(office: Office, answer: httpx.Response) -> httpx.Response:
    """The page that a redirect leads to."""
    assert answer.status_code == 303, words(answer)[:500]
    return await office.api.get(answer.headers["location"])
