"""The pictures of the programme office's guide: `python -m tests.browser.screenshots` makes them all anew.

They show an invented office at fixed dates, walked through the pages as a person would.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Page

from tests.browser.office_year import (
    BEGINNING,
    COLLEAGUE,
    FIRST,
    NAME,
    PASSWORD,
    PROGRAMME,
    PROGRAMME_FORM,
    PROPOSALS,
    SECOND,
    USER,
    OfficeYear,
)
from tests.browser.steps import send_file
from tests.conftest import NO_LIMITS_FOR_THIS_MACHINE
from tests.support.browser import Chromium, Look, running_chromium
from tests.support.embedded import Embedded, running_embedded
from tests.support.moving_in import results_file, sessions_file
from tests.support.probes import eventually

IMAGES = Path(__file__).parents[2] / "docs" / "office" / "images"
DESK, PHONE = Look(width=1280), Look(width=320)
MAX_HEIGHT = 950
MARGIN = 24
MAX_BYTES = 150_000
SETTINGS = {**NO_LIMITS_FOR_THIS_MACHINE, "DIJOUS_FEEDBACK_ANNOUNCE_SECONDS": "0.5"}

SAME_IDS = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    texts.currentNode.data = texts.currentNode.data.replace(/\\b[a-z2-7]{16}\\b/g, "a2b3c4d5e6f7g2h3");
  }
}"""
"""Identifiers are drawn at random: written alike, a picture changes only when its page does."""

CATALAN_DATES = """() => {
  for (const input of document.querySelectorAll("input[type=datetime-local]")) {
    const [, year, month, day, time] = input.value.match(/(\\d+)-(\\d+)-(\\d+)T(.+)/);
    input.type = "text";
    input.value = `${day}/${month}/${year}, ${time}`;
  }
}"""
"""Browsers write dates in their own language, and Debian's speaks only American English."""

LOWEST = """() => scrollY + Math.max(
  ...Array.from(document.querySelectorAll("main > *"), element => element.getBoundingClientRect().bottom)
)"""
"""Where the content of a page ends."""


class Camera:
    """Photographs pages of one installation."""

    def __init__(self, chromium: Chromium, installation: Embedded) -> None:
        self._chromium = chromium
        self._installation = installation

    @asynccontextmanager
    async def page(self, look: Look = DESK) -> AsyncIterator[Page]:
        """An empty page of somebody whom nobody knows yet."""
        async with self._chromium.page(self._installation.url, look) as page:
            yield page

    async def take(self, page: Page, name: str, *, at: str = "main") -> None:
        """Photograph the page from that element on, as far down as a reader wants to look.

        Raises:
            ValueError: the picture is too heavy.
        """
        await page.evaluate(SAME_IDS)
        await page.evaluate(CATALAN_DATES)
        await page.evaluate("document.activeElement.blur()")
        top = await page.locator(at).evaluate("e => e.getBoundingClientRect().top + scrollY")
        bottom = await page.evaluate(LOWEST)
        width = page.viewport_size["width"] if page.viewport_size else DESK.width
        clip = {"x": 0.0, "y": top, "width": float(width), "height": min(bottom - top + MARGIN, MAX_HEIGHT)}
        picture = await page.screenshot(full_page=True, clip=clip, animations="disabled", scale="css")  # type: ignore[arg-type]  # a FloatRect
        if len(picture) > MAX_BYTES:
            raise ValueError(f"{name}.png has {len(picture)} bytes")
        (IMAGES / f"{name}.png").write_bytes(picture)


async def send(page: Page, button: str = "main form button") -> None:
    """Press a button and wait for the page that it leads to."""
    async with page.expect_navigation():
        await page.click(button)


async def first_run(camera: Camera, page: Page, path: str) -> None:
    """The first administrator, then a colleague."""
    await page.goto(path)
    await page.fill("#name", NAME)
    await page.fill("#user_name", USER)
    await page.fill("#password", PASSWORD)
    await page.fill("#password_again", PASSWORD)
    await camera.take(page, "primer-cop")
    await send(page)
    await page.goto("/office/people")
    await page.fill("#name", COLLEAGUE[0])
    await page.fill("#user_name", COLLEAGUE[1])
    await page.check("[name=role][value=editor]")
    await send(page)
    await page.goto("/office/people")
    await camera.take(page, "persones")


async def define_programme(camera: Camera, page: Page) -> None:
    """The programme, as the office defines it."""
    await page.goto("/office/programmes/new")
    for field, text in PROGRAMME_FORM.items():
        await page.fill(f"#{field}", text)
    await camera.take(page, "programa", at="label[for=tool]")
    await send(page)


async def sign_in(page: Page) -> None:
    """Sign in once more: nobody stays signed in for weeks, nor while they do nothing for an hour."""
    await page.goto("/office/sign-in")
    await page.fill("#user_name", USER)
    await page.fill("#password", PASSWORD)
    await send(page)


async def before(camera: Camera, page: Page, year: OfficeYear) -> None:
    """Planning, what the public sees, moving a session."""

    async def check() -> None:
        await page.goto("/office")
        shown = await page.locator("main").inner_text()
        told = [f"({supports} suports)" for _, _, supports in PROPOSALS]
        assert all(words in shown for words in told), f"not every support is told yet: {shown}"

    await eventually(check, every=0.2)
    await camera.take(page, "avui", at="body")
    await page.goto(f"/office/programmes/{PROGRAMME}/plan")
    await page.fill("#first", "2027-03")
    await page.fill("#last", "2027-06")
    await send(page)
    await camera.take(page, "planificar")
    await page.goto("/office/sessions")
    await camera.take(page, "sessions", at="body")
    async with camera.page(PHONE) as phone:
        await phone.goto(f"/sessions/{year.sessions[SECOND]}")
        await camera.take(phone, "inscripcio-mobil", at="#registering")
    await page.goto(f"/office/sessions/{year.sessions[SECOND]}/reschedule")
    await page.fill("#starts_at", "2026-10-22T10:00")
    await send(page)
    await camera.take(page, "moure")


async def the_day(camera: Camera, page: Page, year: OfficeYear) -> None:
    """The session itself and what comes right after it."""
    year.move_to(FIRST - timedelta(minutes=10))
    await sign_in(page)
    await page.goto(f"/office/sessions/{year.sessions[FIRST]}")
    await camera.take(page, "sessio")
    year.move_to(FIRST + timedelta(minutes=65))
    await sign_in(page)
    await page.goto(f"/office/sessions/{year.sessions[FIRST]}/attendance")
    report = {"name": "informe.csv", "mimeType": "text/csv", "buffer": year.report()}
    await page.set_input_files("#report", report)  # type: ignore[arg-type]  # a FilePayload
    await send(page)
    await camera.take(page, "informe-teams")
    await send(page)
    await page.goto(f"/office/sessions/{year.sessions[FIRST]}/registrations")
    await camera.take(page, "assistencia")
    await page.goto("/office/entities/coverage")
    await camera.take(page, "cobertura")


async def surveys(camera: Camera, page: Page, year: OfficeYear) -> None:
    """The survey, watching it, its results."""
    await year.end_first()
    async with camera.page(PHONE) as phone:
        await phone.goto(await year.personal_link("survey", 11, "survey"))
        await camera.take(phone, "valoracio-mobil")
    await year.answer(11)

    async def check() -> None:
        await page.goto("/office/results")
        assert await page.get_by_role("cell", name="11", exact=True).count(), "the answers are not announced yet"

    await eventually(check, every=0.2)
    await camera.take(page, "valoracions")
    await page.goto(f"/office/results/{year.sessions[FIRST]}/publish")
    await send(page)
    await page.goto(f"/results/{year.sessions[FIRST]}")
    await camera.take(page, "resultats")


async def proposals(camera: Camera, page: Page, year: OfficeYear) -> None:
    """The list and one proposal."""
    await page.goto("/office/proposals")
    await camera.take(page, "propostes")
    await page.goto(f"/office/proposals/weights?programme={PROGRAMME}")
    await camera.take(page, "pesos")
    await page.goto(f"/office/proposals/{year.proposals[1]}")
    await camera.take(page, "fusionar", at="#merge")


async def moving_in(camera: Camera, page: Page) -> None:
    """What the files of the time before would do; the sessions are brought in, the results only looked at."""
    await page.goto("/office/import/sessions")
    await send_file(page, sessions_file(PROGRAMME))
    await camera.take(page, "portar-sessions")
    await send(page, "#confirmed")

    async def check() -> None:
        await page.goto("/office/results/import")
        await send_file(page, results_file(PROGRAMME))
        assert await page.locator("#confirmed").count(), "feedback does not know the sessions yet"

    await eventually(check, every=0.2)
    await camera.take(page, "portar-resultats")


async def mails(camera: Camera, page: Page) -> None:
    """What went out and how it reads."""
    await page.goto("/office/mails")
    await camera.take(page, "correus")
    await page.goto(f"/office/mails/wording/{PROGRAMME}/reminder/ca")
    await page.fill("#introduction", "Recordeu que podeu enviar-nos els vostres dubtes abans de la sessió.")
    await send(page, "button[value=preview]")
    await page.locator("iframe").scroll_into_view_if_needed()  # a frame is drawn when it is seen
    await page.frame_locator("iframe").get_by_text("Recordeu").wait_for()
    await camera.take(page, "redaccio", at="main h2")


async def make() -> None:
    """All pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with running_chromium() as chromium, running_embedded(Path(folder), **SETTINGS) as own:
            camera, year = Camera(chromium, own), OfficeYear(own)
            year.move_to(BEGINNING)
            async with camera.page() as page:
                await first_run(camera, page, own.first_run)
                await define_programme(camera, page)
                await year.begin()
                await year.register()
                await year.propose()
                await before(camera, page, year)
                await the_day(camera, page, year)
                await surveys(camera, page, year)
                await proposals(camera, page, year)
                await mails(camera, page)
                await moving_in(camera, page)


if __name__ == "__main__":
    asyncio.run(make())
