"""Forms as they are sent: UTF-8 alone, and little work whatever their bytes."""

import time
from contextlib import suppress

import pytest
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import Message

from shared.web.application import MAX_BODY_BYTES
from shared.web.bodies import read_form, require_utf8
from tests.support.hostile import CODECS, FORMS, MORE_FORMS, URLENCODED, Body, in_codec, multipart, part
from tests.unit.shared.house import House
from tests.unit.shared.test_page_routes import assert_page

MOST_SECONDS = 0.5
CATALAN = "Núria, Gràcia i «l·l»"


async def read(body: Body) -> tuple[dict[str, str], dict[str, bytes]]:
    """Text and files of a body."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body.content, "more_body": False}

    headers = [(b"content-type", body.media_type.encode())]
    return await read_form(Request({"type": "http", "method": "POST", "headers": headers}, receive))


@pytest.mark.parametrize("body", [*FORMS, *MORE_FORMS], ids=lambda body: body.name)
async def test_no_form_is_much_work_to_read(body: Body) -> None:
    assert len(body.content) <= MAX_BODY_BYTES
    began = time.process_time()
    with suppress(HTTPException):
        await read(body)
    assert time.process_time() - began < MOST_SECONDS


@pytest.mark.parametrize("codec", CODECS)
async def test_a_form_in_another_charset_is_refused_in_a_page(house: House, codec: str) -> None:
    for body in in_codec(codec):
        answer = await house.browser.post("/form", content=body.content, headers={"Content-Type": body.media_type})
        assert_page(answer, 415, "This is in a charset that is not taken: send it as UTF-8.")
    assert not house.sent


@pytest.mark.parametrize("said", ["utf-8", "UTF-8", "utf8", '"utf-8"', "us-ascii"])
async def test_a_form_may_say_that_it_is_in_utf_8(said: str) -> None:
    of_part = f"Content-Type: text/plain; charset={said}\r\n"
    sent = multipart("", part(CATALAN.encode(), headers=of_part), charset=said)
    assert await read(sent) == ({"a": CATALAN}, {})
    require_utf8(f"{URLENCODED}; charset={said}")
    named = {"_charset_": said.strip('"'), "a": "x"}
    assert await read(multipart("", part(named["_charset_"].encode(), name="_charset_"), part())) == (named, {})


async def test_what_is_not_utf_8_is_replaced_by_nothing_that_it_could_mean() -> None:
    assert await read(multipart("", part("Núria".encode("latin-1")))) == ({"a": "N\ufffdria"}, {})
    assert await read(Body("", b"a=N%FAria", URLENCODED)) == ({"a": "N\ufffdria"}, {})


async def test_a_file_is_taken_as_it_is_whatever_charset_it_says() -> None:
    report = "Nom\tCorreu".encode("utf-16")
    sent = part(report, more='; filename="r.csv"', headers="Content-Type: text/csv; charset=utf-16\r\n")
    assert await read(multipart("", sent, part(b"1", name="b"))) == ({"b": "1"}, {"a": report})


async def test_the_last_of_repeated_fields_counts() -> None:
    assert await read(multipart("", part(b"1"), part(b"2"))) == ({"a": "2"}, {})
    assert await read(Body("", b"a=1&a=2", URLENCODED)) == ({"a": "2"}, {})
