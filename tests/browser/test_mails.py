"""The HTML part of every kind of mail as a page: for everybody, at the width of a phone, light and dark."""

import re

import pytest

from tests.browser import accessibility
from tests.browser.accessibility import Finding, assert_none
from tests.support.browser import Chromium, Look
from tests.support.world import A, B, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

KINDS = (
    "confirmation",
    "waiting_list",
    "session_cancelled",
    "survey",
    "proposal_received",
    "proposal_declined",
    "support_confirmation",
)
LINK = re.compile(r'href="(https?://[^"]+)"')


@pytest.mark.parametrize("kind", KINDS)
async def test_a_mail_is_read_by_everybody(chromium: Chromium, world: World, kind: str) -> None:
    mails = [mail for who in (A, B) for mail in await world.installation.mails(who) if mail["kind"] == kind]
    assert mails, f"nobody got a {kind}"
    html = mails[0]["html"]
    assert re.search(r'<html[^>]* lang="ca"', html), "the language is said"
    links = {link.replace("&amp;", "&") for link in LINK.findall(html)}
    assert links
    assert not [link for link in links if link not in mails[0]["text"]], "the text has the same links"
    async with chromium.page(world.installation.url, Look(width=320)) as page:
        await page.set_content(html)
        found: list[Finding] = await accessibility.axe(page) + await accessibility.reflow(page)
        found += await accessibility.double_text(page) + await accessibility.text_spacing(page)
        found += await accessibility.dark_contrast(page)
    assert_none(found, kind)
