"""Reads forms; refuses text in another charset than UTF-8.

This runs on anybody's bytes, which must not choose how much work they make: one of Python's codecs takes half a minute
for a megabyte (punycode), others unpack or raise errors of their own.
"""

from contextlib import suppress
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header
from starlette.exceptions import HTTPException

_MAX_FIELDS = 500
_MAX_PARTS = 100
_LIMITS = {"MAX_HEADER_SIZE": 1000}
"""Of a header of a part, in bytes: it takes a microsecond a byte. The longest one names a file."""
_CHARSETS = ("utf-8", "utf8", "us-ascii")
_CHARSET_FIELD = "_charset_"
_MULTIPART = "multipart/form-data"


def require_utf8(content_type: str | None) -> None:
    """Check that a media type names no charset, UTF-8 or its subset US-ASCII.

    Raises:
        HTTPException: 415.
    """
    _, options = parse_options_header(content_type)
    _require(options.get(b"charset", b"utf-8").decode("latin-1"))


async def read_form(request: Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """Text and files by field name, the last of repeated ones; both empty if the body is no form.

    Raises:
        HTTPException: 415 for another charset than UTF-8, 400 if the parts are malformed or too many.
    """
    media_type, options = parse_options_header(request.headers.get("content-type"))
    body = await request.body()
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    if media_type == _MULTIPART.encode():
        fields, files = _parts(body, options.get(b"boundary"))
    else:
        with suppress(ValueError):  # it is no form
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    _require(fields.get(_CHARSET_FIELD) or "utf-8")
    return fields, files


def _require(charset: str) -> None:
    if charset.lower() not in _CHARSETS:
        raise HTTPException(415)


def _parts(body: bytes, boundary: bytes | None) -> tuple[dict[str, str], dict[str, bytes]]:
    parts: list[Field | File] = []

    def take(part: Field | File) -> None:
        if len(parts) == _MAX_PARTS:
            raise HTTPException(400)
        parts.append(part)

    try:
        parser = FormParser(_MULTIPART, take, take, boundary=boundary, config=_LIMITS)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise HTTPException(400) from None
    fields, files = {}, {}
    for part in parts:
        if isinstance(part, Field):
            require_utf8(part.content_type)
            fields[_text(part.field_name)] = _text(part.value)
        else:
            part.file_object.seek(0)
            files[_text(part.field_name)] = part.file_object.read()  # bytes, whatever its charset
    return fields, files


def _text(data: bytes | None) -> str:
    return (data or b"").decode(errors="replace")
