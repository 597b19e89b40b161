"""Every store that can run without a container engine, as one fixture parameter."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from shared.ids import new_id
from shared.storage.contract import Index, Store
from shared.storage.opening import open_store
from tests.contracts.storage.wire_server import wire_server

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    "things": [Index(("kind", "rank")), Index(("due_at",)), Index(("pending",))],
    "others": [],
}


@pytest.fixture(scope="session")
def wire_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with wire_server(tmp_path_factory.mktemp("nx")) as url:
        yield url


@pytest.fixture(params=["sqlite", "wire-motor", "wire-pymongo"])
def unprepared(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store, by each way to each database."""
    if request.param == "sqlite":
        return open_store(f"sqlite:///{tmp_path}", "tests")
    url = f"{request.getfixturevalue('wire_url')}/{new_id()}"
    return open_store(url, "tests", mongo_driver="motor" if request.param == "wire-motor" else "pymongo")


@pytest.fixture
def is_wire(request: pytest.FixtureRequest) -> bool:
    """True on nx-27017, which answers some questions wrongly."""
    return "wire" in request.node.callspec.id


@pytest.fixture
async def store(unprepared: Store, is_wire: bool) -> AsyncIterator[Store]:
    """An empty store, prepared with COLLECTIONS.

    nx-27017 goes without the indexes: after a compound index that ends with `_id` it refuses every write.
    """
    await unprepared.prepare(dict.fromkeys(COLLECTIONS, ()) if is_wire else COLLECTIONS)
    yield unprepared
    await unprepared.close()
