"""Lists by cursor: a page of items and the opaque place where the next one begins."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel

from shared.problems import Problem, mark
from shared.storage.collection import Place, Slice
from shared.storage.contract import Scalar

T = TypeVar("T")
F = TypeVar("F")

Limit = Annotated[int, Query(ge=1, le=500, description="How many items at the most.")]
CursorParameter = Annotated[str | None, Query(description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = None
    """The cursor of the next page; null on the last one."""


class CursorInvalidProblem(Problem):
    status = 422
    code = "cursor-invalid"
    title = mark("The cursor is not valid. Begin again without it.")


def page_of(found: Slice[F], show: Callable[[F], T]) -> Page[T]:
    return Page(items=[show(item) for item in found.items], next=encode_cursor(found.next))


def encode_cursor(place: Place | None) -> str | None:
    if place is None:
        return None
    return base64.urlsafe_b64encode(orjson.dumps(list(place))).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> list[Scalar] | None:
    """The place in an order of `length` values, `_id` included; None, the beginning, for no cursor or an empty one.

    Raises:
        CursorInvalidProblem: the text is no cursor of such an order.
    """
    if not cursor:
        return None
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise CursorInvalidProblem from None
    if not isinstance(place, list) or len(place) != length or not all(map(_may_be_ordered, place)):
        raise CursorInvalidProblem
    return place


def _may_be_ordered(value: object) -> bool:
    """Whether a store can compare it: text, None, or a number of 64 bits; no boolean."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 2**63
    return value is None or isinstance(value, str | float)
