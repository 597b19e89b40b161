"""An administrator brings in what was there before, on a phone and at a desk, with scripts and without."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from shared.staff import Role, StaffMember
from tests.browser.steps import send_file
from tests.browser.words import Say
from tests.support.browser import Chromium, Look, sign_in
from tests.support.moving_in import PAST, as_excel_writes, in_figures
from tests.support.probes import eventually
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAY = Say("ca")
_numbers = itertools.count(1)


@dataclass
class Mover:
    """Somebody who administers the office, in front of a browser; each with a programme of their own."""

    page: Page
    programme: str

    async def press(self, words: str) -> None:
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=SAY(words), exact=True).click()

    async def follow(self, words: str) -> None:
        await self.page.get_by_role("link", name=SAY(words), exact=True).first.click()


@pytest_asyncio.fixture(
    loop_scope="session",
    params=[(width, javascript) for width in (390, 1280) for javascript in (True, False)],
    ids=lambda param: f"{param[0]}-{'scripts' if param[1] else 'no scripts'}",
)
async def mover(request: pytest.FixtureRequest, chromium: Chromium, world: World) -> AsyncIterator[Mover]:
    width, javascript = request.param
    installation, programme = world.installation, f"moved-{next(_numbers)}"
    body = {"slug": programme, "name": {"ca": f"Programa portat {programme}"}, "kind": "series"}
    await installation.staff("POST", "/programmes", body)
    async with chromium.page(installation.url, Look(width=width, javascript=javascript)) as page:
        member = StaffMember("m-marta", "Marta Vives", Role.ADMIN)
        await sign_in(page, installation.url, installation.secret, installation.clock, member)
        yield Mover(page, programme)


async def test_sessions_participation_and_results_from_the_office_s_own_files(mover: Mover) -> None:
    page, programme = mover.page, mover.programme
    await page.goto("/office/sessions")
    await mover.follow("Bring in what was there before")

    await mover.follow("Past sessions")
    rows = [(programme, in_figures(day), "10:00", title) for day, title in PAST]
    await send_file(page, as_excel_writes(("Programa", "El dia", "Hora", "Títol"), rows))
    await page.locator("#column_date").select_option(label="El dia")
    await mover.press("Show what it does then")
    await expect(page.get_by_text(SAY("Nobody gets a mail.")).first).to_be_visible()
    await expect(page.get_by_role("row")).to_have_count(7)
    await mover.press("Bring in these sessions")
    await page.goto(f"/office/sessions?view=past&programme={programme}")
    await expect(page.get_by_role("link", name=PAST[0][1]).first).to_be_visible()

    await page.goto("/office/import/participation")
    councils = [(programme, in_figures(day), council, 2, 1) for day, _ in PAST for council in ("Abrera", "els Alamús")]
    await send_file(page, as_excel_writes(("Programa", "Sessió", "Ens", "Inscrits", "Assistents"), councils))
    await mover.press("Bring in these figures")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(SAY("Coverage"))

    header = ("Programa", "Sessió", "Respostes", "Pregunta", "Mitjana")
    results = [(programme, in_figures(day), 20, "content", f"8,{number}") for number, (day, _) in enumerate(PAST)]

    async def look() -> None:  # feedback may learn of the sessions a moment later
        await page.goto("/office/results/import")
        await send_file(page, as_excel_writes(header, results))
        assert await page.get_by_role("button", name=SAY("Bring in these results")).count()

    await eventually(look, every=0.2)
    await mover.press("Bring in these results")
    await page.goto(f"/results?programme={programme}")
    await expect(page.get_by_role("img")).to_have_count(1)

    await page.goto("/office/results/import")
    await send_file(page, as_excel_writes(header, results))
    await expect(page.get_by_text(SAY("Everything in this file is here already."))).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
