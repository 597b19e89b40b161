"""What only the SQLite store promises: indexes in use, deleted bytes gone, errors survived, processes side by side."""

import asyncio
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.storage import sqlite_statements as sql
from shared.storage.contract import Index, StoreError, at_most, one_of
from shared.storage.sqlite import SqliteStore
from shared.storage.verification import try_write

COLLECTIONS = {"deliveries": [Index(("state", "due_at")), Index(("pending",))]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tests.sqlite3"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(path)
    await opened.prepare(COLLECTIONS)
    yield opened
    await opened.close()


def plan(path: Path, fragment: sql.Fragment) -> str:
    """How SQLite would run a statement."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {fragment[0]}", fragment[1]).fetchall()
    connection.close()
    return "\n".join(row[3] for row in rows)


async def test_due_deliveries_are_found_and_ordered_by_their_index(store: SqliteStore, path: Path) -> None:
    due = sql.joined([sql.matching({"state": "due", "due_at": at_most(9)}), sql.lease_is_free(9)])
    steps = plan(path, sql.page("deliveries", due, [("due_at", 1)], 500))
    assert "USING INDEX deliveries_by_state_due_at (<expr>=? AND <expr><?)" in steps
    assert "TEMP B-TREE" not in steps


async def test_next_page_starts_in_the_index(store: SqliteStore, path: Path) -> None:
    condition = sql.joined([sql.matching({"state": "due"}), sql.after_place([("due_at", 1)], [5, "a"])])
    steps = plan(path, sql.page("deliveries", condition, [("due_at", 1)], 500))
    assert "USING INDEX deliveries_by_state_due_at (<expr>=? AND <expr>>?)" in steps
    assert "TEMP B-TREE" not in steps


async def test_falling_order_walks_the_same_index_backwards(store: SqliteStore, path: Path) -> None:
    steps = plan(path, sql.page("deliveries", sql.matching({"state": "sent"}), [("due_at", -1)], 500))
    assert "USING INDEX deliveries_by_state_due_at (<expr>=?)" in steps
    assert "TEMP B-TREE" not in steps


async def test_relay_finds_what_is_pending_by_its_index(store: SqliteStore, path: Path) -> None:
    steps = plan(path, sql.page("deliveries", sql.matching({"pending": 1}), [], 100))
    assert "USING INDEX deliveries_by_pending (<expr>=?)" in steps


async def test_one_of_many_states_uses_the_index(store: SqliteStore, path: Path) -> None:
    where = sql.matching({"state": one_of(["due", "deferred"]), "due_at": at_most(9)})
    assert "USING INDEX deliveries_by_state_due_at" in plan(path, sql.page("deliveries", where, [], 100))


async def test_ids_are_found_by_the_primary_key(store: SqliteStore, path: Path) -> None:
    steps = plan(path, sql.page("deliveries", sql.matching({"_id": one_of(["a", "b"])}), [], 100))
    assert "USING INDEX sqlite_autoindex_deliveries_1 (id=?)" in steps


async def test_every_writer_fsyncs_before_it_answers(store: SqliteStore) -> None:
    pragmas = {"synchronous": 2, "secure_delete": 1, "journal_mode": "wal", "temp_store": 2}

    def settings(connection: sqlite3.Connection) -> dict[str, object]:
        return {name: connection.execute(f"PRAGMA {name}").fetchall()[0][0] for name in pragmas}

    assert await store._writer.run(settings) == pragmas
    store._writer._disconnect()  # as after an error: the next operation opens a fresh connection
    assert await store._writer.run(settings) == pragmas


async def test_only_the_owner_may_read_the_files(store: SqliteStore, path: Path) -> None:
    await store.insert("deliveries", {"_id": "a"})
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_deleted_and_replaced_content_is_in_no_raw_byte_after_compact(store: SqliteStore, path: Path) -> None:
    canary, kept = b"canary-7f3a@alamus.example", b"kept-91be"
    text = f"{canary.decode()} {'x' * 9000}"  # long enough for overflow pages
    await store.insert_many("deliveries", [{"_id": f"{i}", "kind": "gone", "to": text} for i in range(50)])
    await store.insert_many(
        "deliveries", [{"_id": "k", "state": kept.decode()}, {"_id": "r", "state": canary.decode()}]
    )
    await store.replace("deliveries", {"_id": "r"}, expected_version=1)
    await store.delete("deliveries", {"kind": "gone"})
    await store.find("deliveries")  # a reader's own connection must not keep the old content
    assert canary in _raw_bytes(path), "the scan finds nothing: it would prove nothing"
    await store.compact()
    assert canary not in _raw_bytes(path)
    assert path.stat().st_size < 100_000, "the space of 450,000 bytes was not given back"
    assert kept in _raw_bytes(path)
    assert [document["_id"] for document in await store.find("deliveries")] == ["k", "r"]


def _raw_bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


async def test_compact_says_so_while_somebody_still_reads(store: SqliteStore, path: Path) -> None:
    await store.insert("deliveries", {"_id": "a"})
    await store._writer.run(lambda connection: connection.execute("PRAGMA busy_timeout = 50").fetchall())
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM deliveries").fetchall()
    with pytest.raises(StoreError, match="still reads"):
        await store.compact()
    reader.close()
    await store.compact()


async def test_cancelled_caller_does_not_stop_the_writer(store: SqliteStore) -> None:
    callers = [asyncio.create_task(store.insert("deliveries", {"_id": f"{i:03}"})) for i in range(200)]
    await asyncio.sleep(0)
    for caller in callers[::2]:
        caller.cancel()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert [answer for answer in answers[1::2] if answer is not True] == []
    assert await store.insert("deliveries", {"_id": "after"})


async def test_loop_that_ended_without_waiting_does_not_stop_the_writer(path: Path) -> None:
    store = SqliteStore(path)

    async def leave() -> None:
        await store.prepare(COLLECTIONS)
        waiting = asyncio.create_task(store.insert("deliveries", {"_id": "left"}))
        await asyncio.sleep(0)
        waiting.cancel()

    await asyncio.to_thread(asyncio.run, leave())
    assert await store.insert("deliveries", {"_id": "stayed"})
    await store.close()


async def test_mistake_of_one_caller_leaves_the_others_in_its_batch_alone(store: SqliteStore) -> None:
    good = [store.insert("deliveries", {"_id": f"{i}"}) for i in range(20)]
    bad = [store.insert("deliveries", {"_id": f"bad{i}", "n": object()}) for i in range(20)]
    missing = [store.insert("nowhere", {"_id": "a"}) for _ in range(20)]
    mixed = [task for three in zip(good, bad, missing, strict=True) for task in three]
    answers = await asyncio.gather(*mixed, return_exceptions=True)
    assert answers[::3] == [True] * 20
    assert {type(answer) for answer in answers[1::3]} == {TypeError}
    assert {type(answer) for answer in answers[2::3]} == {StoreError}
    assert await store.count("deliveries") == 20


async def test_transaction_that_sqlite_gave_up_is_acknowledged_to_nobody(store: SqliteStore) -> None:
    """As after an error of the disk, which rolls everything back under the operation that meets it."""

    def meet_it(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")
        connection.execute("no such statement")

    await try_write(store)
    inserts = [store.insert("deliveries", {"_id": f"{i}"}) for i in range(20)]
    answers = await asyncio.gather(*inserts[:10], store._writer.run(meet_it), *inserts[10:], return_exceptions=True)
    stored = {document["_id"] for document in await store.find("deliveries")}
    assert isinstance(answers.pop(10), StoreError)
    assert {f"{i}" for i, answer in enumerate(answers) if answer is True} == stored
    assert len(stored) < 20, "nothing shared the transaction that was given up"


async def test_datetime_in_a_document_is_refused(store: SqliteStore) -> None:
    with pytest.raises(TypeError):
        await store.insert("deliveries", {"_id": "a", "at": datetime.now(UTC)})


async def test_full_database_refuses_and_recovers(store: SqliteStore) -> None:
    """SQLITE_FULL from a page limit; tests/faults fills a real disk."""

    def limit(pages: int) -> object:
        return store._writer.run(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchall())

    await store.insert("deliveries", {"_id": "before"})
    await limit(1)  # SQLite takes the present size instead
    big = {"text": "x" * 100_000}
    answers = await asyncio.gather(
        *(store.insert("deliveries", {"_id": f"{i}", **big}) for i in range(10)), return_exceptions=True
    )
    assert all(isinstance(answer, StoreError) and "full" in str(answer) for answer in answers)
    assert [document["_id"] for document in await store.find("deliveries")] == ["before"]
    await limit(2**30)
    assert await store.insert("deliveries", {"_id": "after", **big})


async def test_file_that_is_no_database_is_a_store_error(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to look like one" * 100)
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="not a database"):
        await store.prepare(COLLECTIONS)
    with pytest.raises(StoreError, match="not a database"):
        await try_write(store)
    await store.close()


async def test_folder_that_cannot_be_made_is_a_store_error_until_it_can(tmp_path: Path) -> None:
    obstacle = tmp_path / "obstacle"
    obstacle.write_text("a file where the folder should be")
    store = SqliteStore(obstacle / "tests.sqlite3")
    with pytest.raises(StoreError):
        await store.prepare(COLLECTIONS)
    with pytest.raises(StoreError):
        await try_write(store)
    obstacle.unlink()
    await store.prepare(COLLECTIONS)
    await try_write(store)
    await store.close()


async def test_lock_of_another_process_is_waited_for_then_said(store: SqliteStore, path: Path) -> None:
    await store._writer.run(lambda connection: connection.execute("PRAGMA busy_timeout = 50").fetchall())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        await store.insert("deliveries", {"_id": "a"})
    waiting = asyncio.create_task(store.insert("deliveries", {"_id": "b"}))
    assert await store.count("deliveries") == 0, "reading needs no lock"
    other.execute("COMMIT")
    other.close()
    assert await waiting


async def test_closed_store_says_so_and_closes_again(path: Path) -> None:
    store = SqliteStore(path)
    await store.prepare(COLLECTIONS)
    waiting = [asyncio.create_task(store.insert("deliveries", {"_id": f"{i}"})) for i in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*waiting) == [True] * 20, "what was accepted is finished"
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.insert("deliveries", {"_id": "late"})
    with pytest.raises(StoreError, match="closed"):
        await store.get("deliveries", "0")


REPLICA = """
import asyncio, sys
from pathlib import Path
from shared.storage.contract import greater
from shared.storage.sqlite import SqliteStore

async def main(path, name):
    store = SqliteStore(Path(path))
    await store.prepare({"deliveries": []})
    await store.insert("deliveries", {"_id": "seats", "left": 100})
    async def take():
        return await store.update("deliveries", "seats", guard={"left": greater(0)}, increment={"left": -1})
    print(sum(await asyncio.gather(*(take() for _ in range(60)))))
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_replicas_that_create_and_write_one_file_at_once_agree(path: Path) -> None:
    replicas = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", REPLICA, str(path), f"r{i}", stdout=asyncio.subprocess.PIPE
        )
        for i in range(4)
    ]
    taken = [int((await replica.communicate())[0]) for replica in replicas]
    assert sum(taken) == 100
    store = SqliteStore(path)
    assert await store.get("deliveries", "seats") == {"_id": "seats", "left": 0, "version": 101}
    await store.close()
