"""Every page in every state and language, at the width of a phone and of a desk."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Page, Response

from shared.web.office import Role, StaffMember
from tests.browser import accessibility
from tests.browser.accessibility import Finding, assert_none
from tests.browser.pages import STATES, State
from tests.support.browser import Chromium, Look, sign_in
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

LANGUAGES = ("ca", "es", "en")
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 320, "height": 800}
MAX_BYTES = 100_000


Desk = Callable[[str, Role | None], Awaitable[Page]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(chromium: Chromium, world: World) -> AsyncIterator[Desk]:
    """A page for each language and role, used again by all states: opening one costs more than looking at it."""
    installation, opened = world.installation, dict[tuple[str, Role | None], Page]()
    async with AsyncExitStack() as stack:

        async def page_of(language: str, role: Role | None) -> Page:
            if (language, role) not in opened:
                page = await stack.enter_async_context(chromium.page(installation.url, Look(language=language)))
                # Chosen as a reader does: a personal page speaks its owner's language otherwise.
                await page.goto(f"/?lang={language}")
                if role is not None:
                    member = StaffMember("m-tests", "Laia Llop", role)
                    await sign_in(page, installation.url, installation.secret, installation.clock, member)
                opened[language, role] = page
            page = opened[language, role]
            await page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="no-preference")
            await page.set_viewport_size(DESK)
            return page

        yield page_of


async def show(page: Page, world: World, state: State, language: str) -> None:
    """Bring the page into its state. Personal pages speak their owner's language unless they are asked for another."""
    address = state.address(world)
    answers: list[Response] = []

    def note(answer: Response) -> None:
        if answer.request.is_navigation_request():
            answers.append(answer)

    page.on("response", note)
    await page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
    if state.step:
        await state.step(page)
    page.remove_listener("response", note)
    last = answers[-1]
    assert last.status == state.status, f"{last.request.method} {last.url}: {last.status}"
    assert len(await last.body()) < MAX_BYTES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES, ids=str)
async def test_a_page_can_be_used_by_everybody(desk: Desk, world: World, state: State, language: str) -> None:
    page = await desk(language, state.role)
    is_first = language == LANGUAGES[0]
    await show(page, world, state, language)
    found = await accessibility.axe(page, contrast=is_first) + await accessibility.structure(page, language)
    found += await accessibility.double_text(page)
    await page.set_viewport_size(PHONE)
    found += await accessibility.reflow(page) + await accessibility.text_spacing(page)
    if is_first:
        found += await accessibility.double_text(page) + await _as_readers_set_it(page)
    assert_none(found, f"{page.url} ({await page.title()})")


async def _as_readers_set_it(page: Page) -> list[Finding]:
    """What does not depend on the words: keyboard, dark screen, no motion, colours of one's own."""
    found = await accessibility.dark_contrast(page) + await accessibility.reduced_motion(page)
    found += await accessibility.keyboard(page) + await accessibility.forced_colours(page)
    return found + await accessibility.keyboard(page)
