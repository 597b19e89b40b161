from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.unit.shared.house import House


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    async with house.browser:
        yield house
