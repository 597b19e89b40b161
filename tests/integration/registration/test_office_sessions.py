import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from services.registration.registrations.domain import RegistrationState
from shared.events.vocabulary import Language, SessionStatus
from shared.staff import API_CALLER, Role
from tests.integration.registration.office_desk import JOIN_URL, OfficeDesk, desk_at_work, where

NEW_ID = "abcdefghijklmnop"
NEW = {
    "id": NEW_ID,
    "programme": "dijous",
    "title_ca": "Dades que parlen",
    "title_es": "",
    "title_en": "",
    "starts_at": "2026-12-17T10:00",
    "duration_minutes": "60",
    "capacity": "",
    "join_url": JOIN_URL,
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        yield opened


async def _states(desk: OfficeDesk, session: str) -> list[RegistrationState]:
    return [item.state for item in await desk.store.registrations.all_of(session)]


async def test_a_session_is_scheduled_by_the_form_on_the_programme_s_clock(desk: OfficeDesk) -> None:
    answer = await desk.submit("/office/sessions/new", NEW)
    assert where(answer) == f"/office/sessions/{NEW_ID}"
    session = (await desk.use_cases.sessions.view(NEW_ID)).session
    assert session.starts_at == datetime(2026, 12, 17, 9, tzinfo=UTC)
    assert session.join_url == JOIN_URL
    page = (await desk.get(where(answer))).text
    assert "<h1>Dades que parlen</h1>" in page
    assert "10.00\u00a0h" in page


async def test_sending_the_form_twice_makes_one_session(desk: OfficeDesk) -> None:
    for _ in range(2):
        await desk.submit("/office/sessions/new", NEW)
    assert (await desk.get("/office/sessions")).text.count(">Dades que parlen</a>") == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"programme": ""}, "programme"),
        ({"title_ca": ""}, "title_ca"),
        ({"starts_at": ""}, "starts_at"),
        ({"starts_at": "2027-03-28T02:30"}, "starts_at"),
        ({"starts_at": "2020-12-17T10:00"}, "starts_at"),
        ({"duration_minutes": "molt"}, "duration_minutes"),
        ({"capacity": "0"}, "capacity"),
        ({"join_url": "http://teams.example"}, "join_url"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    desk: OfficeDesk, wrong: dict[str, str], field: str
) -> None:
    sent = {**NEW, "description_ca": "Un <b>text</b> llarg", **wrong}
    page = (await desk.submit("/office/sessions/new", sent, expect=422)).text
    assert f'href="#{field}"' in page
    assert f'id="{field}"' in page
    assert "Un &lt;b&gt;text&lt;/b&gt; llarg" in page
    assert f'value="{NEW_ID}"' in page


async def test_a_session_is_made_like_another(desk: OfficeDesk) -> None:
    session = await desk.scheduled(description={"ca": "Com sempre"}, join_url=JOIN_URL)
    page = (await desk.get(f"/office/sessions/new?from={session}")).text
    assert "Com sempre" in page
    assert "secret-room" not in page, "each session has a room of its own"


async def test_a_session_is_changed_and_the_record_says_in_what(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    assert 'value="Treu-li suc"' in (await desk.get(f"/office/sessions/{session}/edit")).text
    await desk.submit(f"/office/sessions/{session}/edit", {"title_ca": "Treu-li més suc", "capacity": "20"})
    changed = (await desk.use_cases.sessions.view(session)).session
    assert (changed.title, changed.capacity) == ({"ca": "Treu-li més suc"}, 20)
    assert (await desk.entries())[0].details == {"fields": "title, capacity"}


async def test_a_limit_that_comes_too_late_is_said_beside_the_seats(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.use_cases.sessions.cancel(API_CALLER, session, None)
    page = await desk.submit(
        f"/office/sessions/{session}/edit", {"title_ca": "Treu-li suc", "capacity": "20"}, expect=422
    )
    assert 'href="#capacity"' in page.text


async def test_another_title_says_first_who_is_told_and_what(desk: OfficeDesk) -> None:
    session = await desk.scheduled(capacity=1)
    for number in (1, 2):
        await desk.register(session, number)
    path = f"/office/sessions/{session}/edit"
    asked = {"title_ca": "Treu-li més suc", "description_ca": "Dues\nlínies", "capacity": "1"}
    page = (await desk.submit(path, asked, expect=200)).text
    assert "2 persones" in page
    assert "Canvi a la sessió: Treu-li més suc" in page
    assert 'name="description_ca" value="Dues\nlínies"' in page
    assert (await desk.use_cases.sessions.view(session)).session.sequence == 0, "looking changes nothing"
    again = (await desk.submit(path, {**asked, "change": "1"}, expect=200)).text
    assert 'value="Treu-li més suc"' in again
    await desk.submit(path, {**asked, "confirmed": "1"})
    after = (await desk.use_cases.sessions.view(session)).session
    assert (after.title, after.sequence) == ({"ca": "Treu-li més suc"}, 1)


async def test_another_title_in_one_language_is_told_to_who_reads_it(desk: OfficeDesk) -> None:
    session = await desk.scheduled(title={"ca": "Ara", "es": "Ahora"}, capacity=2)
    for number, language in enumerate((Language.CA, Language.ES, Language.EN)):
        await desk.register(session, number, language=language)
    path = f"/office/sessions/{session}/edit"
    catalan = (await desk.submit(path, {"title_ca": "Avui", "title_es": "Ahora"}, expect=200)).text
    assert "2 persones rebran un correu" in catalan
    assert "1 amb plaça i 1 en llista" in catalan
    spanish = (await desk.submit(path, {"title_ca": "Ara", "title_es": "Hoy"}, expect=200)).text
    assert "1 persona rebrà un correu" in spanish
    assert 'Canvi a la sessió: <span lang="es">Hoy</span>' in spanish
    assert 'abans era: <span lang="es">Ahora</span>' in spanish


async def test_another_title_that_nobody_reads_is_saved_at_once(desk: OfficeDesk) -> None:
    session = await desk.scheduled(title={"ca": "Ara", "es": "Ahora"})
    await desk.register(session)
    await desk.submit(f"/office/sessions/{session}/edit", {"title_ca": "Ara", "title_es": "Hoy"})
    assert (await desk.use_cases.sessions.view(session)).session.title == {"ca": "Ara", "es": "Hoy"}


async def test_another_description_is_saved_at_once(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.register(session)
    await desk.submit(f"/office/sessions/{session}/edit", {"title_ca": "Treu-li suc", "description_ca": "Nova"})
    assert (await desk.use_cases.sessions.view(session)).session.description == {"ca": "Nova"}


async def test_moving_within_the_day_is_previewed_as_another_time(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.register(session)
    asked = {"starts_at": "2026-12-03T11:30", "duration_minutes": "60"}
    page = (await desk.submit(f"/office/sessions/{session}/reschedule", asked, expect=200)).text
    assert "Canvi d'hora: Treu-li suc" in page
    assert "ha canviat d'hora." in page
    assert "Canvi de data" not in page


async def test_moving_says_first_who_is_told_and_what(desk: OfficeDesk) -> None:
    session = await desk.scheduled(capacity=1)
    for number in (1, 2):
        await desk.register(session, number)
    path = f"/office/sessions/{session}/reschedule"
    asked = {"starts_at": "2026-12-10T11:00", "duration_minutes": "60"}
    page = (await desk.submit(path, asked, expect=200)).text
    assert "2 persones" in page
    assert "Canvi de data: Treu-li suc" in page
    assert "dijous 10 de desembre de 2026, 11.00\u00a0h" in page
    before = (await desk.use_cases.sessions.view(session)).session
    assert before.sequence == 0, "looking changes nothing"
    await desk.submit(path, {**asked, "confirmed": "1"})
    after = (await desk.use_cases.sessions.view(session)).session
    assert (after.starts_at, after.sequence) == (datetime(2026, 12, 10, 10, tzinfo=UTC), 1)
    assert "session.rescheduled" in await desk.acts()


@pytest.mark.parametrize("starts_at", ["2026-12-03T10:00", "2020-12-03T10:00", "demà"])
async def test_a_session_is_not_moved_to_where_it_is_or_cannot_be(desk: OfficeDesk, starts_at: str) -> None:
    session = await desk.scheduled()
    sent = {"starts_at": starts_at, "duration_minutes": "60", "confirmed": "1"}
    page = await desk.submit(f"/office/sessions/{session}/reschedule", sent, expect=422)
    assert 'href="#starts_at"' in page.text
    assert f'value="{starts_at}"' in page.text


async def test_cancelling_says_first_who_is_told_and_keeps_the_reason(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.register(session)
    path = f"/office/sessions/{session}/cancel"
    page = (await desk.submit(path, {"reason_ca": "La ponent és <malalta>"}, expect=200)).text
    assert "1 persona" in page
    assert "La ponent és &lt;malalta&gt;" in page
    again = (await desk.submit(path, {"reason_ca": "La ponent és <malalta>", "change": "1"}, expect=200)).text
    assert "La ponent és &lt;malalta&gt;</textarea>" in again
    await desk.submit(path, {"reason_ca": "La ponent és malalta", "confirmed": "1"})
    cancelled = (await desk.use_cases.sessions.view(session)).session
    assert (cancelled.status, cancelled.reason) == (SessionStatus.CANCELLED, {"ca": "La ponent és malalta"})
    await desk.get(path, expect=409)
    assert "Treu-li suc" in (await desk.get("/office/sessions?view=cancelled")).text
    assert "Treu-li suc" not in (await desk.get("/office/sessions?view=upcoming")).text


async def test_ending_is_confirmed_and_a_get_never_ends(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.get(f"/office/sessions/{session}/end")
    assert (await desk.use_cases.sessions.view(session)).session.is_scheduled
    await desk.submit(f"/office/sessions/{session}/end", {})
    assert (await desk.use_cases.sessions.view(session)).session.status is SessionStatus.ENDED
    assert "Treu-li suc" in (await desk.get("/office/sessions?view=past")).text


async def test_recording_and_materials_are_published_and_no_stored_one_is_lost(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    path = f"/office/sessions/{session}/materials"
    many = {f"material_{row}_{part}": f"https://m.example/{row}" for row in range(12) for part in ("title", "url")}
    await desk.submit(path, {"recording_url": "https://video.example/1", **many})
    page = (await desk.get(path)).text
    assert page.count('value="https://m.example/11"') == 2
    published = (await desk.use_cases.sessions.view(session)).session
    assert published.recording_url == "https://video.example/1"
    assert len(published.materials) == 12


async def test_a_wrong_address_of_a_material_is_said_in_its_row(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    sent = {"recording_url": "", "material_2_title": "Guia", "material_2_url": "javascript:alert(1)"}
    page = (await desk.submit(f"/office/sessions/{session}/materials", sent, expect=422)).text
    assert 'href="#material_0_url"' in page
    assert 'id="material_0_url" name="material_0_url" type="url" value="javascript:alert(1)"' in page


async def test_somebody_is_registered_by_hand_choosing_among_the_entities_found(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    path = f"/office/sessions/{session}/registrations/add"
    person = {"name": "Núria Puig", "email": "nuria@alamus.example", "role": "", "language": "es"}
    page = (await desk.submit(path, {**person, "entity": "vilanova"}, expect=422)).text
    code = re.search(r'name="entity_code" value="(\d+)"', page)
    assert code
    assert 'value="nuria@alamus.example"' in page
    await desk.submit(path, {**person, "entity": "vilanova", "entity_code": code[1]})
    await desk.submit(path, {**person, "name": "Pau", "email": "pau@alamus.example", "entity": "els Alamús"})
    found = await desk.store.registrations.all_of(session)
    assert [item.entity_code for item in found] == [code[1], "2500450006"]
    assert all(entry.details.get("entity") for entry in await desk.entries(limit=2))
    assert "nuria@" not in str([entry.model_dump() for entry in await desk.entries()])


async def test_registrations_are_searched_without_accents(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.register(session, 1, name="Núria Puig")
    await desk.register(session, 2, name="Pau Roig")
    page = (await desk.get(f"/office/sessions/{session}/registrations?q=nuria")).text
    assert "Núria Puig" in page
    assert "Pau Roig" not in page


async def test_one_registration_is_cancelled_after_a_question(desk: OfficeDesk) -> None:
    session, other = await desk.scheduled(), await desk.scheduled()
    await desk.register(session)
    registration = (await desk.store.registrations.all_of(session))[0].id
    path = f"/office/sessions/{session}/registrations/{registration}/cancel"
    assert "Persona 1" in (await desk.get(path)).text
    await desk.submit(path.replace(session, other), {}, expect=404)
    assert await _states(desk, session) == [RegistrationState.REGISTERED]
    await desk.submit(path, {})
    assert await _states(desk, session) == [RegistrationState.CANCELLED]


async def test_the_spreadsheets_hold_everybody_and_no_formula(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.register(session, 1, name='=HYPERLINK("https://evil.example")', role="+1")
    table = (await desk.get(f"/office/sessions/{session}/registrations.csv")).content.decode("utf-8-sig")
    row = list(csv.reader(io.StringIO(table)))[1]
    assert row[:5] == [
        '\'=HYPERLINK("https://evil.example")',
        "persona1@alamus.example",
        "Ajuntament dels Alamús",
        "2500450006",
        "'+1",
    ]
    workbook = zipfile.ZipFile(io.BytesIO((await desk.get(f"/office/sessions/{session}/registrations.xlsx")).content))
    assert b"<f>" not in workbook.read("xl/worksheets/sheet1.xml")
    assert b"'=HYPERLINK" in workbook.read("xl/sharedStrings.xml")
    assert (await desk.acts()).count("registrations.exported") == 2


@pytest.mark.parametrize(
    ("language", "seated", "waits"),
    [("ca", "amb plaça", "en llista d'espera"), ("es", "con plaza", "en lista de espera")],
)
async def test_the_spreadsheets_say_states_in_the_words_of_the_page(
    desk: OfficeDesk, language: str, seated: str, waits: str
) -> None:
    session = await desk.scheduled(capacity=1)
    await desk.register(session, 1)
    await desk.register(session, 2)
    desk.browser.headers["accept-language"] = language
    path = f"/office/sessions/{session}/registrations"
    page, table = unescape((await desk.get(path)).text), (await desk.get(f"{path}.csv")).content.decode("utf-8-sig")
    assert [row[6] for row in csv.reader(io.StringIO(table))][1:] == [seated, waits]
    assert f"<td>{seated}" in page
    assert f"<td>{waits}" in page
    workbook = zipfile.ZipFile(io.BytesIO((await desk.get(f"{path}.xlsx")).content))
    assert seated in workbook.read("xl/sharedStrings.xml").decode()


@pytest.mark.parametrize("part", ["new", "{id}/edit", "{id}/reschedule", "{id}/cancel", "{id}/end", "{id}/materials"])
async def test_who_only_reads_changes_nothing(desk: OfficeDesk, part: str) -> None:
    session = await desk.scheduled()
    desk.sign_in(Role.VIEWER)
    path = f"/office/sessions/{part.format(id=session)}"
    before = (await desk.use_cases.sessions.view(session)).session
    await desk.get(path, expect=403)
    await desk.submit(path, {**NEW, "confirmed": "1"}, expect=403)
    page = (await desk.get(f"/office/sessions/{session}")).text
    assert "/edit" not in page
    assert (await desk.use_cases.sessions.view(session)).session == before
