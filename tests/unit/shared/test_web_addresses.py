"""Addresses of the web that people type."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.text.fields import HttpsUrl, OptionalHttpsUrl

ADDRESS: TypeAdapter[Any] = TypeAdapter(HttpsUrl)
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=%7b%22Tid%22%3a%22x%22%7d#a"


@pytest.mark.parametrize(
    "typed",
    [
        TEAMS,
        "https://meet.example",
        "HTTPS://Meet.example:8443/A_b?c={d}|e",
        "https://[2001:db8::1]/x",
        "https://my_council.example/x",
        "https://10.0.0.1:443/",
        "https://xn--mnchen-3ya.example/",
    ],
)
def test_an_address_in_ascii_stays_as_it_was_typed(typed: str) -> None:
    assert ADDRESS.validate_python(f" {typed}\n") == typed


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://例え.jp/x", "https://xn--r8jz45g.jp/x"),
        ("https://vídeo.example:8443/sessió?títol=l·la#à", "https://xn--vdeo-vpa.example:8443/sessi%C3%B3?t%C3%ADtol=l%C2%B7la#%C3%A0"),
        ("https://video.example/sessió 1".replace(" ", "%20"), "https://video.example/sessi%C3%B3%201"),
        ("https://video。example/x", "https://video.example/x"),
    ],
)  # fmt: skip
def test_any_other_is_stored_as_a_browser_sends_it(typed: str, stored: str) -> None:
    assert ADDRESS.validate_python(typed) == stored
    assert ADDRESS.validate_python(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("x", "https://", "https:///x", "https:example.org", "http://video.example", "//video.example"),
        *("https://a b.example", "https://a.example/b c", "https://a.example/\x00", "https://a.example:0/"),
        *("https://a.example:99999/", "https://u:p@a.example/", "https://:p@a.example/", "https://@a.example/"),
        "https://a.example;script-src",  # would be a directive of the page's policy
        *("https://a,b.example/", "https://'self'/", "https://*/", "https://[::1/", "https://a\\@b.example/"),
        *("https://xn--a/", "https://\u2024\u2025/", "https://a\u2100b/", "https://\u202eexample/"),
        "https://\ud800.example/",
    ],
)
def test_what_is_no_whole_address_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match=r"whole address|valid string|surrogates"):
        ADDRESS.validate_python(typed)


def test_an_address_may_be_long_as_typed_and_as_stored() -> None:
    ADDRESS.validate_python("https://a.example/" + "a" * 1900)
    for letter in "aà":
        with pytest.raises(ValidationError, match="at most 2000"):
            ADDRESS.validate_python("https://a.example/" + letter * 1983)


def test_an_address_may_be_left_out_where_it_may() -> None:
    optional: TypeAdapter[Any] = TypeAdapter(OptionalHttpsUrl)
    assert optional.validate_python(" ") == ""
    assert optional.validate_python("https://vídeo.example") == "https://xn--vdeo-vpa.example/"
