"""Mailed links in a real browser: the address is clean at once, and tabs do not disturb each other."""

import pytest
from playwright.async_api import expect

from shared.web.link_exchange import LinkNotOpenProblem
from tests.browser.words import Say
from tests.support.browser import Chromium, Look
from tests.support.world import B, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("javascript", [True, False])
async def test_an_opened_link_leaves_no_token_in_the_address_and_goes_on_in_two_tabs(
    chromium: Chromium, world: World, javascript: bool
) -> None:
    own, other = world.link("registration"), world.link("registration", B)
    async with chromium.page(world.installation.url, Look(javascript=javascript)) as first:
        await first.goto(own)
        clean = first.url
        second = await first.context.new_page()
        await second.goto(other)
        assert own.rpartition("/")[2].partition("?")[0] not in clean
        assert clean != second.url

        await first.locator("main a[href$='/cancel']").click()
        await first.go_back()
        await second.locator("main a[href$='/erase']").click()
        await expect(first).to_have_url(clean)
        await first.reload()
        await expect(first.locator("main a[href$='/cancel']")).to_be_visible()

        await first.context.clear_cookies()
        again = await first.reload()
        assert again is not None
        assert again.status == 403
        await expect(first.get_by_role("heading", level=1)).to_have_text(Say("ca")(LinkNotOpenProblem.title))
