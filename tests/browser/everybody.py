"""A page in one of its states and languages, looked at as everybody may have to: by phone, keyboard, own colours."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from playwright.async_api import Page, Response

from shared.staff import Role, StaffMember
from tests.browser import accessibility
from tests.browser.accessibility import Finding, assert_none
from tests.browser.states import State
from tests.support.browser import Chromium, Look, sign_in
from tests.support.world import World

LANGUAGES = ("ca", "es")
"""The whole recipe is for the first. In the second, whose words are as long, the page is looked at where they may not
fit. English words are shorter than both; that none is missing or stale is the words' own test."""
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 320, "height": 800}
MAX_BYTES = 100_000


Desk = Callable[[str, Role | None], Awaitable[Page]]


@asynccontextmanager
async def one_page_for_each(chromium: Chromium, world: World) -> AsyncIterator[Desk]:
    """A page for each language and role, used again by all states: opening one costs more than looking at it."""
    installation, opened = world.installation, dict[tuple[str, Role | None], Page]()
    async with AsyncExitStack() as stack:

        async def page_of(language: str, role: Role | None) -> Page:
            if (language, role) not in opened:
                page = await stack.enter_async_context(chromium.page(installation.url, Look(language=language)))
                if language == LANGUAGES[0]:  # where axe looks: read once, where each look would read it again
                    await page.context.add_init_script(accessibility.AXE)
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


async def examine(page: Page, world: World, state: State, language: str) -> None:
    """The recipe in the first language; in others what depends on the words."""
    await show(page, world, state, language)
    found = await accessibility.structure(page, language)
    if language == LANGUAGES[0]:
        found += await _at_the_desk(page)
    await page.set_viewport_size(PHONE)
    found += await accessibility.reflow(page) + await accessibility.text_spacing(page)
    found += await accessibility.double_text(page)
    if language == LANGUAGES[0]:
        found += await _as_readers_set_it(page)
    assert_none(found, f"{page.url} ({await page.title()})")


async def _at_the_desk(page: Page) -> list[Finding]:
    found = await accessibility.axe(page) + await accessibility.reflow(page)
    return found + await accessibility.text_spacing(page) + await accessibility.double_text(page)


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


async def _as_readers_set_it(page: Page) -> list[Finding]:
    """Keyboard, dark screen, no motion, colours of one's own; at both widths what depends on where things stand."""
    found = await accessibility.other_width(page)
    found += await accessibility.dark_contrast(page) + await accessibility.reduced_motion(page)
    found += await accessibility.keyboard(page) + await accessibility.forced_colours(page)
    found += await accessibility.focus(page)
    await page.set_viewport_size(DESK)
    return found + await accessibility.focus(page)
