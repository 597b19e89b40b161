"""The contract's conditions, orders and changes as SQL over a table `(id TEXT, doc TEXT)` of JSON documents.

Values are always bound. Only checked paths and collection names become text. One path always gives the same text,
because SQLite uses an index on an expression only if the statement has the very same expression.
"""

# ruff: noqa: S608  statements are built from checked names and paths only; values are bound

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from shared.storage.checks import check_collection, check_path, check_position
from shared.storage.contract import Condition, Index, Operator, Order, Scalar, Where, total_order

Fragment = tuple[str, list[Scalar]]

_SIGNS = {
    Operator.LESS: "<",
    Operator.LESS_OR_EQUAL: "<=",
    Operator.GREATER: ">",
    Operator.GREATER_OR_EQUAL: ">=",
}


def encode(value: Any) -> str:
    """A value as JSON text. Raises TypeError for a datetime: documents hold epoch milliseconds."""
    return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


@lru_cache(maxsize=256)
def table(collection: str) -> str:
    return f'"{check_collection(collection)}"'


@lru_cache(maxsize=4096)
def column(path: str) -> str:
    return "id" if path == "_id" else f"json_extract(doc, {_json_path(path)})"


def create_table(collection: str) -> str:
    return f"CREATE TABLE IF NOT EXISTS {table(collection)} (id TEXT PRIMARY KEY NOT NULL, doc TEXT NOT NULL)"


def create_index(collection: str, index: Index) -> str:
    """An index, if it is missing; it ends with the id, so that it also serves the order."""
    name = "_".join([check_collection(collection), "by", *(check_path(field) for field in index.fields)])
    columns = ", ".join([*(column(field) for field in index.fields), "id"])
    return f'CREATE INDEX IF NOT EXISTS "{name}" ON {table(collection)} ({columns})'


def matching(where: Where) -> Fragment:
    return joined([_condition(path, wanted) for path, wanted in where.items()])


def joined(fragments: list[Fragment]) -> Fragment:
    """Fragments joined by «and»; `true` without any."""
    text = " AND ".join(text for text, _ in fragments) or "true"
    return text, [value for _, values in fragments for value in values]


def lease_is_free(now: int) -> Fragment:
    lease_until = column("lease_until")
    return f"({lease_until} IS NULL OR {lease_until} <= ?)", [now]


def page(collection: str, condition: Fragment, order: Order, limit: int) -> Fragment:
    """One row with a JSON array of the documents: a thread gives up the interpreter's lock at every row it fetches."""
    text, values = condition
    keys = ", ".join(f"{column(field)} {'ASC' if way > 0 else 'DESC'}" for field, way in total_order(order))
    documents = f"SELECT doc FROM {table(collection)} WHERE {text} ORDER BY {keys} LIMIT ?"
    return f"SELECT '[' || coalesce(group_concat(doc, ','), '') || ']' FROM ({documents})", [*values, limit]


def after_place(order: Order, after: Sequence[Scalar] | None) -> Fragment:
    keys = total_order(order)
    place = check_position(after, len(keys))
    if place is None:
        return "true", []
    alternatives = [
        joined([*(_equals(f, v) for (f, _), v in zip(keys[:i], place, strict=False)), _beyond(*keys[i], place[i])])
        for i in range(len(keys))
    ]
    text = " OR ".join(f"({text})" for text, _ in alternatives)
    later = f"({text})", [value for _, values in alternatives for value in values]
    return joined([*_start_of_range(keys[0], place[0]), later])


def update(collection: str, assign: Mapping[str, Any], increment: Mapping[str, int], condition: Fragment) -> Fragment:
    edits = ["'$.version', json_extract(doc, '$.version') + 1"]
    edits += [f"{_json_path(path)}, json(?)" for path in assign]
    edits += [f"{_json_path(path)}, coalesce({column(path)}, 0) + ?" for path in increment]
    text, values = condition
    statement = f"UPDATE {table(collection)} SET doc = json_set(doc, {', '.join(edits)}) WHERE {text}"
    return statement, [*map(encode, assign.values()), *increment.values(), *values]


@lru_cache(maxsize=4096)
def _json_path(path: str) -> str:
    return "'$." + ".".join(f'"{segment}"' for segment in check_path(path).split(".")) + "'"


def _condition(path: str, wanted: Scalar | Condition) -> Fragment:
    if not isinstance(wanted, Condition):
        return _equals(path, wanted)
    if isinstance(wanted.value, tuple):
        return _within(column(path), wanted.value)
    if wanted.operator is Operator.NOT_EQUAL:
        return f"{column(path)} IS NOT ?", [wanted.value]
    return _compares(column(path), _SIGNS[wanted.operator], wanted.value)


def _equals(path: str, value: Scalar) -> Fragment:
    return f"{column(path)} IS ?", [value]


def _within(field: str, values: tuple[Scalar, ...]) -> Fragment:
    """One text for any number of values."""
    text = f"{field} IN (SELECT value FROM json_each(?))"
    listed: list[Scalar] = [encode([value for value in values if value is not None])]
    return (f"({text} OR {field} IS NULL)" if None in values else text), listed


def _compares(field: str, sign: str, value: Scalar) -> Fragment:
    """Compare values of one kind only: to SQLite every number is less than every text."""
    text = f"{field} {sign} ?"
    if isinstance(value, str) and sign.startswith("<"):
        text += f" AND {field} >= ''"
    if not isinstance(value, str) and sign.startswith(">"):
        text += f" AND {field} < ''"
    return text, [value]


def _beyond(path: str, way: int, value: Scalar) -> Fragment:
    """«After the value» in a direction; missing fields come first when rising."""
    field = column(path)
    if value is None:
        return (f"{field} IS NOT NULL", []) if way > 0 else ("false", [])
    return (f"{field} > ?", [value]) if way > 0 else (f"({field} < ? OR {field} IS NULL)", [value])


def _start_of_range(key: tuple[str, int], value: Scalar) -> list[Fragment]:
    """The start of a rising page as a condition of its own, so that SQLite enters the index there."""
    path, way = key
    return [(f"{column(path)} >= ?", [value])] if way > 0 and value is not None else []
