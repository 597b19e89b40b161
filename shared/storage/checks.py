"""What every store refuses before it touches its database, so that all of them refuse the same."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from shared.storage.contract import Condition, Document, Operator, Scalar, Where

_COLLECTION = re.compile(r"[a-z][a-z0-9_]{0,62}")
_PATH = re.compile(r"[A-Za-z0-9_:-]+(\.[A-Za-z0-9_:-]+)*")
_OWNED_BY_STORE = ("_id", "version")


@lru_cache(maxsize=256)
def check_collection(name: str) -> str:
    """The collection's name, once it is sure to be harmless in a statement.

    Raises:
        ValueError: it is not lower-case letters, digits and underscores.
    """
    if not _COLLECTION.fullmatch(name):
        raise ValueError(f"not a collection's name: {name!r}")
    return name


@lru_cache(maxsize=4096)
def check_path(path: str) -> str:
    """The dotted path, once it is sure to be harmless in a statement.

    Raises:
        ValueError: a segment is empty or holds anything but letters, digits, `_`, `:` and `-`.
    """
    if not _PATH.fullmatch(path):
        raise ValueError(f"not a field's path: {path!r}")
    return path


def check_where(where: Where | None) -> Where:
    """The conditions, `{}` for None.

    Booleans are refused: one database holds them equal to 0 and 1, another does not. Keep a 0/1 scalar instead.

    Raises:
        ValueError: a path is malformed, a value is a boolean or no scalar, or None is to be less or greater.
    """
    for path, wanted in (where or {}).items():
        check_path(path)
        if isinstance(wanted, Condition):
            _check_condition(wanted)
        else:
            _check_scalar(wanted)
    return where or {}


def check_document(document: Document) -> Document:
    """The document, once it has a usable `_id`.

    Raises:
        ValueError: `_id` is missing, empty or not a string.
    """
    if not isinstance(document.get("_id"), str) or not document["_id"]:
        raise ValueError("a document needs a non-empty string as _id")
    return document


def check_change(assign: Mapping[str, Any], increment: Mapping[str, int]) -> None:
    """Refuse a change that databases would carry out differently.

    Raises:
        ValueError: a path is malformed, belongs to the store (`_id`, `version`) or lies inside another one.
    """
    paths = [*assign, *increment]
    for path in paths:
        if check_path(path).split(".")[0] in _OWNED_BY_STORE:
            raise ValueError(f"the store itself sets {path!r}")
    ordered = sorted(path + "." for path in paths)
    for before, path in pairwise(ordered):
        if path.startswith(before):
            raise ValueError(f"{path[:-1]!r} would be changed twice")


def check_position(after: Iterable[Scalar] | None, keys: int) -> list[Scalar] | None:
    """The place in an order with this many keys (`_id` included), or None where there is none.

    Raises:
        ValueError: it has another number of values, or one that no order can hold.
    """
    if after is None:
        return None
    place = list(after)
    if len(place) != keys:
        raise ValueError(f"a place in this order has {keys} values, not {len(place)}")
    for value in place:
        _check_scalar(value)
    return place


def _check_condition(condition: Condition) -> None:
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    for value in values:
        _check_scalar(value)
    if condition.operator not in (Operator.IN, Operator.NOT_EQUAL) and condition.value is None:
        raise ValueError("nothing is less or greater than None")


def _check_scalar(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise ValueError(f"only text, numbers and None are compared, not {type(value).__name__}")
