"""What search engines, and messages in which its address is shared, show of a page (ogp.me)."""

import html
import re

import httpx

_META = re.compile(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">')


def shared_as(page: httpx.Response) -> dict[str, str]:
    """The page's description, canonical address and Open Graph tags, each of which is there once or not at all."""
    found = _META.findall(page.text)
    tags = {name: html.unescape(value) for name, value in found if name == "description" or name.startswith("og:")}
    canonical = re.findall(r'<link rel="canonical" href="([^"]+)">', page.text)
    assert len(canonical) <= 1
    assert len({name for name, _ in found}) == len(found)
    return tags | {"canonical": html.unescape(canonical[0])} if canonical else tags


def assert_shared(
    page: httpx.Response, address: str, title: str, *, kind: str = "website", locale: str = "ca_ES"
) -> None:
    """A page that anybody may share says all that is shown of it."""
    tags = shared_as(page)
    assert tags.pop("description") == tags.pop("og:description") != ""
    expected = {
        "canonical": address,
        "og:url": address,
        "og:title": title,
        "og:type": kind,
        "og:site_name": "Dijous",
        "og:locale": locale,
    }
    assert tags == expected, tags
