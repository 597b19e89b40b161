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
TEXTS = tuple(
    text if isinstance(text, bytes) else text.encode()
    for text in (
        "a\0b", b"\xff\xfe", b"\xed\xa0\x80", "\ufeff", "9" * 5000, "-1", "0", "1e999", "NaN", "²", "٣", "0x1f",
        "1_000",
        "9999-12-31T23:59", "0001-01-01T00:00", "2027-02-30T10:00", "2027-03-28T02:30", "9999-12", "99:99",
        "9999-12-31",
        "https://[::1", "https://xn--\0.example", "https://" + "é" * 300 + ".example/", "https://x.example:99999999/",
        "(" * 5000 + "@x.example", "=?utf-8?q?a?= " * 300 + "<a@x.example>", "a@" + "x." * 2000,
        '"\r\nBcc: b"@x.example',
        "\r\n" * 2000, "[" * 5000, "{" * 5000, "../../etc/passwd", "%s%n{0.__class__}", "\N{WOMAN}\u200d" * 2000,
        "a" * 100_000, "", " ", "'", '"', "\\" * 5000,
    )
)  # fmt: skip
"""For every field and parameter: what parsers of numbers, times, addresses and text may fail at."""
EVERYWHERE = tuple(
    text if isinstance(text, bytes) else text.encode()
    for text in ("9" * 5000, "²", "9999-12-31T23:59", "0001-01-01T00:00", b"\xed\xa0\x80", "a\0b")
)
"""For every field and parameter without exception: more digits than Python reads, for one."""
AT_THE_ENDS = (b"9999-12-31T23:59", b"0001-01-01T00:00", b"9" * 4301)
"""For a field whose neighbours are right, without exception."""
SHARP = tuple(text for text in TEXTS if text and len(text) < 30)
"""Of these, for a field whose neighbours are right."""
JSON_VALUES = (
    '"\\ud800"', '"\\u0000"', "NaN", "-Infinity", "1e999", "-1", "0", "9" * 400, "18446744073709551616", "0.1",
    "null", "true",
    '"9999-12-31T23:59:59Z"', '"0001-01-01T00:00:00+14:00"', '"2027-01-14T10:00:00+23:59"', '"²"',
    '"https://[::1"', '""',
    '"https://xn--\\u0000.example/"', "[]", "{}", '{"a":1,"a":2}', "[" * 900 + "]" * 900, '"' + "a" * 100_000 + '"',
    '"' + "(" * 5000 + '@x.example"', '{"%s":"x"}' % ("a" * 5000), '{"\\u0000":"x"}', '{"ca":"\\udfff"}',
    '["a",["a"]]',
)  # fmt: skip
"""For every member of a body of the API."""
WHOLE_JSON = tuple(
    Body(name, content, "application/json")
    for name, content in (
        ("nothing", b""), ("no JSON", b"{"), ("a byte order mark", b"\xef\xbb\xbf{}"), ("UTF-16",
        '{"a":1}'.encode("utf-16")),
        ("NUL", b"\0"), ("not UTF-8", b'{"a":"\xff"}'), ("text", b'"x"'), ("a list", b"[{}]"), ("null", b"null"),
        ("deep objects", b'{"a":' * 20_000 + b"1" + b"}" * 20_000), ("deep", b"[" * 99_000 + b"]" * 99_000),
        ("NaN", b"NaN"),
        ("one name", b"{%s}" % b",".join([b'"a":1'] * 30_000)), ("one string", b'{"a":"%s"}' % (b"\\u0041" * 30_000)),
    )
)  # fmt: skip
SEGMENTS = (
    "%00", "%ff", "%ed%a0%80", "%0a", "..%2f..%2fetc%2fpasswd", ".", "a" * 3000, "9" * 400, "%c2%b2", "{x}", "%25",
    "AcmlaOJJ" * 8,
)  # fmt: skip
"""For every part of a path that names something."""
_NEARLY = 8000
"""Bytes of a header, nearly as many as are taken."""
ODD_HEADERS: tuple[dict[str, bytes], ...] = (
    {
        "Accept-Language": b"a,;q=x," * (_NEARLY // 7), "Cookie": b'language="' + b'\\"' * (_NEARLY // 3),
        "X-Forwarded-For": b"10.0.0.1," * 99 + b"\xff", "X-Request-ID": b"\xe9" * 99,
        "Range": b"bytes=" + b"0-1," * 99,
    },
    {
        "Accept-Language": b"\xff", "Cookie": b"\xff=\xff; language=\xff; dijous=\xff; csrf=\xff; a",
        "If-None-Match": b'"a",' * 1900,
        "X-Forwarded-For": b"[::1", "X-Forwarded-Proto": b"\xff", "Forwarded": b"for=\";,;\"" * 99, "Accept": b"\xff",
        "If-Modified-Since": b"Thu, 99 Xyz 99999 99:99:99 GMT", "Sec-Fetch-Site": b"\xff",
        "Content-Type": b"a/b; charset=\"",
    },
    {"Accept": b"a/b;q=0.1," * (_NEARLY // 10), "Authorization": b"Bearer \xff", "Referer": b"http://[",
    "Origin": b"\xff"},
    {"Authorization": b"Basic " + b"=" * 7000, "Cookie": b";=" * (_NEARLY // 2),
    "Referer": b"https://x.example/" + b"%ff" * 2000},
    {"Host": b"", "Content-Type": b"multipart/form-data; boundary=" + b"b" * 7000,
    "X-HTTP-Method-Override": b"DELETE"},
    {"Host": b"evil.example:99999", "TE": b"trailers", "Expect": b"x", "Connection": b"upgrade",
    "Upgrade": b"websocket"},
    {"Host": b"\xe9[]@:/", "Content-Encoding": b"gzip"},
)  # fmt: skip
"""Within the limits, so that they are read."""
HEADERS = (
    ("Cookie", 'a="%s"' % ('\\"' * 30_000)),
    ("Accept-Language", "a," * 200_000),
    ("If-None-Match", '"a",' * 100_000),
    ("Accept", "a/b;q=0.1," * 50_000),
    ("X-Forwarded-For", "10.0.0.1," * 50_000),
    ("Range", "bytes=" + "0-1," * 100_000),
    ("Content-Type", f"text/plain; charset={'x' * 10_000}"),
)
