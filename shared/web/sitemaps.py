"""Sitemaps (sitemaps.org 0.9): each service lists its public pages; robots.txt names all sitemaps."""

from collections.abc import Iterable
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import Response

MAX_AGE_SECONDS = 300
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST = 50_000
"""Addresses that one file may hold."""


def sitemap(public_url: str, pages: Iterable[tuple[str, datetime | None]]) -> Response:
    """The pages by path, each with its last change if known. Not personal: caches may keep it."""
    root = Element("urlset", {"xmlns": _NAMESPACE})
    for path, changed_at in list(pages)[:_MOST]:
        entry = SubElement(root, "url")
        SubElement(entry, "loc").text = public_url + path
        if changed_at:
            SubElement(entry, "lastmod").text = changed_at.date().isoformat()
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    headers = {"cache-control": f"public, max-age={MAX_AGE_SECONDS}"}
    return Response(body, media_type="application/xml", headers=headers)
