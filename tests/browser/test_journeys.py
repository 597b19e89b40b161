"""What people come for, from the first page to the last, in Catalan and Spanish, with scripts and without."""

import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from shared.staff import Role, StaffMember
from shared.web.staff_cookie import SESSION_COOKIE
from tests.browser.steps import send_with_foreign_token
from tests.browser.words import Say
from tests.support.browser import Chromium, Look, sign_in
from tests.support.embedded import Embedded, running_embedded
from tests.support.meeting import ROOM, running_meeting
from tests.support.world import ANSWERS, JOIN_URL, PROGRAMME, World, register, schedule

pytestmark = pytest.mark.asyncio(loop_scope="session")

ERROR = re.compile("^Error: ")
_numbers = itertools.count(1)


@dataclass
class Walk:
    """Somebody in front of a browser."""

    page: Page
    say: Say
    language: str
    javascript: bool
    installation: Embedded

    @property
    def email(self) -> str:
        """An address of one's own."""
        return f"walker{self.number}@journey.example"

    number: int = 0

    async def press(self, words: str, **values: object) -> None:
        """Press the button that says so."""
        await self.page.get_by_role("button", name=self.say(words, **values), exact=True).first.click()

    async def follow(self, words: str, **values: object) -> None:
        """Follow the link that says so."""
        await self.page.get_by_role("link", name=self.say(words, **values), exact=True).first.click()

    async def fill(self, label: str, text: str) -> None:
        """Write into the field that is called so."""
        await self.page.get_by_label(self.say(label)).first.fill(text)

    async def reads(self, words: str, **values: object) -> None:
        """Wait until the page says so."""
        await expect(self.page.get_by_text(self.say(words, **values)).first).to_be_visible()

    async def headed(self, words: str, **values: object) -> None:
        """Wait until the page's heading says so."""
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text(self.say(words, **values))

    async def open_mail(self, kind: str, path: str) -> None:
        """Follow the personal link of a mail."""
        mail = await self.installation.mail(kind, self.email)
        await self.page.goto(self.installation.link(mail, path))

    async def sign_in(self, role: Role) -> None:
        """Be somebody of the office from here on."""
        member = StaffMember("m-laia", "Laia Llop", role)
        await sign_in(self.page, self.installation.url, self.installation.secret, self.installation.clock, member)


@pytest_asyncio.fixture(
    loop_scope="session",
    params=[(language, javascript) for language in ("ca", "es") for javascript in (True, False)],
    ids=lambda param: f"{param[0]}-{'scripts' if param[1] else 'no scripts'}",
)
async def walk(request: pytest.FixtureRequest, chromium: Chromium, world: World) -> AsyncIterator[Walk]:
    language, javascript = request.param
    look = Look(language=language, javascript=javascript, width=390)
    async with chromium.page(world.installation.url, look, elsewhere="https://127.0.0.1:") as page:
        yield Walk(page, Say(language), language, javascript, world.installation, next(_numbers))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def meeting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with running_meeting(tmp_path_factory.mktemp("meeting")) as address:
        yield address


async def choose_entity(walk: Walk, part: str, name: str) -> None:
    """Type a few letters without accents and choose from what is offered: by the list, or by the radios afterwards."""
    await walk.page.get_by_label(walk.say("Local entity")).first.press_sequentially(part)
    if walk.javascript:
        await walk.page.get_by_role("option", name=name).first.click()


async def test_from_registering_to_the_results(walk: Walk, meeting: str, world: World) -> None:
    installation, page = walk.installation, walk.page
    session = await schedule(installation, f"journey {walk.number}", timedelta(minutes=10), join_url=meeting)
    await page.goto("/")
    await walk.follow("Sessions")
    await walk.fill("Search in titles and descriptions", f"journey {walk.number}")
    await walk.press("Search")
    await page.get_by_role("link", name=f"(journey {walk.number})").first.click()

    await walk.press("Register")  # with nothing filled in
    await expect(page).to_have_title(ERROR)
    await page.get_by_role("alert").get_by_role("link").first.click()
    await walk.fill("Name and surname", "Núria Puig i Soler")
    await walk.fill("Email address", walk.email)
    await choose_entity(walk, "alamus", "Alamús")
    await page.get_by_label(walk.say("I have read this and agree")).check()
    await walk.press("Register")
    if not walk.javascript and await page.get_by_role("group", name=walk.say("Which of these is it?")).count():
        await expect(page.get_by_label(walk.say("Name and surname")).first).to_have_value("Núria Puig i Soler")
        await page.get_by_role("radio", name="Alamús").check()
        await walk.press("Register")
    await walk.headed("We have sent you a message")

    await walk.open_mail("confirmation", "registration")
    await walk.headed("Your registration")
    await walk.follow("Correct my data")
    await walk.fill("Name and surname", "Núria Puig i Sala")
    await walk.press("Save")
    await walk.reads("Your data have been corrected.")
    await expect(page.get_by_text("Núria Puig i Sala")).to_be_visible()

    await walk.open_mail("confirmation", "join")
    await walk.press("Join now")
    await walk.reads("You are counted among those who attend.")
    assert (await _registration(walk))["attended"]
    await walk.follow("Open the meeting")
    await expect(page.get_by_text(ROOM)).to_be_visible()

    for number in range(5):
        await register(installation, session, f"other{walk.number}-{number}@journey.example")
    await installation.staff("POST", f"/sessions/{session}/end", {})
    await walk.open_mail("survey", "survey")
    for scale in await page.get_by_role("group").all():
        if await scale.get_by_role("radio").count():
            await scale.get_by_role("radio", name="9", exact=True).check()
    await walk.fill("Comment", "Molt aclaridor.")
    await walk.press("Send the answers")
    await walk.headed("Thank you: we have received your answer")
    await walk.open_mail("survey", "survey")
    await walk.headed("We had already received your answer")

    for number in range(5):
        await _answer(installation, f"other{walk.number}-{number}@journey.example")
    await installation.staff("POST", f"/results/{session}/publish", {})
    await page.goto(f"/results/{session}")
    await walk.headed("Results")
    await expect(page.get_by_role("table").first).to_contain_text("9")
    await expect(page.get_by_text("6", exact=False).first).to_be_visible()


async def test_that_a_few_letters_mean_more_entities_is_said(walk: Walk, world: World) -> None:
    await walk.page.goto(f"/sessions/{world.sessions['coming']}")
    field = walk.page.get_by_label(walk.say("Local entity")).first
    await field.press_sequentially("sant")
    if walk.javascript:
        more = (
            "Here are the first {count} local entities. Write more letters to find others, "
            "or choose one with the arrow keys."
        )
        await expect(walk.page.get_by_text(walk.say(more).format(count=10))).to_be_attached()
        await field.press_sequentially(" cugat")
        found = "Local entities found: {count}. Choose one with the arrow keys."
        await expect(walk.page.get_by_text(walk.say(found).format(count=2))).to_be_attached()
    else:
        await walk.press("Register")
        more = (
            "These are the first %(count)s. If it is none of them, write more letters of its name above "
            "and send the form again."
        )
        await walk.reads(more, count=15)


async def test_another_language_beside_a_form_with_errors_opens_its_page_in_it(walk: Walk, world: World) -> None:
    page, english = walk.page, Say("en")
    await page.goto(f"/sessions/{world.sessions['coming']}")
    await walk.press("Register")
    await expect(page).to_have_title(ERROR)
    await page.get_by_role("link", name="English").click()
    await expect(page.get_by_role("button", name=english("Register"))).to_be_visible()
    await expect(page).not_to_have_title(ERROR)


async def test_after_an_error_the_focus_is_on_its_summary_and_then_on_the_heading(walk: Walk, world: World) -> None:
    page = walk.page
    await page.goto(f"/sessions/{world.sessions['coming']}")
    await send_with_foreign_token(page)
    summary = page.get_by_role("alert")
    await expect(summary).to_be_focused()
    await expect(summary).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name=walk.say("Registration"), exact=True)
    await expect(heading).to_be_focused()
    await expect(heading).to_be_in_viewport(ratio=1)


async def test_the_link_to_register_leads_to_the_heading_and_the_one_past_the_menu_draws_no_frame(
    walk: Walk, world: World
) -> None:
    page = walk.page
    await page.goto(f"/sessions/{world.sessions['coming']}#registering")
    heading = page.get_by_role("heading", name=walk.say("Registration"), exact=True)
    await expect(heading).to_be_focused()
    await expect(heading).to_be_in_viewport(ratio=1)
    await page.goto("/sessions")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await expect(page.get_by_role("main")).to_have_css("outline-style", "none")


async def test_from_proposing_to_the_answer(walk: Walk, world: World) -> None:
    page, title = walk.page, f"Com publicar els decrets {walk.number} {walk.language}{walk.javascript}"
    await page.goto("/proposals")
    await page.goto("/proposals/new")
    await _choose_programme(walk)
    await page.get_by_label(walk.say("It is a doubt that comes back again and again")).check()
    await walk.press("Send the proposal")
    await expect(page).to_have_title(ERROR)
    await page.locator("#title").fill(title)
    await walk.fill("What would you like to know?", "On i quan s'han de publicar.")
    await walk.fill("Your email address, to be told what becomes of it", walk.email)
    await walk.press("Send the proposal")
    anyway = page.get_by_role("button", name=walk.say("Send mine anyway"))
    if await anyway.count():
        await anyway.click()
    await walk.reads("We have received your proposal. Thank you.")
    proposal = page.url.partition("?")[0]

    supporter = Walk(page, walk.say, walk.language, walk.javascript, walk.installation, next(_numbers))
    await supporter.fill("Your email address", supporter.email)
    await supporter.press("Send me the link")
    await supporter.reads("Look at your mailbox.")
    await supporter.open_mail("support_confirmation", "support")
    await supporter.headed("Support a proposal")
    await supporter.press("Support it")
    await supporter.headed("Your support is counted")

    await walk.sign_in(Role.EDITOR)
    await page.goto(proposal.replace("/proposals/", "/office/proposals/"))
    await page.locator("#answer").fill("Es publiquen al tauler electrònic.")
    await page.locator("form[action$='/answer'] button").click()
    await page.locator("button[name=confirmed]").click()
    await walk.reads("It is done. Those who follow the proposal are told by mail.")
    for person in (walk, supporter):
        await walk.installation.mail("proposal_answered", person.email)
    await page.goto(proposal)
    await expect(page.get_by_text("Es publiquen al tauler electrònic.").first).to_be_visible()


async def test_the_office_from_a_new_session_to_published_results(walk: Walk, world: World) -> None:
    page, installation = walk.page, walk.installation
    await walk.sign_in(Role.EDITOR)
    await page.goto("/office")
    await page.goto("/office/sessions/new")
    await walk.press("Schedule the session")  # with nothing filled in
    await expect(page).to_have_title(ERROR)
    await page.get_by_label(walk.say("Programme"), exact=True).select_option(PROGRAMME)
    title = f"Sessió feta a mà {walk.number}"
    await walk.fill("Title in Catalan", title)
    await walk.fill("Beginning", installation.minute(timedelta(days=9)).strftime("%Y-%m-%dT%H:%M"))
    await walk.fill("Length in minutes", "45")
    await walk.fill("Join link", JOIN_URL)
    await walk.press("Schedule the session")
    await walk.headed(title)
    session = page.url.rpartition("/")[2].partition("?")[0]

    for number in range(5):
        email = f"guest{walk.number}-{number}@journey.example"
        await register(installation, session, email)
        await installation.mail("confirmation", email)
    await page.goto(f"/office/sessions/{session}")
    await walk.follow("End the session")
    await page.locator("main form[method=post] button").click()
    for number in range(5):
        await _answer(installation, f"guest{walk.number}-{number}@journey.example")

    await page.goto(f"/office/sessions/{session}/materials")
    await walk.fill("Address of the recording", "https://video.example/gravacio")
    await walk.press("Publish")
    await installation.mail("materials", f"guest{walk.number}-0@journey.example")
    await page.goto(f"/office/results/{session}/publish")
    await page.locator("main form[method=post] button").first.click()
    await page.goto(f"/results/{session}")
    await walk.headed("Results")
    await expect(page.get_by_role("table").first).to_be_visible()


async def test_what_was_typed_is_kept_when_the_session_of_the_office_ended_meanwhile(walk: Walk, world: World) -> None:
    page, title = walk.page, f"Sessió escrita a poc a poc {walk.number}"
    await walk.sign_in(Role.EDITOR)
    session = await schedule(walk.installation, f"signed out {walk.number}", timedelta(days=20))
    await page.goto(f"/office/sessions/{session}/edit")
    await walk.fill("Title in Catalan", title)
    await page.context.clear_cookies(name=SESSION_COOKIE)
    await walk.press("Save")
    await walk.headed("You are signed out of the programme office, so nothing was saved.")
    await walk.reads(title)
    async with page.context.expect_page() as opened:
        await walk.follow("Sign in, in another tab")
    other = await opened.value
    await expect(other).to_have_url(re.compile(r"/office/sign-in\?next=/office/sessions/\w+/edit$"))
    await walk.sign_in(Role.EDITOR)
    await other.close()
    await walk.press("Send it again")
    await expect(page).to_have_url(re.compile(rf"/office/sessions/{session}\b"))
    found = await walk.installation.public("GET", f"/sessions/{session}")
    assert found["title"]["ca"] == title


async def test_a_series_is_planned_from_a_rule_one_date_moved_and_one_struck(walk: Walk, world: World) -> None:
    page, slug = walk.page, f"series-{walk.number}"
    name = {"ca": f"Sèrie {walk.number}", "es": f"Serie {walk.number}"}
    programme = {"slug": slug, "name": name, "kind": "series", "time_zone": "Europe/Madrid"}
    await walk.installation.staff("POST", "/programmes", programme)
    await walk.sign_in(Role.EDITOR)
    await page.goto(f"/office/programmes/{slug}/plan")
    first = walk.installation.clock().year + 1
    await page.locator("#nth").select_option("-1")
    await page.locator("#weekday").select_option("3")
    await walk.fill("First month", f"{first}-02")
    await walk.fill("Last month", f"{first}-06")
    await walk.fill("Time", "10:00")
    await page.locator("#title_ca").fill(f"Sessió de la sèrie {walk.number}")
    await walk.press("Show the dates")
    await walk.headed("Dates of the series")
    dates = page.locator("main fieldset")
    assert await dates.count() == 5
    await dates.nth(1).get_by_role("checkbox").set_checked(False)
    moved = dates.nth(2).locator("input[type=datetime-local]")
    await moved.fill(f"{first}-04-08T12:00")
    kept = await page.get_by_role("checkbox", checked=True).count()
    await walk.press("Schedule those chosen")
    await expect(page.get_by_text(f"Sessió de la sèrie {walk.number}").first).to_be_visible()
    found = await walk.installation.public("GET", f"/sessions?programme={slug}")
    starts = sorted(session["starts_at"] for session in found["items"])
    assert len(starts) == kept
    assert f"{first}-04-08T10:00:00Z" in starts, "on the clock of the programme's time zone"


async def test_the_first_administrator_begins_with_the_link_that_was_printed(
    chromium: Chromium, tmp_path_factory: pytest.TempPathFactory
) -> None:
    say = Say("ca")
    async with (
        running_embedded(tmp_path_factory.mktemp("first-run")) as installation,
        chromium.page(installation.url, Look(javascript=False)) as page,
    ):
        await page.goto(installation.first_run)
        await page.get_by_label(say("Your name")).fill("Marta Mas")
        await page.get_by_label(say("User name")).fill("marta@diputacio.example")
        await page.get_by_label(say("Password"), exact=True).fill("quatre paraules ben triades")
        await page.get_by_label(say("The password again")).fill("quatre paraules ben triades")
        link = page.url
        await page.get_by_role("button", name=say("Begin")).click()
        await expect(page.get_by_role("link", name="Marta Mas")).to_be_visible()
        answer = await page.goto(link)
        assert answer is not None
        assert answer.status in (404, 410), "the link worked once"
        await page.goto("/office/people")
        await page.get_by_role("button", name=say("Sign out")).click()
        await page.goto("/office/people")
        await expect(page).to_have_url(f"{installation.url}/office/sign-in?next=/office/people")
        await page.get_by_label(say("User name")).fill("marta@diputacio.example")
        await page.get_by_label(say("Password"), exact=True).fill("quatre paraules ben triades")
        await page.get_by_role("button", name=say("Sign in")).click()
        await expect(page).to_have_url(f"{installation.url}/office/people")


async def _registration(walk: Walk) -> dict[str, object]:
    mail = await walk.installation.mail("confirmation", walk.email)
    token = walk.installation.link(mail, "registration").rpartition("/")[2]
    found: dict[str, object] = await walk.installation.public("GET", f"/registrations/{token}")
    return found


async def _answer(installation: Embedded, email: str) -> None:
    link = installation.link(await installation.mail("survey", email), "survey")
    token = link.rpartition("/")[2].partition("?")[0]
    await installation.public("POST", f"/surveys/{token}", {"answers": ANSWERS, "comment": ""})


async def _choose_programme(walk: Walk) -> None:
    field = walk.page.get_by_label(walk.say("Programme"), exact=True)
    if await field.count():
        await field.select_option(PROGRAMME)
