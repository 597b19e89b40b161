"""From a URL to a store."""

from pathlib import Path

import pytest

from shared.storage.mongodb import MongoStore
from shared.storage.opening import MongoDriver, open_store


async def test_sqlite_keeps_one_file_per_service_in_a_folder_made_for_it(tmp_path: Path) -> None:
    for service in ("registration", "feedback"):
        store = open_store(f"sqlite:///{tmp_path}/data/here", service)
        await store.prepare({})
        await store.close()
    files = {file.name for file in (tmp_path / "data" / "here").glob("*.sqlite3")}
    assert files == {"registration.sqlite3", "feedback.sqlite3"}


async def test_sqlite_folder_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///var", "proposals")
    await store.prepare({})
    await store.close()
    assert (tmp_path / "var" / "proposals.sqlite3").exists()


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("mongodb://127.0.0.1:1", "dijous_feedback"),
        ("mongodb://a.example:1,b.example:2/?replicaSet=rs0", "dijous_feedback"),
        ("mongodb://user:word@127.0.0.1:1/council?authSource=admin", "council_feedback"),
    ],
)
async def test_mongodb_url_names_the_prefix_of_the_database(url: str, database: str, driver: MongoDriver) -> None:
    store = open_store(url, "feedback", mongo_driver=driver)
    assert isinstance(store, MongoStore)
    assert store._database.name == database
    await store.close()


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_writes_are_durable_whatever_the_url_says(driver: MongoDriver) -> None:
    store = open_store("mongodb://127.0.0.1:1/?w=1&journal=false&retryWrites=false", "x", mongo_driver=driver)
    assert isinstance(store, MongoStore)
    assert store._database.write_concern.document == {"w": "majority", "j": True}
    assert store._database.client.options.retry_writes
    await store.close()


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://var", "sqlite:///", "var/data", "postgres://h/d", "mongodb://", "mongodb://h:port", "mongodb://[x"],
)
def test_broken_url_is_answered_with_what_is_accepted_on_one_line(url: str) -> None:
    with pytest.raises(ValueError, match=r"^a store's URL is sqlite:///folder[^\n]*$"):
        open_store(url, "feedback")


def test_password_of_a_broken_url_is_not_repeated() -> None:
    with pytest.raises(ValueError) as caught:
        open_store("mongo://user:hunter2@h/d", "feedback")
    assert "hunter2" not in str(caught.value)
