"""A database that answers wrongly is found out before a service starts on it."""

import inspect
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.storage import sqlite_statements
from shared.storage.contract import Operator, StoreError, StoreMismatchError
from shared.storage.sqlite import SqliteStore
from shared.storage.verification import verify_contract


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "tests.sqlite3")
    await opened.prepare({})
    yield opened
    await opened.close()


def lie(answer: Any) -> Any:
    """A wrong answer of the same kind."""
    match answer:
        case bool():
            return not answer
        case int():
            return answer + 1
        case list():
            return answer[1:]
        case _:
            return None


@pytest.mark.parametrize(
    "operation",
    ["insert", "insert_many", "get", "replace", "update", "update_many", "find", "count", "claim", "delete"],
)
async def test_wrong_answer_of_any_operation_is_found(
    store: SqliteStore, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = getattr(store, operation)

    async def lying(*args: Any, **kwargs: Any) -> Any:
        return lie(await honest(*args, **kwargs))

    assert inspect.iscoroutinefunction(honest)
    monkeypatch.setattr(store, operation, lying)
    with pytest.raises(StoreMismatchError):
        await verify_contract(store)


async def test_database_that_compares_wrongly_is_found(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sqlite_statements._SIGNS, Operator.LESS, "<=")
    with pytest.raises(StoreMismatchError, match="'lt'"):
        await verify_contract(store)


async def test_database_that_does_not_answer_is_no_mismatch(store: SqliteStore) -> None:
    await store.close()
    with pytest.raises(StoreError) as caught:
        await verify_contract(store)
    assert not isinstance(caught.value, StoreMismatchError)
