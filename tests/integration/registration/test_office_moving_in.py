"""The office's pages that bring in files: chosen, looked at line by line, corrected, confirmed; without JavaScript."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from html import unescape
from pathlib import Path

import httpx
import pytest

from shared.imports.columns import Places, guessed
from shared.imports.files import read_file
from shared.imports.plans import LineState
from shared.imports.tables import MOST_PACKED, Table
from shared.staff import Role
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work, where
from tests.support.moving_in import PAST, as_excel_writes, participation_file, sessions_file

SESSIONS, PARTICIPATION = "/office/import/sessions", "/office/import/participation"
HEADER = ("Quan", "Hora", "Títol", "Notes internes")
LINE = ("21/09/2023", "10:00", "Treu-li suc", "x")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        yield opened


@pytest.fixture
def admin(desk: OfficeDesk) -> OfficeDesk:
    desk.sign_in(Role.ADMIN)
    return desk


async def look(desk: OfficeDesk, path: str, data: bytes, *, expect: int = 200) -> httpx.Response:
    return await desk.submit(path, {"x": "y"}, files={"file": data}, expect=expect)


def carried(page: httpx.Response) -> dict[str, str]:
    """What the form of a preview holds: the table, what was seen, and the columns as they are chosen."""
    hidden = re.findall(r'type="hidden" name="(table|seen)" value="([^"]*)"', page.text)
    chosen = re.findall(r'<select id="(column_\w+)".*?</select>', page.text, re.DOTALL)
    blocks = re.findall(r'<select id="column_\w+".*?</select>', page.text, re.DOTALL)
    selected = [re.search(r'<option value="(\d*)" selected', block) for block in blocks]
    columns = {name: found[1] if found else "" for name, found in zip(chosen, selected, strict=True)}
    return {**{name: unescape(value) for name, value in hidden}, **columns}


async def confirm(desk: OfficeDesk, path: str, fields: Mapping[str, str], *, expect: int = 303) -> httpx.Response:
    return await desk.submit(path, {**fields, "confirmed": "1"}, expect=expect)


async def test_only_who_administers_brings_in_the_past(desk: OfficeDesk) -> None:
    for path in ("/office/import", SESSIONS, PARTICIPATION):
        await desk.get(path, expect=403)
    await look(desk, SESSIONS, sessions_file("dijous"), expect=403)
    assert "/office/import" not in (await desk.get("/office/sessions")).text
    desk.sign_in(Role.ADMIN)
    assert "/office/import" in (await desk.get("/office/sessions")).text
    page = (await desk.get("/office/import")).text
    assert all(path in page for path in (SESSIONS, PARTICIPATION, "/office/results/import"))


async def test_a_file_is_looked_at_first_then_confirmed_and_the_same_again_changes_nothing(admin: OfficeDesk) -> None:
    page = await look(admin, SESSIONS, sessions_file("dijous"))
    assert "Ningú no rep cap correu." in page.text
    assert all(title in unescape(page.text) for _, title in PAST)
    assert await admin.store.sessions.recorded() == []
    answer = await confirm(admin, SESSIONS, carried(page))
    assert where(answer) == "/office/sessions?view=past"
    assert len(await admin.store.sessions.recorded()) == 6
    assert await admin.acts() == ["programme.defined", "sessions.imported"]
    [entry] = await admin.entries(action="sessions.imported")
    assert entry.details == {"lines_new": 6, "lines_changed": 0}
    again = await look(admin, SESSIONS, sessions_file("dijous"))
    assert "Tot el que hi ha en aquest fitxer ja és aquí." in again.text
    assert 'name="confirmed"' not in again.text
    await confirm(admin, SESSIONS, carried(again))
    assert await admin.acts() == ["programme.defined", "sessions.imported"]
    record = (await admin.get("/office/audit")).text
    assert "Va portar sessions passades" in record
    assert "Línies noves" in record


async def test_the_columns_are_corrected_on_the_page_without_the_file(admin: OfficeDesk) -> None:
    page = await look(admin, SESSIONS, as_excel_writes(HEADER, [LINE]), expect=422)
    assert 'href="#column_date"' in page.text
    assert 'name="confirmed"' not in page.text
    fields = carried(page)
    assert (fields["column_date"], fields["column_time"], fields["column_title_ca"]) == ("", "1", "2")
    await confirm(admin, SESSIONS, fields, expect=422)
    shown = await admin.submit(SESSIONS, {**fields, "column_date": "0"}, expect=200)
    assert "21/09/2023 · Treu-li suc" in shown.text
    await confirm(admin, SESSIONS, carried(shown))
    [session] = await admin.store.sessions.recorded()
    assert session.title == {"ca": "Treu-li suc"}


async def test_what_changed_since_it_was_looked_at_is_looked_at_again(admin: OfficeDesk) -> None:
    page = await look(admin, SESSIONS, sessions_file("dijous"))
    first = as_excel_writes(("Data", "Hora", "Títol"), [("21/09/2023", "10:00", "Un altre títol")])
    await confirm(admin, SESSIONS, carried(await look(admin, SESSIONS, first)))
    again = await confirm(admin, SESSIONS, carried(page), expect=422)
    assert "Alguna cosa ha canviat" in again.text
    assert "<del>Un altre títol</del>" in again.text
    assert len(await admin.store.sessions.recorded()) == 1
    await confirm(admin, SESSIONS, carried(again))
    assert len(await admin.store.sessions.recorded()) == 6


async def test_what_a_file_takes_away_is_shown_even_where_it_has_no_column(admin: OfficeDesk) -> None:
    header = ("Data", "Hora", "Títol", "Material")
    await confirm(admin, SESSIONS, carried(await look(admin, SESSIONS, as_excel_writes(header[:3], [LINE[:3]]))))
    [session] = await admin.store.sessions.recorded()
    materials = [{"title": f"Document {n}", "url": f"https://docs.example/{n}"} for n in range(1, 8)]
    await admin.staff("POST", f"/sessions/{session.id}/materials", {"materials": materials})
    page = await look(admin, SESSIONS, as_excel_writes(header, [(*LINE[:3], "https://docs.example/1")]))
    assert "<del>Document 7</del>" in page.text


async def test_a_wrong_line_stops_all_and_says_why_beside_it(admin: OfficeDesk) -> None:
    data = as_excel_writes(("Data", "Hora", "Títol"), [LINE[:3], ("21/09/2027", "10:00", "Per venir")])
    page = await look(admin, SESSIONS, data, expect=422)
    assert "Data: Aquesta sessió encara no s'ha acabat" in unescape(page.text)
    await confirm(admin, SESSIONS, carried(page), expect=422)
    assert await admin.store.sessions.recorded() == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Trieu un fitxer."),
        (b"%PDF-1.7 \x81\x00", "no hi ha cap taula"),
        (b"Data;Hora\n", "cap línia"),
        (as_excel_writes(("Data", "Hora", "Títol", "Cognoms"), [LINE]), "La columna «Cognoms» conté persones."),
    ],
)
async def test_a_file_that_cannot_be_taken_is_said_beside_the_field(admin: OfficeDesk, data: bytes, words: str) -> None:
    page = await look(admin, SESSIONS, data, expect=422)
    assert 'href="#file"' in page.text
    assert words in unescape(page.text)


async def test_a_form_that_carries_no_table_of_ours_stores_nothing(admin: OfficeDesk) -> None:
    for table in ("[[", '[["a"],[[2,[1]]]]', "[]"):
        await confirm(admin, SESSIONS, {"table": table, "seen": "x"}, expect=422)
    assert await admin.store.sessions.recorded() == []


async def test_the_largest_file_keeps_nobody_else_waiting_and_fits_in_the_form(admin: OfficeDesk) -> None:
    await confirm(admin, SESSIONS, carried(await look(admin, SESSIONS, sessions_file("dijous"))))
    councils = [f"{name}, a la comarca que li toca" for name in ("Ajuntament d'Abrera", "Sant Cugat", "Vila")]
    rows = [("21/09/2023", councils[number % 3], 1, 1, "x" * 320) for number in range(1999)]
    data = as_excel_writes(("Sessió", "Ens", "Inscrits", "Assistents", "Notes"), rows)
    began = looked = time.monotonic()
    longest = 0.0
    looking = asyncio.create_task(admin.use_cases.moving_in.participation.plan(*await planned(admin, data)))
    while not looking.done():
        await asyncio.sleep(0)
        longest, looked = max(longest, time.monotonic() - looked), time.monotonic()
    assert (await looking).counts[LineState.WRONG] == 1999
    assert longest < (time.monotonic() - began) / 2
    page = await look(admin, PARTICIPATION, data, expect=422)
    assert len(carried(page)["table"]) > 0.9 * MOST_PACKED
    fields = {**carried(page), "column_attended": ""}
    again = await admin.submit(PARTICIPATION, fields, files={"file": b""}, expect=422)
    assert "Línies incorrectes: <strong>1999</strong>" in again.text


async def planned(desk: OfficeDesk, data: bytes) -> tuple[Table, Places]:
    table = await read_file(data)
    return table, guessed(desk.use_cases.moving_in.participation.columns, table.header)


async def test_coverage_shows_who_took_part_and_the_session_says_that_nobody_is_known(admin: OfficeDesk) -> None:
    await confirm(admin, SESSIONS, carried(await look(admin, SESSIONS, sessions_file("dijous"))))
    data = participation_file("dijous", ["Ajuntament d'Abrera", "els Alamús"])
    page = await look(admin, PARTICIPATION, data)
    assert "Ajuntament dels Alamús" in page.text
    assert where(await confirm(admin, PARTICIPATION, carried(page))) == "/office/entities/coverage"
    coverage = (await admin.get("/office/entities/coverage.csv")).text
    assert "0800180001,Ajuntament d'Abrera,Baix Llobregat,Barcelona,12538,9,3,3" in coverage
    assert "2500450006,Ajuntament dels Alamús,Segrià,Lleida,811,9,3,3" in coverage
    [session, *_] = await admin.store.sessions.recorded()
    office = (await admin.get(f"/office/sessions/{session.id}")).text
    assert "portada d'abans" in unescape(office)
    assert "Canvia el títol" in office
    assert f"/office/sessions/{session.id}/reschedule" not in office
    assert f"/office/sessions/{session.id}/cancel" not in office
    assert f"/office/sessions/{session.id}/attendance" not in office
    people = (await admin.get(f"/office/sessions/{session.id}/registrations")).text
    assert "(sense nom)" in people
    assert 'name="came-' not in people


async def test_people_for_a_session_to_come_are_brought_in_by_who_edits(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    path = f"/office/sessions/{session}/registrations/import"
    assert path in (await desk.get(f"/office/sessions/{session}/registrations")).text
    await desk.get(path)
    header = ("Nom i cognoms", "Correu electrònic", "Ajuntament")
    people = [("Núria Puig", "nuria@alamus.example", "els Alamús"), ("Pere Mas", "pere@abrera.example", "Abrera")]
    page = await look(desk, path, as_excel_writes(header, people))
    assert "Quan confirmeu sortiran 2 correus." in page.text
    assert where(await confirm(desk, path, carried(page))) == f"/office/sessions/{session}/registrations"
    assert [item.name for item in await desk.store.registrations.all_of(session)] == ["Núria Puig", "Pere Mas"]
    assert (await desk.acts())[-1] == "registrations.imported"
    again = await look(desk, path, as_excel_writes(header, people))
    assert "sortir" not in again.text
    desk.sign_in(Role.VIEWER)
    await desk.get(path, expect=403)


async def test_people_are_brought_in_only_while_the_session_takes_them(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.staff("POST", f"/sessions/{session}/cancel", {})
    await desk.get(f"/office/sessions/{session}/registrations/import", expect=409)
    await desk.get("/office/sessions/nothing/registrations/import", expect=404)
