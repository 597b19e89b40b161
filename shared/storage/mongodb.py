"""The store of production: MongoDB, on any topology, by single-document operations only.

Nothing here needs a transaction, a change stream, a regular expression or `$exists`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError

from shared.ids import new_id
from shared.storage.checks import (
    check_change,
    check_collection,
    check_given,
    check_position,
    check_where,
    first_version,
    next_version,
)
from shared.storage.contract import (
    Bell,
    Condition,
    Document,
    Index,
    Operator,
    Order,
    Scalar,
    StoreError,
    Where,
    total_order,
)

Filter = dict[str, Any]

_TOKEN = "lease_token"  # noqa: S105  marks the documents of one claim; never leaves this file
_NONE = {"$in": [None]}  # null or missing: MongoDB reads it like a bare None, its imitations read that in several ways
_HIDDEN = {_TOKEN: 0}
_DUPLICATE_KEY = 11000
_CHUNK = 1_000  # documents in one insert, so that each ends well within the client's timeout
_CLAIM_TRIES = 100  # each lost try is another owner's claim


class MongoStore:
    """`shared.storage.contract.Store` over one MongoDB database, used from one event loop.

    The methods of `database` are coroutines, which both drivers name alike.
    """

    def __init__(self, database: Any, close: Callable[[], Awaitable[None]]) -> None:
        self.bell = Bell()
        self._database = database
        self._close = close

    async def prepare(self, collections: Mapping[str, Sequence[Index]]) -> None:
        async with _translated():
            for collection, indexes in collections.items():
                for index in indexes:
                    keys = [(field, ASCENDING) for field in (*index.fields, "_id")]
                    await self._collection(collection).create_index(keys)

    async def insert(self, collection: str, document: Document) -> bool:
        async with _translated():
            try:
                await self._collection(collection).insert_one(first_version(document))
            except DuplicateKeyError:
                return False
        return True

    async def insert_many(self, collection: str, documents: Sequence[Document]) -> int:
        rows = [first_version(document) for document in documents]
        async with _translated():
            return sum([await self._insert_new(collection, rows[i : i + _CHUNK]) for i in range(0, len(rows), _CHUNK)])

    async def get(self, collection: str, document_id: str) -> Document | None:
        async with _translated():
            document: Document | None = await self._collection(collection).find_one({"_id": document_id}, _HIDDEN)
        return document

    async def replace(self, collection: str, document: Document, *, expected_version: int) -> bool:
        new = next_version(document, expected_version)
        current = {"_id": document["_id"], "version": expected_version}
        async with _translated():
            result = await self._collection(collection).replace_one(current, new)
        return bool(result.matched_count)

    async def update(
        self,
        collection: str,
        document_id: str,
        *,
        guard: Where | None = None,
        assign: Mapping[str, Any] | None = None,
        increment: Mapping[str, int] | None = None,
    ) -> bool:
        change = _change(assign or {}, increment or {})
        chosen = _all_of({"_id": document_id}, _matching(guard))
        async with _translated():
            result = await self._collection(collection).update_one(chosen, change)
        return bool(result.matched_count)

    async def update_many(self, collection: str, where: Where, *, assign: Mapping[str, Any]) -> int:
        change = _change(assign, {})
        chosen = _matching(check_given(where, "update_many"))
        async with _translated():
            result = await self._collection(collection).update_many(chosen, change)
        return int(result.matched_count)

    async def find(
        self,
        collection: str,
        where: Where | None = None,
        *,
        order: Order = (),
        limit: int = 100,
        after: Sequence[Scalar] | None = None,
    ) -> list[Document]:
        chosen = _all_of(_matching(where), _after_place(order, after))
        return await self._page(collection, chosen, order, limit)

    async def count(self, collection: str, where: Where | None = None) -> int:
        async with _translated():
            return int(await self._collection(collection).count_documents(_matching(where)))

    async def claim(
        self, collection: str, where: Where, *, owner: str, now: int, until: int, order: Order = (), limit: int = 1
    ) -> list[Document]:
        """Find candidates, then lease those still free. The documents won carry this claim's token."""
        free = _all_of(_matching(where), {"$or": [{"lease_until": _NONE}, {"lease_until": {"$lte": now}}]})
        lease = {"lease_owner": owner, "lease_until": until, _TOKEN: new_id()}
        for _ in range(_CLAIM_TRIES):
            candidates = [document["_id"] for document in await self._page(collection, free, order, limit)]
            if not candidates:
                break
            chosen = _all_of({"_id": {"$in": candidates}}, free)
            async with _translated():
                won = await self._collection(collection).update_many(chosen, _change(lease, {}))
            if won.matched_count:
                mine = {"_id": {"$in": candidates}, _TOKEN: lease[_TOKEN]}
                return await self._page(collection, mine, order, limit)
        return []

    async def delete(self, collection: str, where: Where) -> int:
        chosen = _matching(check_given(where, "delete"))
        async with _translated():
            result = await self._collection(collection).delete_many(chosen)
        return int(result.deleted_count)

    async def compact(self) -> None:
        """Ask MongoDB to reclaim deleted space; journal and oplog forget by rolling over.

        Raises StoreError if the database's user lacks the right `compact` (role dbAdmin).
        """
        async with _translated():
            for name in await self._database.list_collection_names():
                await self._database.command("compact", name)

    async def close(self) -> None:
        await self._close()

    def _collection(self, name: str) -> Any:
        return self._database[check_collection(name)]

    async def _page(self, collection: str, chosen: Filter, order: Order, limit: int) -> list[Document]:
        if not limit:  # to MongoDB a limit of 0 is none
            return []
        async with _translated():
            cursor = self._collection(collection).find(chosen, _HIDDEN).sort(total_order(order)).limit(limit)
            documents: list[Document] = await cursor.to_list(None)
        return documents

    async def _insert_new(self, collection: str, rows: list[Document]) -> int:
        try:
            result = await self._collection(collection).insert_many(rows, ordered=False)
        except BulkWriteError as error:
            details = error.details or {}
            if any(failure["code"] != _DUPLICATE_KEY for failure in details["writeErrors"]):
                raise
            return int(details["nInserted"])
        return len(result.inserted_ids)


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Turn the driver's errors into StoreError. A refusal keeps its code only: its text and cause quote documents."""
    try:
        yield
    except OperationFailure as error:
        name = (error.details or {}).get("codeName", type(error).__name__)
        raise StoreError(f"MongoDB refused the operation: {name} {error.code}") from None
    except PyMongoError as error:
        raise StoreError(f"MongoDB did not answer: {type(error).__name__}: {error}") from error


def _matching(where: Where | None) -> Filter:
    return {path: _condition(wanted) for path, wanted in check_where(where).items()}


def _condition(wanted: Scalar | Condition) -> Any:
    if not isinstance(wanted, Condition):
        return _NONE if wanted is None else wanted
    if isinstance(wanted.value, tuple):
        return {"$in": list(wanted.value)}
    if wanted.operator is Operator.NOT_EQUAL:
        return {"$nin": [wanted.value]}
    return {f"${wanted.operator}": wanted.value}


def _all_of(*filters: Filter) -> Filter:
    """Filters joined by «and», kept apart because two may name the same field."""
    present = [chosen for chosen in filters if chosen]
    return {"$and": present} if len(present) > 1 else (present[0] if present else {})


def _change(assign: Mapping[str, Any], increment: Mapping[str, int]) -> Filter:
    check_change(assign, increment)
    change: Filter = {"$inc": {**increment, "version": 1}}
    return {**change, "$set": dict(assign)} if assign else change


def _after_place(order: Order, after: Sequence[Scalar] | None) -> Filter:
    keys = total_order(order)
    place = check_position(after, len(keys))
    if place is None:
        return {}
    alternatives: list[Filter] = []
    for i, (field, way) in enumerate(keys):
        same = {earlier: _condition(value) for (earlier, _), value in zip(keys[:i], place, strict=False)}
        alternatives += [{**same, **beyond} for beyond in _beyond(field, way, place[i])]
    return {"$or": alternatives}


def _beyond(field: str, way: int, value: Scalar) -> list[Filter]:
    """Alternative filters for «after the value» in a direction; missing fields come first when rising."""
    if value is None:
        return [{field: {"$nin": [None]}}] if way > 0 else []
    return [{field: {"$gt": value}}] if way > 0 else [{field: {"$lt": value}}, {field: _NONE}]
