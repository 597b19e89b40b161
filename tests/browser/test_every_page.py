"""Every page in every state and language, at the width of a phone and of a desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Response

from shared.web.office import StaffMember
from tests.browser import accessibility
from tests.browser.accessibility import Finding, assert_none
from tests.browser.pages import STATES, State
from tests.support.browser import Chromium, Look, sign_in
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

LANGUAGES = ("ca", "es", "en")
PHONE = {"width": 320, "height": 800}
MAX_BYTES = 100_000


@asynccontextmanager
async def opened(chromium: Chromium, world: World, state: State, look: Look) -> AsyncIterator[Page]:
    """The page in its state."""
    installation = world.installation
    async with chromium.page(installation.url, look) as page:
        if state.role is not None:
            member = StaffMember("m-tests", "Laia Llop", state.role)
            await sign_in(page, installation.url, installation.secret, installation.clock, member)
        answers: list[Response] = []
        page.on("response", lambda answer: answers.append(answer) if answer.request.is_navigation_request() else None)
        await page.goto(state.address(world))
        if state.step:
            await state.step(page)
        last = answers[-1]
        assert last.status == state.status, f"{last.request.method} {last.url}: {last.status}"
        assert len(await last.body()) < MAX_BYTES
        yield page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES, ids=str)
async def test_a_page_can_be_used_by_everybody(chromium: Chromium, world: World, state: State, language: str) -> None:
    async with opened(chromium, world, state, Look(language=language)) as page:
        found = await accessibility.axe(page) + await accessibility.structure(page, language)
        found += await accessibility.double_text(page)
        await page.set_viewport_size(PHONE)
        found += await accessibility.reflow(page) + await accessibility.text_spacing(page)
        if language == LANGUAGES[0]:
            found += await _as_readers_set_it(page)
        assert_none(found, f"{page.url} ({await page.title()})")


async def _as_readers_set_it(page: Page) -> list[Finding]:
    """What does not depend on the words: keyboard, dark screen, no motion, colours of one's own."""
    found = await accessibility.dark_contrast(page) + await accessibility.reduced_motion(page)
    found += await accessibility.keyboard(page) + await accessibility.forced_colours(page)
    return found + await accessibility.keyboard(page)
