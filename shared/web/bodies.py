"""Bodies as they are sent: forms are read, and text in another charset than UTF-8 is refused.

This runs before anything is known of who sends it. Its bytes must not choose how much work they make: of Python's
codecs one takes half a minute for a megabyte (punycode), others unpack or raise errors of their own.
"""

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
    """Let a media type pass that names no charset, UTF-8, or US-ASCII, which is a part of it.

    Raises:
        HTTPException: 415.
    """
    _, options = parse_options_header(content_type)
    _require(options.get(b"charset", b"utf-8").decode("latin-1"))


async def read_form(request: Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """Text and files by field name, the last of repeated ones; nothing of a body that is no form.

    Raises:
        HTTPException: 415 for another charset than UTF-8, 400 where the parts cannot be told or are too many.
    """
    media_type, options = parse_options_header(request.headers.get("content-type"))
    body = await request.body()
    if media_type == _MULTIPART.encode():
        fields, files = _parts(body, options.get(b"boundary"))
    else:
        fields, files = _fields(body), {}
    _require(fields.get(_CHARSET_FIELD) or "utf-8")
    return fields, files


def _require(charset: str) -> None:
    if charset.lower() not in _CHARSETS:
        raise HTTPException(415)


def _fields(body: bytes) -> dict[str, str]:
    """The fields of `application/x-www-form-urlencoded`; none of a body that is something else."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return {}


def _parts(body: bytes, boundary: bytes | None) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields and files of `multipart/form-data` (RFC 7578); a file is bytes, whatever its charset."""
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
    fields = {_text(part.field_name): _value(part) for part in parts if isinstance(part, Field)}
    return fields, {_text(part.field_name): _content(part) for part in parts if isinstance(part, File)}


def _value(field: Field) -> str:
    require_utf8(field.content_type)
    return _text(field.value)


def _content(file: File) -> bytes:
    file.file_object.seek(0)
    return file.file_object.read()


def _text(data: bytes | None) -> str:
    return (data or b"").decode(errors="replace")
