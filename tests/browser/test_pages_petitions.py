"""The pages of offers and petitions, in every state and language, at the width of a phone and of a desk."""

import pytest

from tests.browser.everybody import LANGUAGES, Desk, examine
from tests.browser.pages import PETITIONS
from tests.browser.states import State
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", PETITIONS, ids=str)
async def test_a_page_of_offers_or_petitions_can_be_used_by_everybody(
    desk: Desk, world: World, state: State, language: str
) -> None:
    await examine(await desk(language, state.role), world, state, language)
