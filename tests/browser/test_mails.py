"""The HTML part of every kind of mail as a page, in every language: on a phone, light and dark, without images."""

import re
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import pytest_asyncio
from playwright.async_api import Page

from services.notifications.deliveries.domain import DeliveryKind
from shared.events.vocabulary import Language
from tests.browser import accessibility
from tests.browser.accessibility import Finding, assert_none
from tests.support.browser import Chromium, Look
from tests.support.mails import context_of, delivery_of, make_composer, recipient_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORIGIN = "http://mail.test"
LINK = re.compile(r'href="(https?://[^"]+)"')


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phone(chromium: Chromium) -> AsyncIterator[Page]:
    async with chromium.page(ORIGIN, Look(width=320)) as page:
        await page.context.add_init_script(accessibility.AXE)
        yield page


def parts_of(kind: DeliveryKind, language: Language) -> dict[str, str]:
    """The text and the HTML of the mail, as a mail program reads them."""
    recipient = recipient_of(kind, language=language)
    raw = make_composer().compose(delivery_of(kind), context_of(kind), recipient)
    message: EmailMessage = message_from_bytes(raw, policy=policy.default)  # type: ignore[assignment]  # typed as of the old policy
    return {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", DeliveryKind)
async def test_a_mail_is_read_by_everybody(phone: Page, kind: DeliveryKind, language: Language) -> None:
    html = parts_of(kind, language)["text/html"]
    await phone.emulate_media(color_scheme="light")
    await phone.goto("about:blank")
    await phone.set_content(html)
    assert await phone.evaluate("document.documentElement.lang") == language
    found: list[Finding] = await accessibility.axe(phone) + await accessibility.reflow(phone)
    found += await accessibility.double_text(phone) + await accessibility.text_spacing(phone)
    found += await accessibility.dark_contrast(phone)
    assert_none(found, kind)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", DeliveryKind)
async def test_a_mail_says_the_same_without_its_html_and_needs_no_image(kind: DeliveryKind, language: Language) -> None:
    parts = parts_of(kind, language)
    html, text = parts["text/html"], parts["text/plain"]
    links = {link.replace("&amp;", "&") for link in LINK.findall(html)}
    assert links
    assert not [link for link in links if link not in text], "the text has the same links"
    assert "<img" not in html
    assert "url(" not in html
