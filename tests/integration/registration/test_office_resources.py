"""The catalogue at the office, and the page of one entity."""

from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from shared.staff import Role
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work, where
from tests.integration.registration.test_office_moving_in import carried, confirm, look
from tests.support.moving_in import as_excel_writes

LIST, IMPORT, ALAMUS = "/office/resources", "/office/import/assistances", "2500450006"
RESOURCE = {"slug": "transparencia", "name_ca": "Gestió de la transparència", "kind_municipality": "1", "years": "2026"}
HEADER = ("Recurs", "Ens", "Expedient", "Sol·licitat", "Finalitzat")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        yield opened


async def test_an_editor_keeps_the_catalogue_and_each_act_is_on_record(desk: OfficeDesk) -> None:
    assert where(await desk.submit(f"{LIST}/new", {**RESOURCE, "population_max": "5000"})) == LIST
    page = (await desk.get(LIST)).text
    assert all(words in page for words in ("Gestió de la transparència", "ajuntaments", "fins a 5.000", "2026"))
    await desk.submit(f"{LIST}/transparencia", {**RESOURCE, "years": "2024, 2025"})
    assert "retirat" in (await desk.get(LIST)).text
    await desk.submit(f"{LIST}/transparencia", {**RESOURCE, "years": "2024, 2025"})
    assert await desk.acts() == ["programme.defined", "resource.added", "resource.changed"]
    [entry] = await desk.entries(action="resource.changed")
    assert entry.details == {"fields": "population_max, years"}
    desk.sign_in(Role.ADMIN)
    record = (await desk.get("/office/audit")).text
    assert "Va canviar un recurs del catàleg" in record
    assert "Màxim d'habitants" in unescape(record)


@pytest.mark.parametrize(
    ("field", "value", "marked"),
    [
        ("slug", "Amb espais", "slug"),
        ("name_ca", "", "name_ca"),
        ("population_max", "molts", "population_max"),
        ("population_max", "99", "population_max"),
        ("years", "2024; 2025", "years"),
        ("per_entity", "0", "per_entity"),
    ],
)
async def test_a_wrong_field_is_marked_and_what_was_written_stays(
    desk: OfficeDesk, field: str, value: str, marked: str
) -> None:
    sent = {**RESOURCE, "population_min": "100", field: value}
    page = (await desk.submit(f"{LIST}/new", sent, expect=422)).text
    assert f'href="#{marked}' in page
    assert 'id="kind_municipality" name="kind_municipality" value="1" checked' in page
    assert await desk.acts() == ["programme.defined"]


async def test_a_short_name_is_given_once(desk: OfficeDesk) -> None:
    await desk.submit(f"{LIST}/new", RESOURCE)
    assert "Ja hi ha un recurs amb aquest nom curt." in (await desk.submit(f"{LIST}/new", RESOURCE, expect=422)).text


async def test_requests_are_brought_in_by_who_administers_and_stand_on_the_page_of_the_entity(desk: OfficeDesk) -> None:
    await desk.submit(f"{LIST}/new", RESOURCE)
    assert IMPORT not in (await desk.get(LIST)).text
    await desk.get(IMPORT, expect=403)
    desk.sign_in(Role.ADMIN)
    assert IMPORT in (await desk.get(LIST)).text
    assert IMPORT in (await desk.get("/office/import")).text
    rows = [
        ("transparencia", "Ajuntament dels Alamús", "E-1", "", "03/03/2024"),
        ("Gestió de la transparència", "els Alamús", "E-2", "01/02/2026", "01/03/2027"),
    ]
    page = await look(desk, IMPORT, as_excel_writes(HEADER, rows))
    assert where(await confirm(desk, IMPORT, carried(page))) == LIST
    [entry] = await desk.entries(action="assistances.imported")
    assert entry.details == {"lines_new": 2, "lines_changed": 0}
    shown = unescape((await desk.get(f"/office/entities/{ALAMUS}")).text)
    assert "Ajuntament dels Alamús" in shown
    assert all(words in shown for words in ("E-1", "no consta", "03/03/2024", "E-2", "01/03/2027"))
    assert shown.count("pendent") == 1
    assert f"/office/entities/{ALAMUS}" in (await desk.get("/office/entities?q=alamus")).text


async def test_the_page_of_an_entity_lists_the_sessions_with_its_people(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    for number in (1, 2):
        await desk.register(session, number)
    await desk.register(session, 3, entity="0800230008")
    desk.sign_in(Role.VIEWER)
    shown = (await desk.get(f"/office/entities/{ALAMUS}")).text
    assert f'<a href="/office/sessions/{session}">Treu-li suc</a></th><td class="number">2</td>' in shown
    assert "03/12/2026" in shown
    assert "No consta que n'hagi sol·licitat cap." in unescape(shown)
    await desk.get("/office/entities/250045")
    await desk.get("/office/entities/9999999999", expect=404)
    assert "Encara no s'hi ha inscrit" in unescape((await desk.get("/office/entities/0800180001")).text)
