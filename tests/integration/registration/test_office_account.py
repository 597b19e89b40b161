"""Sessions that end, one's own account, links that die with the membership."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.registration.accounts.domain import MOST_SESSIONS, SignInRules
from services.registration.accounts.store import SIGN_IN_FAILURES
from shared.staff import API_CALLER, Role
from tests.integration.registration.office_desk import PASSWORD, OfficeDesk, open_desk, where

MARTA = "marta@diputacio.example"
FOUNDER = {"name": "Marta Vila", "user_name": MARTA, "password": PASSWORD, "password_again": PASSWORD}
NEW_PASSWORD = "unes altres quatre paraules"
NEW = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
SIGNED_OUT = 303


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    """Marta, who founded the office, is signed in."""
    async with open_desk(tmp_path, rules=SignInRules(context=("Dijous", "Consorci de Vilafranca"))) as opened:
        await opened.submit(await opened.first_run_path(), FOUNDER)
        yield opened


async def sign_in(desk: OfficeDesk, password: str = PASSWORD, *, expect: int = 303) -> None:
    await desk.submit("/office/sign-in", {"user_name": MARTA, "password": password}, expect=expect)


async def elsewhere(desk: OfficeDesk) -> OfficeDesk:
    """Marta signs in with another browser too."""
    other = desk.another_browser()
    await sign_in(other)
    await other.get("/office/people")
    return other


def copy_of(desk: OfficeDesk) -> OfficeDesk:
    """Somebody else with the same cookie."""
    thief = desk.another_browser()
    thief.browser.cookies.set("office", desk.browser.cookies["office"], domain="localhost.local")
    return thief


async def is_out(*desks: OfficeDesk) -> None:
    for desk in desks:
        assert (await desk.browser.get("/office/people")).status_code == SIGNED_OUT


async def test_signing_out_ends_the_session_for_a_copied_cookie_and_no_other_session(desk: OfficeDesk) -> None:
    thief, other = copy_of(desk), await elsewhere(desk)
    await thief.get("/office/people")
    await desk.submit("/office/sign-out", {})
    await is_out(desk, thief)
    await other.get("/office/people")


async def test_a_new_password_ends_all_other_sessions_and_gives_this_one_another_cookie(desk: OfficeDesk) -> None:
    thief, other = copy_of(desk), await elsewhere(desk)
    await desk.submit("/office/account/password", {"current": PASSWORD, **NEW})
    await desk.get("/office/people")
    await is_out(thief, other)
    await sign_in(other, PASSWORD, expect=422)
    await sign_in(other, NEW_PASSWORD)


async def test_a_new_password_by_a_link_ends_all_sessions(desk: OfficeDesk) -> None:
    [marta] = await desk.use_cases.access.accounts.everybody()
    token = await desk.use_cases.access.accounts.password_link(API_CALLER, marta.id)
    other = desk.another_browser()
    await other.submit(f"/office/password/{token}", NEW)
    await is_out(desk)
    await other.get("/office/people")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"current": "no és aquesta"}, "current"),
        ({"password": "curta", "password_again": "curta"}, "password"),
        ({"password_again": "una altra de ben llarga"}, "password_again"),
    ],
)
async def test_what_is_wrong_with_a_new_password_is_said_and_nothing_ends(
    desk: OfficeDesk, wrong: dict[str, str], field: str
) -> None:
    page = await desk.submit("/office/account/password", {"current": PASSWORD, **NEW, **wrong}, expect=422)
    assert f'href="#{field}"' in page.text
    assert not {PASSWORD, NEW_PASSWORD} & set(re.findall(r'value="([^"]+)"', page.text))
    await desk.get("/office/people")
    await sign_in(desk.another_browser())


async def test_the_password_cannot_be_guessed_in_a_session_that_was_left_open(desk: OfficeDesk) -> None:
    tries = [{"current": f"guess {number}", **NEW} for number in range(7)]
    pages = [(await desk.submit("/office/account/password", each, expect=422)).text for each in tries]
    assert "Hi ha hagut massa intents" in pages[-1]


async def test_one_signs_out_everywhere(desk: OfficeDesk) -> None:
    thief, other = copy_of(desk), await elsewhere(desk)
    page = (await desk.get("/office/account")).text
    assert page.count('<th scope="row">') == 2
    assert page.count("(aquesta)") == 1
    assert where(await desk.submit("/office/account/sign-out", {})) == "/office/sign-in"
    await is_out(desk, thief, other)
    assert "person.signed-out" in await desk.acts()


async def test_an_administrator_signs_a_colleague_out_everywhere(desk: OfficeDesk) -> None:
    pere = (await desk.use_cases.access.accounts.add(API_CALLER, "Pere", "pere@diputacio.example", Role.ADMIN)).id
    his = desk.another_browser()
    await his.begin_session(pere)
    await his.get("/office/people")
    await desk.submit(f"/office/people/{pere}/sign-out", {})
    await is_out(his)
    await desk.get("/office/people")


async def test_an_administrator_signs_everybody_out(desk: OfficeDesk) -> None:
    pere = (await desk.use_cases.access.accounts.add(API_CALLER, "Pere", "pere@diputacio.example", Role.ADMIN)).id
    his = desk.another_browser()
    await his.begin_session(pere)
    await his.submit("/office/people/sign-out", {})
    await is_out(desk, his)
    assert (await desk.acts()).count("person.signed-out") == 2


async def test_the_other_services_hear_of_the_sessions_that_count(desk: OfficeDesk) -> None:
    await elsewhere(desk)
    await desk.submit("/office/sign-out", {})
    [marta] = await desk.use_cases.access.accounts.everybody()
    told = [event.data["sessions"] for event in marta.outbox]
    assert [len(sessions) for sessions in told] == [0, 1, 2, 1]
    assert told[-1] == [session.id for session in marta.sessions]


async def test_a_session_is_over_after_its_hours_however_much_it_is_used(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.submit(await desk.first_run_path(), FOUNDER)
        for _ in range(15):
            desk.clock.move(minutes=31)
            await desk.get("/office/people")
        desk.clock.move(minutes=31)
        await is_out(desk)


async def test_more_sessions_than_that_end_the_oldest(desk: OfficeDesk) -> None:
    [marta] = await desk.use_cases.access.accounts.everybody()
    browsers = [desk.another_browser() for _ in range(MOST_SESSIONS)]
    for each in browsers:
        await each.begin_session(marta.id)
    await is_out(desk)
    await browsers[0].get("/office/people")
    assert len((await desk.use_cases.access.accounts.get(marta.id)).sessions) == MOST_SESSIONS


async def test_a_link_made_before_a_removal_is_dead_once_the_person_is_back(desk: OfficeDesk) -> None:
    people = desk.use_cases.access.accounts
    pere = (await people.add(API_CALLER, "Pere", "pere@diputacio.example", Role.EDITOR)).id
    token = await people.password_link(API_CALLER, pere)
    kept = await desk.store.accounts.links.get(token)
    assert kept
    await people.remove(API_CALLER, pere)
    assert (await people.add(API_CALLER, "Pere", "pere@diputacio.example", Role.EDITOR)).id == pere
    await desk.raw.insert("office_links", kept.model_dump(mode="json", by_alias=True))  # as if its deletion had failed
    other = desk.another_browser()
    await other.get(f"/office/password/{token}", expect=404)
    await other.submit(f"/office/password/{token}", NEW, expect=404)


async def test_a_password_that_is_set_puts_an_end_to_links_that_are_out(desk: OfficeDesk) -> None:
    [marta] = await desk.use_cases.access.accounts.everybody()
    token = await desk.use_cases.access.accounts.password_link(API_CALLER, marta.id)
    await desk.submit("/office/account/password", {"current": PASSWORD, **NEW})
    with capture_logs() as logs:
        await desk.get(f"/office/password/{token}", expect=404)
    assert [entry["action"] for entry in logs] == ["link_refused"]
    assert token not in str(logs)


async def test_wrong_attempts_are_said_to_whom_they_concern_and_leave_one_entry(desk: OfficeDesk) -> None:
    attacker = desk.another_browser()
    for _ in range(4):
        await sign_in(attacker, "no és aquesta", expect=422)
    [marta] = await desk.use_cases.access.accounts.everybody()
    assert "<dd>4</dd>" in (await desk.get(f"/office/people/{marta.id}")).text
    entries = len(await desk.entries(limit=500))
    await sign_in(desk)
    assert len(await desk.entries(limit=500)) == entries + 1, "an attacker cannot fill the record"
    assert (await desk.entries(action="person.signed-in"))[0].details == {"how": "password", "failures": 4}
    assert "hi va haver 4 intents" in (await desk.get("/office/account")).text
    await sign_in(desk)
    assert (await desk.entries(action="person.signed-in"))[0].details["failures"] == 0


async def test_of_unknown_names_no_failure_is_kept(desk: OfficeDesk) -> None:
    fields = {"user_name": "nobody@diputacio.example", "password": "no és aquesta"}
    await desk.submit("/office/sign-in", fields, expect=422)
    assert not await desk.raw.find(SIGN_IN_FAILURES)


WEAK = (
    *("123456789012", "passwordpassword", "contrasenya123", "qwertyuiop123", "aaaaaaaaaaaa", "1qaz2wsx3edc"),
    *("Dijous2026!!", "marta.vila.2026", "Diputacio-2026", "vilafranca-2026", "Barcelona2026", "administrador1"),
    *("ContraSenya#2026", "iloveyou1234", "setembre2026!"),
)


@pytest.mark.parametrize("weak", WEAK)
async def test_a_password_that_others_guess_is_refused(desk: OfficeDesk, weak: str) -> None:
    sent = {"current": PASSWORD, "password": weak, "password_again": weak}
    page = await desk.submit("/office/account/password", sent, expect=422)
    assert "Aquesta contrasenya és fàcil d&#39;endevinar" in page.text


@pytest.mark.parametrize(
    "good", ["gos blau lluna verda", "8472-9931-0021-77", "Dijous? tres gats miolaven", "x" + "é" * 3 + "Tq7-úñ·zW"]
)
async def test_a_password_of_several_words_or_of_chance_is_taken(desk: OfficeDesk, good: str) -> None:
    await desk.submit("/office/account/password", {"current": PASSWORD, "password": good, "password_again": good})
