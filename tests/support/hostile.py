"""Requests whose bytes would choose how much work it is to read them."""

from dataclasses import dataclass

CODECS = (
    "punycode", "utf-7", "unicode_escape", "undefined", "idna", "utf-16", "zlib_codec", "rot13", "x" * 900,
)  # fmt: skip
BIG = 990_000
"""Bytes, nearly as many as are taken."""
BIG_JSON = 199_000
"""Bytes, nearly as many of JSON as are taken."""
URLENCODED = "application/x-www-form-urlencoded"
_BOUNDARY = "b" * 8
_LONG_HEADER = 4000
"""Bytes, as many as the parser takes of a part's header by itself."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body by what is bad about it."""

    name: str
    content: bytes
    media_type: str


def multipart(name: str, *parts: bytes, charset: str = "") -> Body:
    """A body of parts, which says its charset."""
    content = b"".join(f"--{_BOUNDARY}\r\n".encode() + part + b"\r\n" for part in parts)
    media_type = f"multipart/form-data; boundary={_BOUNDARY}" + (f"; charset={charset}" if charset else "")
    return Body(name, content + f"--{_BOUNDARY}--\r\n".encode(), media_type)


def part(value: bytes = b"x", *, name: str = '"a"', more: str = "", headers: str = "") -> bytes:
    """A part; `name` stands as it is in its header, `more` behind it, `headers` below it."""
    return f"Content-Disposition: form-data; name={name}{more}\r\n{headers}\r\n".encode() + value


def in_codec(codec: str) -> list[Body]:
    """Text that says in each of the places where it may be said that it is in that codec."""
    of_part = f"Content-Type: text/plain; charset={codec}\r\n"
    return [
        multipart(f"parts in {codec}", part(), charset=codec),
        multipart(f"a part in {codec}", part(headers=of_part)),
        multipart(f"a part that names {codec}", part(codec.encode(), name='"_charset_"')),
        Body(f"fields in {codec}", b"a=x", f"{URLENCODED}; charset={codec}"),
        Body(f"a field that names {codec}", f"_charset_={codec}".encode(), URLENCODED),
    ]


def _nested(levels: int) -> bytes:
    """Parts in parts in a part."""
    inner = (f"Content-Type: multipart/mixed; boundary={level}\r\n\r\n--{level}\r\n" for level in range(levels))
    return part("".join(inner).encode())


FORMS = (
    multipart("punycode", part(b"x" * BIG), charset="punycode"),
    multipart("one field", part(b"x" * BIG)),
    multipart("many parts", *[part()] * (BIG // 60)),
    multipart("semicolons", *[part(more=f';x="{";" * _LONG_HEADER}')] * (BIG // _LONG_HEADER // 2)),
    multipart("nested parts", _nested(15_000)),
    multipart("encoded words", part(name="=?utf-8?q?a?= " * 20_000)),
    multipart("comments", part(name="(" * 20_000)),
    Body("percent signs", b"a=" + b"%41" * (BIG // 3), URLENCODED),
    Body("many fields", b"&".join(b"a%d=1" % number for number in range(10_000)), URLENCODED),
)
"""For every form."""
MORE_FORMS = (
    multipart("one file", part(b"\r\n--bbbbbbb" * (BIG // 12), more='; filename="a"')),
    multipart("base64", part(b"QUJD" * (BIG // 4), headers="Content-Transfer-Encoding: base64\r\n")),
    multipart("quoted printable", part(b"=41" * (BIG // 3), headers="Content-Transfer-Encoding: quoted-printable\r\n")),
    multipart("unknown encoding", part(headers=f"Content-Transfer-Encoding: {'x' * 900}\r\n")),
    multipart("short semicolons", *[part(more=f';x="{";" * 900}')] * 99),
    multipart("short encoded words", *[part(name="=?utf-8?q?a?= " * 60)] * 99),
    multipart("short comments", *[part(name="(" * 900)] * 99),
    multipart("extended parameters", *[part(more="".join(f"; filename*{n}*=punycode''%41" for n in range(30)))] * 99),
    multipart("no name", b"\r\nx"),
    Body("no boundary", b"--", "multipart/form-data"),
    Body("long boundary", b"--", f"multipart/form-data; boundary={'b' * 4000}"),
    Body("blanks for a boundary", f"--{_BOUNDARY}{' ' * BIG}".encode(), multipart("").media_type),
    Body("percent signs and letters", ("a=" + "%41é" * (BIG // 5)).encode(), URLENCODED),
    Body("ampersands", b"&" * BIG, URLENCODED),
)
"""For what reads them."""
JSON = tuple(
    Body(name, content, "application/json")
    for name, content in (
        ("unknown members", b"{%s}" % b",".join(b'"%d":1' % number for number in range(BIG_JSON // 9))),
        ("deep", b"[" * BIG_JSON),
        ("long number", b"9" * BIG_JSON),
        ("too much", b"{%s}" % b",".join(b'"%d":1' % number for number in range(BIG // 10))),
    )
)
HEADERS = (
    ("Cookie", 'a="%s"' % ('\\"' * 30_000)),
    ("Accept-Language", "a," * 200_000),
    ("If-None-Match", '"a",' * 100_000),
    ("Accept", "a/b;q=0.1," * 50_000),
    ("X-Forwarded-For", "10.0.0.1," * 50_000),
    ("Range", "bytes=" + "0-1," * 100_000),
    ("Content-Type", f"text/plain; charset={'x' * 10_000}"),
)
