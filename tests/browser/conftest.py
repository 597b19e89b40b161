"""The pages at which states are looked at."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.browser.everybody import Desk, one_page_for_each
from tests.support.browser import Chromium
from tests.support.world import World


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(chromium: Chromium, world: World) -> AsyncIterator[Desk]:
    async with one_page_for_each(chromium, world) as desk:
        yield desk
