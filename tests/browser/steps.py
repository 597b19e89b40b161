"""What is done on a page before it is looked at."""

from playwright.async_api import FilePayload, Page

from shared.web.staff_cookie import SESSION_COOKIE
from tests.support.moving_in import as_excel_writes, sessions_file
from tests.support.world import PEOPLE, PROGRAMME, RESOURCE, A

NEWCOMER = "Ferran Font"


async def send_empty(page: Page) -> None:
    """Send the form of the page with nothing filled in; what the browser itself would refuse is let through."""
    form = page.locator("main form[method=post]:has(input:not([type=hidden]), textarea, select)").first
    await form.evaluate("form => form.noValidate = true")
    async with page.expect_navigation():
        await form.locator("button").first.click()


async def send_sign_in(page: Page) -> None:
    """Try to sign in with a password that is not right."""
    await page.locator("[name=user_name]").fill("nobody@office.example")
    await page.locator("[name=password]").fill("not the right one")
    await send_empty(page)


async def press_first_step(page: Page) -> None:
    """Go on to the page that says what will happen, before it does."""
    async with page.expect_navigation():
        await page.locator("main form[method=post] button").first.click()


async def send_late(page: Page) -> None:
    """Send a form with a text in it as if the page had been open for days."""
    form = page.locator("main form[method=post]:has(textarea)").first
    await form.locator("textarea").first.fill("Un motiu que ha costat d'escriure.\nEn dues línies.")
    await form.locator("[name=csrf]").evaluate("field => field.value = 'old'")
    async with page.expect_navigation():
        await form.locator("button").first.click()


async def send_signed_out(page: Page) -> None:
    """Send a form with a text in it when the session of the office has ended; others use the page signed in again."""
    form = page.locator("main form[method=post]:has(textarea)").first
    await form.locator("textarea").first.fill("Un text que ha costat d'escriure.\nEn dues línies.")
    session = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies()}[SESSION_COOKIE]
    await page.context.clear_cookies(name=SESSION_COOKIE)
    await form.evaluate("form => form.noValidate = true")
    async with page.expect_navigation():
        await form.locator("button").first.click()
    await page.context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": page.url}])


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


async def send_file(page: Page, data: bytes) -> None:
    """Choose a file and have it looked at."""
    files: list[FilePayload] = [{"name": "file.csv", "mimeType": "text/csv", "buffer": data}]
    await page.locator("[name=file]").set_input_files(files)
    await press_first_step(page)


async def send_past_sessions(page: Page) -> None:
    """Look at what the reference's six sessions would do."""
    await send_file(page, sessions_file(PROGRAMME))


async def send_other_columns(page: Page) -> None:
    """Send a file whose columns are called otherwise."""
    await send_file(page, as_excel_writes(("Quan", "A quina hora", "Títol"), [("21/09/2023", "10:00", "Treu-li suc")]))


async def send_councils(page: Page) -> None:
    """Send councils of a session that is not here, one of them with a name that several have."""
    await send_file(page, as_excel_writes(("Sessió", "Ens", "Inscrits"), [("21/09/2022", "Barcelona", "molts")]))


async def send_assistances(page: Page) -> None:
    """Look at a finish that a later file takes back and one that it brings."""
    header = ("Recurs", "Ens", "Referència", "Sol·licitat", "Finalitzat")
    rows = [(RESOURCE, "els Alamús", "2024/118", "", ""), (RESOURCE, "Abrera", "", "01/02/2026", "01/03/2026")]
    await send_file(page, as_excel_writes(header, rows))


async def send_past_results(page: Page) -> None:
    """Send results of a session that is not here."""
    header = ("Sessió", "Respostes", "Pregunta", "Mitjana")
    await send_file(page, as_excel_writes(header, [("21/09/2022", 20, "content", "8,5")]))


async def send_people(page: Page) -> None:
    """Look at whom a file would register."""
    header = ("Nom i cognoms", "Correu electrònic", "Ajuntament")
    await send_file(page, as_excel_writes(header, [("Gemma Grau", "gemma.grau@alamus.example", "els Alamús")]))


async def ask_no_question(page: Page) -> None:
    """Take every question out of a survey."""
    for box in await page.locator("main [type=checkbox]").all():
        await box.check()
    await press_first_step(page)


async def ask_for_no_days(page: Page) -> None:
    """Let a survey be open for no day at all, and write a question in no language."""
    await page.locator("[name=survey_days]").fill("0")
    await page.locator("[name$=_text_ca]").first.fill("")
    await press_first_step(page)


async def send_few_letters(page: Page) -> None:
    """Name an entity by what many begin with."""
    await page.locator("[name=entity]").fill("sant")
    await send_empty(page)


async def send_without_name(page: Page) -> None:
    """Take the name out of a form that was filled in."""
    await page.locator("[name=name]").fill("")
    await send_empty(page)


async def send_with_foreign_token(page: Page) -> None:
    """Send a form whose token is not this browser's, as after a long pause."""
    await page.locator("main form [name=csrf]").first.evaluate("field => field.value = 'f'.repeat(64)")
    await send_empty(page)


async def send_like_others(page: Page) -> None:
    """Propose what resembles what is there."""
    await page.locator("[name=title]").fill("Publicar les actes del ple")
    await page.locator("[name=body]").fill("Quan s'han de publicar?")
    async with page.expect_navigation():
        await page.locator("form#proposal button").click()


async def decline_without_reason(page: Page) -> None:
    """Decline a proposal and say nothing."""
    async with page.expect_navigation():
        await page.locator("form[action$='/decline'] button").click()


async def ask_against_the_data(page: Page) -> None:
    """Ask for a council that does not meet the conditions, up to what the official data say."""
    for name, text in {"name": "Núria Puig", "email": "nuria@abrera.example", "entity": "Ajuntament d'Abrera"}.items():
        await page.locator(f"[name={name}]").fill(text)
    await page.locator("[name=consent]").check()
    async with page.expect_navigation():
        await page.locator("main form[method=post] button").last.click()


async def answer_nothing(page: Page) -> None:
    """Answer a petition without a word."""
    async with page.expect_navigation():
        await page.locator("form[action$='/answer'] button").click()
