"""One installation with a small world in it for all tests of security."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.embedded import running_embedded
from tests.support.world import World, make_world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with running_embedded(tmp_path_factory.mktemp("security")) as installation:
        yield await make_world(installation)
