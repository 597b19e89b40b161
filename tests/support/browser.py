"""A real browser in front of the pages: Debian's Chromium driven by Playwright."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from shared.clock import Clock
from shared.staff import StaffMember
from shared.web.cookies import cookie_name
from shared.web.staff_cookie import SESSION_COOKIE
from tests.support.office import office_cookie

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there. The shell is the same engine without windows: a page costs it a third less."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOCALES = {"ca": "ca-ES", "es": "es-ES", "en": "en-GB"}
WAIT_MS = 10_000
_EXPECTED_NOISE = ("the server responded with a status of", "Blocked script execution")
"""What the browser says of pages that answer an error on purpose, and of a frame in which scripts are off."""


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody looks at the pages."""

    language: str = "ca"
    width: int = 1280
    javascript: bool = True


class Chromium:
    """The browser; every look is a context of its own, without anything of the others."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @asynccontextmanager
    async def page(self, origin: str, look: Look = Look(), *, elsewhere: str = "") -> AsyncIterator[Page]:
        """An empty page whose relative addresses belong to `origin`; it may be led `elsewhere` too.

        Raises:
            AssertionError: at the end, when a request left the origin, a script failed or the policy was broken.
        """
        context = await self._context(origin, look)
        watch = Watch(context, origin, elsewhere)
        try:
            yield await context.new_page()
            watch.check()
        finally:
            await context.close()

    async def _context(self, origin: str, look: Look) -> BrowserContext:
        context = await self._browser.new_context(
            base_url=origin,
            viewport={"width": look.width, "height": 900},
            java_script_enabled=look.javascript,
            locale=LOCALES[look.language],
            timezone_id="Europe/Madrid",
            service_workers="block",
            ignore_https_errors=True,  # servers elsewhere are the tests' own, with certificates of their own
        )
        context.set_default_timeout(WAIT_MS)
        return context


class Watch:
    """Notes what a page must never do."""

    def __init__(self, context: BrowserContext, origin: str, elsewhere: str) -> None:
        self._allowed = (f"{origin}/", "data:", "about:", *([elsewhere] if elsewhere else []))
        self._seen: list[str] = []
        context.on("request", lambda request: self._request(request.url))
        context.on("console", self._console)
        context.on("weberror", lambda error: self._seen.append(f"script failed: {error.error}"))

    def check(self) -> None:
        """Say what was seen."""
        assert not self._seen, "\n".join(self._seen)

    def _request(self, url: str) -> None:
        if not url.startswith(self._allowed):
            self._seen.append(f"request to somebody else: {url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(noise in message.text for noise in _EXPECTED_NOISE):
            self._seen.append(f"console: {message.text}")


async def sign_in(page: Page, origin: str, secret: str, clock: Clock, member: StaffMember) -> None:
    """Leave the office's cookie in the page's browser, as signing in does."""
    value = office_cookie(secret, clock, member)
    name = cookie_name(SESSION_COOKIE, secure=False)
    await page.context.add_cookies([{"name": name, "value": value, "url": origin}])


def chromium_path() -> Path:
    """Where the browser is.

    Raises:
        FileNotFoundError: there is none; the message says how to install it.
    """
    for program in PROGRAMS:
        if found := shutil.which(program):
            return Path(found)
    raise FileNotFoundError("no Chromium on this machine; install it: apt-get install chromium")


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Chromium]:
    """The browser, until the block ends."""
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield Chromium(browser)
        finally:
            await browser.close()
