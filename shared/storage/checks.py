"""Checks that every store runs before it touches its database, so that all refuse the same."""

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
    """Return the name if it is safe inside a statement, else raise ValueError."""
    if not _COLLECTION.fullmatch(name):
        raise ValueError(f"not a collection's name: {name!r}")
    return name


@lru_cache(maxsize=4096)
def check_path(path: str) -> str:
    """Return the dotted path if it is safe inside a statement, else raise ValueError."""
    if not _PATH.fullmatch(path):
        raise ValueError(f"not a field's path: {path!r}")
    return path


def check_where(where: Where | None) -> Where:
    """Return the conditions, `{}` for None. Raises ValueError for a malformed path or a value no database compares."""
    for path, wanted in (where or {}).items():
        check_path(path)
        if isinstance(wanted, Condition):
            _check_condition(wanted)
        else:
            _check_scalar(wanted)
    return where or {}


def check_given(where: Where, operation: str) -> Where:
    """Refuse an empty `where` with ValueError: it would change or delete the whole collection."""
    if not where:
        raise ValueError(f"{operation} needs a condition")
    return check_where(where)


def first_version(document: Document) -> Document:
    """The document as inserted; ValueError if its `_id` is missing, empty or not a string."""
    return next_version(document, 0)


def next_version(document: Document, expected: int) -> Document:
    if not isinstance(document.get("_id"), str) or not document["_id"]:
        raise ValueError("a document needs a non-empty string as _id")
    return {**document, "version": expected + 1}


def check_change(assign: Mapping[str, Any], increment: Mapping[str, int]) -> None:
    """Refuse with ValueError a path that is malformed, belongs to the store (`_id`, `version`) or lies inside another:
    databases would treat it differently."""
    paths = [*assign, *increment]
    for path in paths:
        if check_path(path).split(".")[0] in _OWNED_BY_STORE:
            raise ValueError(f"the store itself sets {path!r}")
    ordered = sorted(path + "." for path in paths)
    for before, path in pairwise(ordered):
        if path.startswith(before):
            raise ValueError(f"{path[:-1]!r} would be changed twice")


def check_position(after: Iterable[Scalar] | None, keys: int) -> list[Scalar] | None:
    """Return the position as a list. Raises ValueError unless it has one valid value per key (`_id` included)."""
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
