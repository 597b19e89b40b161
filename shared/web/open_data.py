"""Tables and catalogues for everybody, with a tag by which readers ask whether they changed."""

import hashlib

from fastapi import Request, Response

from shared.web.sitemaps import MAX_AGE_SECONDS

CSV = "text/csv; charset=utf-8"
JSON = "application/json"


def answer(request: Request, body: str | bytes, media_type: str, digest: str = "") -> Response:
    """The body, or 304 if the reader has it already. Nothing personal is in it: caches and other sites may keep it.

    `digest` tells two bodies apart that say something else; without it, every letter counts.
    """
    content = body.encode() if isinstance(body, str) else body
    tag = f'"{(digest or hashlib.sha256(content).hexdigest())[:32]}"'
    headers = {
        "etag": tag,
        "cache-control": f"public, max-age={MAX_AGE_SECONDS}",
        "access-control-allow-origin": "*",
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
