"""The pages that list something in an installation in which nothing has been made yet."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.browser.everybody import LANGUAGES, Desk, examine, one_page_for_each
from tests.browser.pages import EMPTY
from tests.browser.states import State
from tests.support.browser import Chromium
from tests.support.embedded import running_embedded
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def nothing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with running_embedded(tmp_path_factory.mktemp("empty")) as installation:
        yield World(installation)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(chromium: Chromium, nothing: World) -> AsyncIterator[Desk]:
    async with one_page_for_each(chromium, nothing) as desk:
        yield desk


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", EMPTY, ids=str)
async def test_a_page_without_anything_can_be_used_by_everybody(
    desk: Desk, nothing: World, state: State, language: str
) -> None:
    await examine(await desk(language, state.role), nothing, state, language)
