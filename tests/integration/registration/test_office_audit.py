"""The record of what the office did: by whichever way it was done, in words, and whole or not."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.staff import API_CALLER, Role
from tests.integration.registration.office_desk import PROGRAMME, STAFF, OfficeDesk, main_of, open_desk

PATH = "/office/audit"
LATER = "2026-12-10T10:00:00+01:00"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def session(desk: OfficeDesk) -> str:
    """A session of a programme, both made by the API; an administrator is signed in."""
    await desk.staff("POST", "/programmes", PROGRAMME, expect=201)
    desk.sign_in(Role.ADMIN)
    return await desk.scheduled()


async def words(desk: OfficeDesk, **query: str) -> str:
    answer = await desk.browser.get(PATH, params=query)
    assert answer.status_code == 200, main_of(answer.text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2].partition("<tbody>")[2]))


async def test_what_is_done_by_the_api_stands_in_the_record(desk: OfficeDesk, session: str) -> None:
    person = {"name": "Núria", "email": "n@alamus.example", "entity": "2500450006", "consent": True}
    at = f"/sessions/{session}"
    await desk.staff("PATCH", "/programmes/dijous", {"organiser": "Consorci"})
    await desk.staff("PATCH", at, {"capacity": 40})
    await desk.staff("POST", f"{at}/registrations", person, expect=202)
    await desk.staff("GET", f"{at}/registrations")
    await desk.staff("POST", f"{at}/reschedule", {"starts_at": LATER})
    await desk.staff("POST", f"{at}/end", {})
    await desk.staff("POST", f"{at}/materials", {"recording_url": "https://video.example/1"})
    other = await desk.scheduled()
    await desk.staff("POST", f"/sessions/{other}/cancel", {})
    assert await desk.acts() == [
        "programme.defined",
        "session.scheduled",
        "programme.changed",
        "session.changed",
        "registration.added",
        "registrations.exported",
        "session.rescheduled",
        "session.ended",
        "session.materials-published",
        "session.scheduled",
        "session.cancelled",
    ]
    entries = await desk.entries(subject=session, action="session.changed")
    assert [(entry.member_id, entry.details) for entry in entries] == [("token", {"fields": "capacity"})]
    assert "alamus.example" not in str(await desk.entries())


async def test_what_changes_nothing_and_what_is_refused_leaves_no_line(desk: OfficeDesk, session: str) -> None:
    for _ in range(2):
        await desk.staff("POST", f"/sessions/{session}/cancel", {})
    for method, path in (("PATCH", "/sessions/nothing"), ("PATCH", "/programmes/nothing"), ("POST", "/programmes")):
        answer = await desk.browser.request(method, f"/api/v1{path}", json={"kind": "series"})
        assert answer.status_code == 401, "without the token"
    await desk.staff("PATCH", "/sessions/nothing", {"capacity": 1}, expect=404)
    assert await desk.acts() == ["programme.defined", "session.scheduled", "session.cancelled"]


async def test_importing_the_directory_is_recorded_once_it_is_known_to_be_right(desk: OfficeDesk) -> None:
    header = "code,kind,name,comarca_code,comarca,province_code,province\n"
    row = "CC44,comarcal_council,Consell Comarcal del Lluçanès,44,Lluçanès,08,Barcelona\n"
    for body, status in ((header + "x\n", 422), (header + row, 200)):
        answer = await desk.browser.post("/api/v1/entities/import", content=body.encode(), headers=STAFF)
        assert answer.status_code == status, answer.text
    (entry,) = await desk.entries()
    assert (entry.action, entry.details) == ("entities.imported", {"entities": 1})


async def test_a_line_says_in_words_who_did_what_to_what_and_when(desk: OfficeDesk, session: str) -> None:
    await desk.staff("POST", f"/sessions/{session}/reschedule", {"starts_at": LATER})
    line = (await words(desk)).split(" 2 ")[0]
    assert "26/11/2026 10.00 h" in line, "on the clock of Catalonia"
    assert "una aplicació, amb la clau de l&#39;API" in line
    assert "Ajornament o avançament d&#39;una sessió Treu-li suc" in line
    assert "Abans: dijous 3 de desembre de 2026, 10.00 h" in line
    assert "Ara: dijous 10 de desembre de 2026, 10.00 h" in line
    page = (await desk.get(PATH)).text
    assert f'<a href="/office/sessions/{session}">Treu-li suc</a>' in page
    assert "session.rescheduled" not in page.partition("<tbody>")[2], "no codes in the lines"


async def test_what_is_there_no_more_has_no_link(desk: OfficeDesk, session: str) -> None:
    member = (await desk.use_cases.access.accounts.add(API_CALLER, "Pere", "pere@gomunicipal.example", Role.VIEWER)).id
    await desk.submit(f"/office/people/{member}/role", {"role": "editor"})
    assert f'<a href="/office/people/{member}">Pere</a>' in (await desk.get(PATH)).text
    await desk.use_cases.access.accounts.remove(API_CALLER, member)
    page = (await desk.get(PATH)).text
    assert f'href="/office/people/{member}"' not in page
    assert "Rol: edita" in page


async def test_the_record_is_filtered_by_act_person_and_day(desk: OfficeDesk, session: str) -> None:
    desk.clock.move(days=1)
    desk.sign_in(Role.ADMIN)
    await desk.submit(f"/office/sessions/{session}/end", {})
    assert "Finalització" in await words(desk, act="session.ended")
    assert "Programació" not in await words(desk, act="session.ended")
    assert "Finalització" not in await words(desk, member="token")
    assert "Finalització" not in await words(desk, day="2026-11-26")
    assert "Finalització" in await words(desk, day="2026-11-27")
    assert "Finalització" in await words(desk, day="31/02/2026"), "what is no date filters nothing"
    assert await words(desk, member="nobody") == ""
    assert "No hi ha cap anotació així." in (await desk.get(f"{PATH}?member=nobody")).text


async def test_older_entries_come_by_pages_and_keep_the_filter(desk: OfficeDesk, session: str) -> None:
    for seats in range(1, 61):
        await desk.staff("PATCH", f"/sessions/{session}", {"capacity": seats})
    first = (await desk.get(f"{PATH}?member=token")).text
    (older,) = re.findall(r'href="\?([^"]*before=[^"]*)"', first)
    assert "member=token" in older
    second = (await desk.get(f"{PATH}?{older.replace('&amp;', '&')}")).text
    assert "Creació d&#39;un programa" in second
    assert "before=" not in second.partition("<tbody>")[2], "there are no more"
    assert f'href="{PATH}?member=token"' in second, "and back to the latest"


async def test_the_page_says_whether_the_chain_is_whole(desk: OfficeDesk, session: str) -> None:
    page = (await desk.get(PATH)).text
    assert "La cadena és íntegra: les 2 anotacions són tal com es van escriure." in page
    assert 'role="alert"' not in page
    await desk.raw.update("audit", f"{1:012}", assign={"member_name": "Ningú"})
    page = (await desk.get(f"{PATH}?act=session.scheduled")).text
    assert "La cadena està trencada a l'anotació 1." in page
    assert "íntegra" not in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_the_record_is_the_administrators(desk: OfficeDesk, role: Role) -> None:
    desk.sign_in(role)
    await desk.get(PATH, expect=403)
