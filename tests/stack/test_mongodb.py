"""The contract suite of the stores on MongoDB itself, by both drivers."""

from collections.abc import AsyncIterator, Iterator

import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import wait_for_logs

from shared.ids import new_id
from shared.storage.contract import Index, Store
from shared.storage.mongodb import MongoStore
from shared.storage.opening import open_store
from tests.contracts.storage.conftest import COLLECTIONS
from tests.contracts.storage.test_aggregates import *  # noqa: F403  the very tests, on another store
from tests.contracts.storage.test_concurrency import *  # noqa: F403  the same
from tests.contracts.storage.test_conditions import *  # noqa: F403  the same
from tests.contracts.storage.test_operations import *  # noqa: F403  the same
from tests.stack.engine import why_no_engine

pytestmark = pytest.mark.stack

_INITIATE = "rs.initiate({_id: 'rs0', members: [{_id: 0, host: 'localhost:27017'}]})"
_PRIMARY = "while (!db.hello().isWritablePrimary) sleep(100)"


@pytest.fixture(scope="session")
def mongo_url() -> Iterator[str]:
    """A replica set of one: retryable writes and majority need one."""
    if silence := why_no_engine():
        pytest.skip(f"no container engine answers, so mongo:8 cannot be started: {silence}")
    container = DockerContainer("mongo:8").with_command("--replSet rs0 --bind_ip_all").with_exposed_ports(27017)
    with container:
        wait_for_logs(container, "Waiting for connections", timeout=120)
        for script in (_INITIATE, _PRIMARY):
            code, output = container.exec(["mongosh", "--quiet", "--eval", script])
            assert code == 0, output.decode()
        host, port = container.get_container_host_ip(), container.get_exposed_port(27017)
        yield f"mongodb://{host}:{port}/{{database}}?directConnection=true"


@pytest.fixture
def is_wire() -> bool:
    return False


@pytest.fixture(params=["motor", "pymongo"])
async def store(request: pytest.FixtureRequest, mongo_url: str) -> AsyncIterator[Store]:
    """An empty database of its own, prepared with COLLECTIONS and their indexes."""
    opened = open_store(mongo_url.format(database=new_id()), "tests", mongo_driver=request.param)
    await opened.prepare(COLLECTIONS)
    yield opened
    await opened.close()


async def test_due_deliveries_are_found_and_ordered_by_their_index(store: MongoStore) -> None:
    await store.prepare({"things": [Index(("kind", "due_at"))]})
    await store.insert_many("things", [{"_id": f"{i}", "kind": "due", "due_at": i} for i in range(100)])
    cursor = store._database["things"].find({"kind": "due", "due_at": {"$lte": 9}})
    plan = str((await cursor.sort([("due_at", 1), ("_id", 1)]).explain())["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "SORT" not in plan


async def test_compact_and_prepare_again_are_harmless(store: MongoStore) -> None:
    await store.insert("things", {"_id": "a"})
    await store.compact()
    await store.prepare(COLLECTIONS)
    assert await store.count("things") == 1
