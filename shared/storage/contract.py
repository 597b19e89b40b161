"""The storage contract: what every store of Dijous does, whatever database is behind it.

All writes touch **one document at a time**. A document is a JSON object with a string `_id` and an integer
`version` that the store raises by one on every write of that document; times inside are integer epoch
milliseconds (UTC). Uniqueness is a deterministic `_id`; nothing needs a transaction, so the contract holds on
any MongoDB topology and on SQLite alike. `tests/contracts/storage` runs one suite over every implementation.

Field names may be dotted paths into nested objects (`slots.ab12`); no segment may contain a dot or begin with `$`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

Scalar = str | int | float | bool | None
Document = dict[str, Any]


class Operator(StrEnum):
    IN = "in"
    NOT_EQUAL = "ne"
    LESS = "lt"
    LESS_OR_EQUAL = "lte"
    GREATER = "gt"
    GREATER_OR_EQUAL = "gte"


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison other than equality; build it with the functions below."""

    operator: Operator
    value: Scalar | tuple[Scalar, ...]


def one_of(values: Sequence[Scalar]) -> Condition:
    return Condition(Operator.IN, tuple(values))


def not_equal(value: Scalar) -> Condition:
    """The field differs from the value; a missing field differs from every value but None."""
    return Condition(Operator.NOT_EQUAL, value)


def less(value: Scalar) -> Condition:
    return Condition(Operator.LESS, value)


def at_most(value: Scalar) -> Condition:
    return Condition(Operator.LESS_OR_EQUAL, value)


def greater(value: Scalar) -> Condition:
    return Condition(Operator.GREATER, value)


def at_least(value: Scalar) -> Condition:
    return Condition(Operator.GREATER_OR_EQUAL, value)


Where = Mapping[str, Scalar | Condition]
"""Conditions joined by «and». A bare scalar means equality; `None` matches null and missing alike.

Less and greater compare values of one kind: no number is less than a text. Booleans are refused with ValueError, since
databases disagree whether true equals 1: keep a 0/1 scalar for what is to be asked for."""

Order = Sequence[tuple[str, int]]
"""Fields with 1 (rising) or -1 (falling). The store adds `_id` as the last key, in the direction of the last field, so
the order is total and one index serves it both ways. A field of an order holds values of one kind, or None."""


@dataclass(frozen=True, slots=True)
class Index:
    fields: tuple[str, ...]


class StoreError(Exception):
    """The store did not answer or refused an operation; the outcome of a write is unknown and it may be retried.

    The message names the cause and holds nothing of a document: it goes into logs and into readiness.
    """


class StoreMismatchError(StoreError):
    """The database behind the store answers an operation of the contract wrongly; the service must not start."""


class Bell:
    """Rung in this process when a document with events was saved, so that the relay need not poll."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def ring(self) -> None:
        for listener in self._listeners:
            listener()


class Store(Protocol):
    """One service's documents. Every method is a coroutine; a write that returned has been fsynced."""

    bell: Bell

    async def prepare(self, collections: Mapping[str, Sequence[Index]]) -> None:
        """Create what is missing of the collections and their indexes. Idempotent; run at start."""

    async def verify(self) -> None:
        """Try every operation of the contract on a scratch collection.

        Raises:
            StoreMismatchError: an operation answered wrongly.
        """

    async def insert(self, collection: str, document: Document) -> bool:
        """Insert with `version` 1. False, and nothing written, when the `_id` is there already."""

    async def insert_many(self, collection: str, documents: Sequence[Document]) -> int:
        """Insert those whose `_id` is not there yet, each with `version` 1; how many were inserted."""

    async def get(self, collection: str, document_id: str) -> Document | None: ...

    async def replace(self, collection: str, document: Document, *, expected_version: int) -> bool:
        """Compare-and-set: store the document as `expected_version + 1` if the stored version still is
        `expected_version`; False, and nothing written, otherwise."""

    async def update(
        self,
        collection: str,
        document_id: str,
        *,
        guard: Where | None = None,
        assign: Mapping[str, Any] | None = None,
        increment: Mapping[str, int] | None = None,
    ) -> bool:
        """Change one document in one atomic step if the guard holds; raises `version` by one.

        `assign` sets fields (creating missing parents), `increment` adds to integers (missing counts as 0).
        False, and nothing written, when the document is missing or the guard does not hold.
        """

    async def update_many(self, collection: str, where: Where, *, assign: Mapping[str, Any]) -> int:
        """The same assignment for all matching documents, each atomic by itself; how many were changed. An empty
        `where` is refused with ValueError."""

    async def find(
        self,
        collection: str,
        where: Where | None = None,
        *,
        order: Order = (),
        limit: int = 100,
        after: Sequence[Scalar] | None = None,
    ) -> list[Document]:
        """Up to `limit` documents in order. `after` holds the values of the order's fields, then the `_id`, of the
        last document of the page before (`position` makes it)."""

    async def count(self, collection: str, where: Where | None = None) -> int: ...

    async def claim(
        self,
        collection: str,
        where: Where,
        *,
        owner: str,
        now: int,
        until: int,
        order: Order = (),
        limit: int = 1,
    ) -> list[Document]:
        """Lease up to `limit` matching documents whose lease is free or ran out, for `owner` until `until`.

        A lease is the pair of scalars `lease_owner`, `lease_until` (epoch ms) in the document; it is free when
        `lease_until` is missing or at most `now`. One claim gets it. The documents come back as they are after the
        claim. The callers' clocks differ, and an owner may be stopped for longer than its lease: what is done under
        a claim has to bear being done twice. What must not be, needs a `shared.messaging.lease.Lease`.
        """

    async def delete(self, collection: str, where: Where) -> int:
        """Delete the matching documents; how many they were. An empty `where` is refused with ValueError."""

    async def compact(self) -> None:
        """Give deleted bytes back, so that a raw scan of the files no longer finds what was deleted."""

    async def close(self) -> None: ...


def total_order(order: Order) -> list[tuple[str, int]]:
    return [*order, ("_id", order[-1][1] if order else 1)]


def position(document: Document, order: Order) -> list[Scalar]:
    """The place of a document in an order, to be given back to `find` as `after`."""
    return [field_value(document, field) for field, _ in order] + [document["_id"]]


def field_value(document: Document, path: str) -> Any:
    value: Any = document
    for segment in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(segment)
    return value
