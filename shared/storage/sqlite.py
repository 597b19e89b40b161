"""The store of the embedded default: one SQLite file per service, written with WAL and `synchronous=FULL`.

A collection is a table `(id, doc)`; the document is JSON text and its indexes are on JSON expressions. Several
processes may open the same file on one machine.
"""

# ruff: noqa: S608  statements are built from checked names and paths only; values are bound

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from shared.storage import sqlite_statements as sql
from shared.storage.checks import check_change, check_given, check_where, first_version, next_version
from shared.storage.contract import Bell, Document, Index, Order, Scalar, StoreError, Where, one_of
from shared.storage.sqlite_threads import GroupCommitWriter, Readers
from shared.storage.verification import SCRATCH

_BUSY_SECONDS = 10.0  # longer than any transaction or checkpoint of another process takes
_WRITER_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # fsync the log at every commit: acknowledged means on the disk
    "PRAGMA secure_delete = ON",  # overwrite deleted data
    "PRAGMA temp_store = MEMORY",  # personal data never reach a temporary folder
    "PRAGMA wal_autocheckpoint = 4000",  # pages: a checkpoint every 16 MB of changes instead of every 4
    "PRAGMA cache_size = -32000",  # KiB
)
_READER_SETTINGS = ("PRAGMA query_only = ON", "PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -16000")


class SqliteStore:
    """`shared.storage.contract.Store` over one SQLite file. Use it from any event loop; close it at the end."""

    def __init__(self, path: Path) -> None:
        """The first use opens the file and creates it if missing, readable by its owner only."""
        self.bell = Bell()
        self._path = path
        self._writer = GroupCommitWriter(lambda: _connect(path, _WRITER_SETTINGS), path.name)
        self._readers = Readers(lambda: _connect(path, _READER_SETTINGS), path.name)

    async def prepare(self, collections: Mapping[str, Sequence[Index]]) -> None:
        statements = [sql.create_table(SCRATCH)]
        for collection, indexes in collections.items():
            statements.append(sql.create_table(collection))
            statements += [sql.create_index(collection, index) for index in indexes]

        def create(connection: sqlite3.Connection) -> None:
            for statement in statements:
                connection.execute(statement)

        await self._writer.run(create)

    async def insert(self, collection: str, document: Document) -> bool:
        text = sql.encode(first_version(document))
        statement = f"INSERT INTO {sql.table(collection)} (id, doc) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"
        return bool(await self._change(statement, [document["_id"], text]))

    async def insert_many(self, collection: str, documents: Sequence[Document]) -> int:
        statement = (
            f"INSERT INTO {sql.table(collection)} (id, doc) "
            "SELECT json_extract(value, '$._id'), value FROM json_each(?) WHERE true ON CONFLICT (id) DO NOTHING"
        )

        def work(connection: sqlite3.Connection) -> int:
            rows = sql.encode([first_version(document) for document in documents])
            return connection.execute(statement, (rows,)).rowcount

        return await self._writer.run(work)

    async def get(self, collection: str, document_id: str) -> Document | None:
        statement = f"SELECT doc FROM {sql.table(collection)} WHERE id = ?"
        rows = self._readers.read_here(lambda connection: connection.execute(statement, (document_id,)).fetchall())
        return orjson.loads(rows[0][0]) if rows else None

    async def replace(self, collection: str, document: Document, *, expected_version: int) -> bool:
        text = sql.encode(next_version(document, expected_version))
        statement = f"UPDATE {sql.table(collection)} SET doc = ? WHERE id = ? AND {sql.column('version')} = ?"
        return bool(await self._change(statement, [text, document["_id"], expected_version]))

    async def update(
        self,
        collection: str,
        document_id: str,
        *,
        guard: Where | None = None,
        assign: Mapping[str, Any] | None = None,
        increment: Mapping[str, int] | None = None,
    ) -> bool:
        check_change(assign or {}, increment or {})
        condition = sql.joined([sql.matching({"_id": document_id}), sql.matching(check_where(guard))])
        return bool(await self._change(*sql.update(collection, assign or {}, increment or {}, condition)))

    async def update_many(self, collection: str, where: Where, *, assign: Mapping[str, Any]) -> int:
        check_change(assign, {})
        condition = sql.matching(check_given(where, "update_many"))
        return await self._change(*sql.update(collection, assign, {}, condition))

    async def find(
        self,
        collection: str,
        where: Where | None = None,
        *,
        order: Order = (),
        limit: int = 100,
        after: Sequence[Scalar] | None = None,
    ) -> list[Document]:
        condition = sql.joined([sql.matching(check_where(where)), sql.after_place(order, after)])
        statement, values = sql.page(collection, condition, order, limit)
        return await self._readers.run(lambda connection: _documents(connection, statement, values))

    async def count(self, collection: str, where: Where | None = None) -> int:
        condition, values = sql.matching(check_where(where))
        statement = f"SELECT count(*) FROM {sql.table(collection)} WHERE {condition}"
        rows = await self._readers.run(lambda connection: connection.execute(statement, values).fetchall())
        return int(rows[0][0])

    async def claim(
        self, collection: str, where: Where, *, owner: str, now: int, until: int, order: Order = (), limit: int = 1
    ) -> list[Document]:
        condition = sql.joined([sql.matching(check_where(where)), sql.lease_is_free(now)])
        chosen, chosen_values = sql.page(collection, condition, order, limit)
        lease = {"lease_owner": owner, "lease_until": until}

        def work(connection: sqlite3.Connection) -> list[Document]:
            documents = _documents(connection, chosen, chosen_values)
            if documents:
                found = sql.matching({"_id": one_of([document["_id"] for document in documents])})
                connection.execute(*sql.update(collection, lease, {}, found))
            return [{**document, **lease, "version": document["version"] + 1} for document in documents]

        return await self._writer.run(work)

    async def delete(self, collection: str, where: Where) -> int:
        condition, values = sql.matching(check_given(where, "delete"))
        return await self._change(f"DELETE FROM {sql.table(collection)} WHERE {condition}", values)

    async def compact(self) -> None:
        """Rewrite the file without its deleted content and empty the log.

        Raises StoreError while another process reads the old content; nothing is lost, try again later.
        """
        await self._writer.run(_rewrite, alone=True)

    async def close(self) -> None:
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)

    async def _change(self, statement: str, values: list[Any]) -> int:
        return await self._writer.run(lambda connection: connection.execute(statement, values).rowcount)


def _connect(path: Path, settings: tuple[str, ...]) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    try:
        for setting in settings:
            connection.execute(setting)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _documents(connection: sqlite3.Connection, statement: str, values: list[Scalar]) -> list[Document]:
    documents: list[Document] = orjson.loads(connection.execute(statement, values).fetchall()[0][0])
    return documents


def _rewrite(connection: sqlite3.Connection) -> None:
    connection.execute("VACUUM")
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]
    if busy:
        raise StoreError("somebody still reads what was deleted")
