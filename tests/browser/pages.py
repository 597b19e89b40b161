"""Every page in every state, and how one gets there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import FilePayload, Page

from shared.web.office import Role
from tests.support.world import PEOPLE, PROGRAMME, A, World

Address = Callable[[World], str]
Step = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class State:
    """A page in one of its states."""

    name: str
    address: Address
    status: int = 200
    """Of the page that is looked at in the end."""
    role: Role | None = None
    """Who of the office looks; None for the public."""
    step: Step | None = None
    """What is done on the page before it is looked at."""

    def __str__(self) -> str:
        return self.name


async def send_empty(page: Page) -> None:
    """Send the form of the page with nothing filled in; what the browser itself would refuse is let through."""
    form = page.locator("main form[method=post]:has(input:not([type=hidden]), textarea, select)").first
    await form.evaluate("form => form.noValidate = true")
    async with page.expect_navigation():
        await form.locator("button").first.click()


async def send_few_letters(page: Page) -> None:
    """Name an entity by what many begin with."""
    await page.locator("[name=entity]").fill("sant")
    await send_empty(page)


def _at(path: str) -> Address:
    return lambda _: path


def _session(name: str, path: str = "/sessions/{}") -> Address:
    return lambda world: path.format(world.sessions[name])


def _link(purpose: str) -> Address:
    return lambda world: world.link(purpose)


def _under(purpose: str, rest: str) -> Address:
    return lambda world: world.link(purpose).partition("?")[0] + rest


def _standing(name: str, rest: str = "") -> Address:
    return lambda world: world.standings[name] + rest


def _proposal(name: str, path: str = "/proposals/{}") -> Address:
    return lambda world: path.format(world.proposals[name])


async def send_sign_in(page: Page) -> None:
    """Try to sign in with a password that is not right."""
    await page.locator("[name=user_name]").fill("nobody@office.example")
    await page.locator("[name=password]").fill("not the right one")
    await send_empty(page)


async def press_first_step(page: Page) -> None:
    """Go on to the page that says what will happen, before it does."""
    async with page.expect_navigation():
        await page.locator("main form[method=post] button").first.click()


async def send_rule(page: Page) -> None:
    """Ask for the dates that a rule gives."""
    async with page.expect_navigation():
        await page.locator("main form[method=get] button").first.click()


async def open_person(page: Page) -> None:
    """Go to somebody of the office, who is added where nobody was yet."""
    known = page.locator("main th a", has_text=NEWCOMER)
    async with page.expect_navigation():
        if await known.count():
            await known.click()
        else:
            await page.locator("[name=name]").fill(NEWCOMER)
            await page.locator("[name=user_name]").fill("ferran@office.example")
            await page.locator("[name=role][value=viewer]").check()
            await page.locator("form[action='/office/people'] button").click()


async def make_link(page: Page) -> None:
    """Make a one-time link for somebody of the office."""
    await open_person(page)
    async with page.expect_navigation():
        await page.locator("form[action$='/link'] button").click()


async def follow_link(page: Page) -> None:
    """Follow a one-time link to where a password is set."""
    await make_link(page)
    await page.goto(await page.locator("main code").inner_text())


async def refuse_password(page: Page) -> None:
    """Send the password's form empty."""
    await follow_link(page)
    await send_empty(page)


async def ask_removal(page: Page) -> None:
    """Go on to the page that asks whether somebody is to leave the office."""
    await open_person(page)
    async with page.expect_navigation():
        await page.locator("main a[href$='/remove']").click()


async def open_delivery(page: Page) -> None:
    """Go from the list of mails to one."""
    async with page.expect_navigation():
        await page.locator("main th a").first.click()


async def preview_move(page: Page) -> None:
    """Ask for a session of another length."""
    await page.locator("[name=duration_minutes]").fill("95")
    await press_first_step(page)


async def send_report(page: Page) -> None:
    """Compare a report in which one is found and one is not."""
    report = f"Name,Email\n{PEOPLE[A][0]},\nGlòria Gual,\n".encode()
    files: list[FilePayload] = [{"name": "report.csv", "mimeType": "text/csv", "buffer": report}]
    await page.locator("[name=report]").set_input_files(files)
    await press_first_step(page)


async def ask_no_question(page: Page) -> None:
    """Take every question out of a survey."""
    for box in await page.locator("main [type=checkbox]").all():
        await box.check()
    await press_first_step(page)


NEWCOMER = "Ferran Font"


async def send_without_name(page: Page) -> None:
    """Take the name out of a form that was filled in."""
    await page.locator("[name=name]").fill("")
    await send_empty(page)


async def send_with_foreign_token(page: Page) -> None:
    """Send a form whose token is not this browser's, as after a long pause."""
    await page.locator("#registering [name=csrf]").evaluate("field => field.value = 'f'.repeat(64)")
    await send_empty(page)


FORGED = "a" * 64
NOBODY = "a" * 16

PUBLIC = [
    State("nothing here", _at("/sessions/nothing/here"), 404),
    State("home", _at("/")),
    State("programme", _at(f"/programmes/{PROGRAMME}")),
    State("programme unknown", _at("/programmes/nowhere"), 404),
    State("sessions", _at("/sessions")),
    State("sessions searched", _at(f"/sessions?q=seguiment&programme={PROGRAMME}")),
    State("sessions none found", _at("/sessions?q=xyzxyz")),
    State("session coming", _session("coming")),
    State("session full", _session("full")),
    State("session cancelled", _session("cancelled")),
    State("session ended", _session("ended")),
    State("session published", _session("published")),
    State("session moved", _session("fresh")),
    State("session unknown", _at(f"/sessions/{NOBODY}"), 404),
    State("registering errors", _session("coming"), 422, step=send_empty),
    State("registering entities to choose from", _session("coming"), 422, step=send_few_letters),
    State("registering with a form grown old", _session("coming"), 403, step=send_with_foreign_token),
    State("waiting list errors", _session("full"), 422, step=send_empty),
    State("registered", _session("coming", "/sessions/{}/registered")),
    State("accessibility", _at("/accessibility")),
    State("privacy", _at("/privacy")),
    State("legal", _at("/legal")),
    State("registration", _link("registration")),
    State("registration corrected", _under("registration", "/correct")),
    State("registration cancelled", _under("registration", "/cancel")),
    State("registration erased", _under("registration", "/erase")),
    State("registration done correcting", _under("registration", "?done=corrected")),
    State("registration done asking again", _under("registration", "?done=again")),
    State("registration corrected errors", _under("registration", "/correct"), 422, step=send_without_name),
    State("registration waiting", _standing("waiting")),
    State("registration given up", _standing("given up", "?done=cancelled")),
    State("registration given up before", _standing("given up", "/cancel")),
    State("registration over", _standing("over")),
    State("registration over to be corrected", _standing("over", "/correct"), 409),
    State("registration over to be cancelled", _standing("over", "/cancel"), 409),
    State("registration of a session called off", _standing("called off")),
    State("registration erased before", _standing("erased"), 410),
    State("registration link forged", _at(f"/registration/{FORGED}"), 404),
    State("data erased", _at("/registration/erased")),
    State("join", _link("join")),
    State("join too early", _standing("early")),
    State("join too late", _standing("late")),
    State("join session called off", _standing("off")),
    State("join link forged", _at(f"/join/{FORGED}"), 404),
    State("survey", _link("survey")),
    State("survey errors", _link("survey"), 422, step=send_empty),
    State("survey answered", lambda world: world.answered),
    State("survey link forged", _at(f"/survey/{FORGED}"), 404),
    State("results", _at("/results")),
    State("results of a session", _session("published", "/results/{}")),
    State("results unknown", _at(f"/results/{NOBODY}"), 404),
    State("proposals", _at("/proposals")),
    State("proposals none found", _at("/proposals?q=xyzxyz")),
    State("proposing", _at("/proposals/new")),
    State("proposing errors", _at("/proposals/new"), 422, step=send_empty),
    State("proposal received", _proposal("received")),
    State("proposal declined", _proposal("declined")),
    State("proposal support errors", _proposal("received"), 422, step=send_empty),
    State("proposal unknown", _at(f"/proposals/{NOBODY}"), 404),
    State("support", _link("support")),
    State("support link forged", _at(f"/support/{FORGED}"), 404),
    State("following", _link("following")),
    State("following erased", _under("following", "/erase")),
    State("following link forged", _at(f"/following/{FORGED}"), 404),
    State("follower's data erased", _at("/following/erased")),
    State("preferences", _link("preferences")),
    State("preferences link forged", _at(f"/preferences/{FORGED}"), 404),
]
OFFICE = [
    State("sign-in", _at("/office/sign-in?next=/office/sessions")),
    State("sign-in errors", _at("/office/sign-in"), 422, step=send_sign_in),
    State("first run used up", _at(f"/office/first-run/{FORGED}"), 404),
    State("first run", lambda world: world.installation.first_run),
    State("first run errors", lambda world: world.installation.first_run, 422, step=send_empty),
    State("role too low", _at("/office/people"), 403, role=Role.VIEWER),
    State("office sessions", _at("/office/sessions"), role=Role.EDITOR),
    State("office sessions as viewer", _at("/office/sessions"), role=Role.VIEWER),
    State("office session coming", _session("coming", "/office/sessions/{}"), role=Role.EDITOR),
    State("office session ended", _session("ended", "/office/sessions/{}"), role=Role.EDITOR),
    State("office session cancelled", _session("cancelled", "/office/sessions/{}"), role=Role.EDITOR),
    State("office session as viewer", _session("coming", "/office/sessions/{}"), role=Role.VIEWER),
    State("office session new", _at("/office/sessions/new"), role=Role.EDITOR),
    State("office session new errors", _at("/office/sessions/new"), 422, role=Role.EDITOR, step=send_empty),
    State("office session edited", _session("coming", "/office/sessions/{}/edit"), role=Role.EDITOR),
    State("office session moved", _session("coming", "/office/sessions/{}/reschedule"), role=Role.EDITOR),
    State(
        "office session moved, asked",
        _session("coming", "/office/sessions/{}/reschedule"),
        role=Role.EDITOR,
        step=preview_move,
    ),
    State(
        "office session moved, errors",
        _session("coming", "/office/sessions/{}/reschedule"),
        422,
        role=Role.EDITOR,
        step=press_first_step,
    ),
    State(
        "office session called off, asked",
        _session("coming", "/office/sessions/{}/cancel"),
        role=Role.EDITOR,
        step=press_first_step,
    ),
    State("office session called off", _session("coming", "/office/sessions/{}/cancel"), role=Role.EDITOR),
    State("office session brought to its end", _session("coming", "/office/sessions/{}/end"), role=Role.EDITOR),
    State("office session materials", _session("ended", "/office/sessions/{}/materials"), role=Role.EDITOR),
    State("office proposals", _at("/office/proposals"), role=Role.EDITOR),
    State("office proposal", _proposal("received", "/office/proposals/{}"), role=Role.EDITOR),
    State("office proposal as viewer", _proposal("received", "/office/proposals/{}"), role=Role.VIEWER),
    State(
        "office proposal step", _proposal("received", "/office/proposals/{}"), role=Role.EDITOR, step=press_first_step
    ),
    State("office proposal declined", _proposal("declined", "/office/proposals/{}"), role=Role.EDITOR),
    State("office results", _at("/office/results"), role=Role.EDITOR),
    State("office survey open", _session("ended", "/office/results/{}"), role=Role.EDITOR),
    State("office survey published", _session("published", "/office/results/{}"), role=Role.EDITOR),
    State("office comments", _session("published", "/office/results/{}/comments"), role=Role.VIEWER),
    State("office publishing before the time", _session("ended", "/office/results/{}/publish"), role=Role.EDITOR),
    State("office today", _at("/office"), role=Role.VIEWER),
    State("office registrations", _session("ended", "/office/sessions/{}/registrations"), role=Role.EDITOR),
    State("office registrations of nobody", _session("fresh", "/office/sessions/{}/registrations"), role=Role.EDITOR),
    State("office registering", _session("coming", "/office/sessions/{}/registrations/add"), role=Role.EDITOR),
    State(
        "office registering errors",
        _session("coming", "/office/sessions/{}/registrations/add"),
        422,
        role=Role.EDITOR,
        step=send_empty,
    ),
    State("office attendance", _session("ended", "/office/sessions/{}/attendance"), role=Role.EDITOR),
    State(
        "office attendance errors",
        _session("ended", "/office/sessions/{}/attendance"),
        422,
        role=Role.EDITOR,
        step=send_empty,
    ),
    State(
        "office attendance compared",
        _session("ended", "/office/sessions/{}/attendance"),
        role=Role.EDITOR,
        step=send_report,
    ),
    State("office programmes", _at("/office/programmes"), role=Role.EDITOR),
    State("office programme new", _at("/office/programmes/new"), role=Role.EDITOR),
    State("office programme new errors", _at("/office/programmes/new"), 422, role=Role.EDITOR, step=send_empty),
    State("office programme", _at(f"/office/programmes/{PROGRAMME}"), role=Role.EDITOR),
    State("office survey of a programme", _at(f"/office/programmes/{PROGRAMME}/survey"), role=Role.EDITOR),
    State(
        "office survey of a programme errors",
        _at(f"/office/programmes/{PROGRAMME}/survey"),
        422,
        role=Role.EDITOR,
        step=ask_no_question,
    ),
    State("office rule of a series", _at(f"/office/programmes/{PROGRAMME}/plan"), role=Role.EDITOR),
    State("office dates of a series", _at(f"/office/programmes/{PROGRAMME}/plan"), role=Role.EDITOR, step=send_rule),
    State("office entities", _at("/office/entities?q=alamus"), role=Role.VIEWER),
    State("office coverage", _at("/office/entities/coverage"), role=Role.VIEWER),
    State("office mails", _at("/office/mails"), role=Role.EDITOR),
    State("office mail", _at("/office/mails"), role=Role.EDITOR, step=open_delivery),
    State("office mails none found", _at("/office/mails?state=failed"), role=Role.VIEWER),
    State("office mails errors", _at("/office/mails"), 422, role=Role.VIEWER, step=send_empty),
    State("office suppressions", _at("/office/mails/suppressions"), role=Role.ADMIN),
    State("office wording", _at("/office/mails/wording"), role=Role.ADMIN),
    State("office wording of a programme", _at(f"/office/mails/wording/{PROGRAMME}"), role=Role.ADMIN),
    State("office wording of a mail", _at(f"/office/mails/wording/{PROGRAMME}/confirmation/ca"), role=Role.ADMIN),
    State("office people", _at("/office/people"), role=Role.ADMIN),
    State("office people errors", _at("/office/people"), 422, role=Role.ADMIN, step=send_empty),
    State("office person", _at("/office/people"), role=Role.ADMIN, step=open_person),
    State("office person with a link", _at("/office/people"), role=Role.ADMIN, step=make_link),
    State("office person removed, asked", _at("/office/people"), role=Role.ADMIN, step=ask_removal),
    State("office password", _at("/office/people"), role=Role.ADMIN, step=follow_link),
    State("office password errors", _at("/office/people"), 422, role=Role.ADMIN, step=refuse_password),
    State("office audit", _at("/office/audit"), role=Role.ADMIN),
    State("office audit none found", _at("/office/audit?member=nobody"), role=Role.ADMIN),
    State("office audit of mails", _at("/office/audit/mails"), role=Role.ADMIN),
    State("office audit of results", _at("/office/audit/results"), role=Role.ADMIN),
    State("office audit of proposals", _at("/office/audit/proposals"), role=Role.ADMIN),
]
STATES = [*PUBLIC, *OFFICE]
