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
from functools import partial
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


not_equal = partial(Condition, Operator.NOT_EQUAL)
"""The field differs from the value; a missing field differs from every value but None."""
less = partial(Condition, Operator.LESS)
at_most = partial(Condition, Operator.LESS_OR_EQUAL)
greater = partial(Condition, Operator.GREATER)
at_least = partial(Condition, Operator.GREATER_OR_EQUAL)

Where = Mapping[str, Scalar | Condition]
"""Conditions joined by «and». A bare scalar means equality; `None` matches null and missing alike.

Less and greater compare values of one kind: no number is less than a text. Booleans raise ValueError, since databases
disagree whether true equals 1: store a 0/1 scalar to query."""

Order = Sequence[tuple[str, int]]
"""Fields with 1 (rising) or -1 (falling). The store adds `_id` as the last key, in the direction of the last field, so
the order is total and one index serves it both ways. A field of an order holds values of one kind, or None."""


@dataclass(frozen=True, slots=True)
class Index:
    fields: tuple[str, ...]


class StoreError(Exception):
    """The store did not answer or refused an operation. A write may have happened; it can be retried.

    The message goes into logs and readiness, so it holds nothing of a document.
    """


class StoreMismatchError(StoreError):
    """The database answers an operation of the contract wrongly; the service must not start."""


class Bell:
    """Rings in this process when a document with events is saved, so that the relay need not poll."""

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
        """Create missing collections and indexes. Idempotent; run at start."""

    async def insert(self, collection: str, document: Document) -> bool:
        """Insert with `version` 1. Returns False and writes nothing if the `_id` exists."""

    async def insert_many(self, collection: str, documents: Sequence[Document]) -> int:
        """Insert the documents whose `_id` is new, each with `version` 1. Returns their number."""

    async def get(self, collection: str, document_id: str) -> Document | None: ...

    async def replace(self, collection: str, document: Document, *, expected_version: int) -> bool:
        """Compare-and-set: store the document as `expected_version + 1`. Returns False and writes nothing if the
        stored version is not `expected_version`."""

    async def update(
        self,
        collection: str,
        document_id: str,
        *,
        guard: Where | None = None,
        assign: Mapping[str, Any] | None = None,
        increment: Mapping[str, int] | None = None,
    ) -> bool:
        """Change one document in one atomic step and raise its `version` by one.

        `assign` sets fields and creates missing parents; `increment` adds to integers, a missing one is 0.
        Returns False and writes nothing if the document is missing or the guard does not hold.
        """

    async def update_many(self, collection: str, where: Where, *, assign: Mapping[str, Any]) -> int:
        """Assign to all matching documents, each atomically; return their number. ValueError for an empty `where`."""

    async def find(
        self,
        collection: str,
        where: Where | None = None,
        *,
        order: Order = (),
        limit: int = 100,
        after: Sequence[Scalar] | None = None,
    ) -> list[Document]:
        """Up to `limit` documents in order. `after` is the `position` of the previous page's last document."""

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
        """Lease up to `limit` matching documents for `owner` until `until`; return them as they are afterwards.

        A lease is the scalars `lease_owner` and `lease_until` (epoch ms) in the document. It is free if `lease_until`
        is missing or at most `now`; only one claim gets it. Callers' clocks differ, and an owner may be stopped for
        longer than its lease, so work under a claim must tolerate being done twice. Otherwise use a
        `shared.messaging.lease.Lease`.
        """

    async def delete(self, collection: str, where: Where) -> int:
        """Delete the matching documents; return their number. ValueError for an empty `where`."""

    async def compact(self) -> None:
        """Reclaim deleted space, so that a raw scan of the files finds no deleted data."""

    async def close(self) -> None: ...


def total_order(order: Order) -> list[tuple[str, int]]:
    return [*order, ("_id", order[-1][1] if order else 1)]


def position(document: Document, order: Order) -> list[Scalar]:
    """The position of a document in an order: the `after` of `find`."""
    return [field_value(document, field) for field, _ in order] + [document["_id"]]


def field_value(document: Document, path: str) -> Any:
    value: Any = document
    for segment in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(segment)
    return value
