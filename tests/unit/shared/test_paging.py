"""Cursors of lists."""

import base64

import pytest

from shared.storage.collection import Slice
from shared.storage.contract import Scalar
from shared.web.paging import CursorInvalidProblem, decode_cursor, encode_cursor, page_of


@pytest.mark.parametrize("place", [["a"], [1, "a"], [None, "a"], [-5, 2.5, "ç"], ["", "a"]])
def test_a_place_comes_back_from_its_cursor(place: list[Scalar]) -> None:
    cursor = encode_cursor(place)

    assert cursor
    assert decode_cursor(cursor, len(place)) == place
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("cursor", [None, ""])
def test_no_cursor_is_the_beginning(cursor: str | None) -> None:
    assert decode_cursor(cursor, 2) is None


def test_a_page_has_a_cursor_where_there_is_another() -> None:
    page = page_of(Slice([1, 2], [2, "b"]), str)
    assert page.items == ["1", "2"]
    assert decode_cursor(page.next, 2) == [2, "b"]


def test_the_cursor_is_null_on_the_last_page() -> None:
    assert page_of(Slice([1], None), str).next is None


@pytest.mark.parametrize(
    "json",
    [b"{}", b'"a"', b"[1]", b'[1, "a", 2]', b'[[1], "a"]', b'[{"a": 1}, "a"]', b'[true, "a"]', b"[1, ", b"\xff"],
)
def test_a_cursor_of_another_order_is_refused(json: bytes) -> None:
    with pytest.raises(CursorInvalidProblem):
        decode_cursor(base64.urlsafe_b64encode(json).decode(), 2)


@pytest.mark.parametrize("cursor", ["a", "ñ", "%", "a" * 1001, "\x00"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalidProblem):
        decode_cursor(cursor, 2)


def test_a_number_that_no_store_holds_is_refused() -> None:
    for number in (2**63, -(2**63), 2**64 - 1):
        with pytest.raises(CursorInvalidProblem):
            decode_cursor(encode_cursor([min(number, 2**64 - 1), "a"]), 2)
