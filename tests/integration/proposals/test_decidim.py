"""The file of proposals that Decidim imports, and its page."""

from datetime import timedelta
from typing import Any

from shared.staff import Role
from tests.integration.proposals.conftest import PROGRAMME, Desk

FILE = f"/office/proposals/decidim.json?programme={PROGRAMME}"
PAGE = f"/office/proposals/decidim?programme={PROGRAMME}"
KEYS = ["title/ca", "title/es", "title/en", "body/ca", "body/es", "body/en"]


async def _export(desk: Desk, **fields: str) -> list[dict[str, Any]]:
    answer = await desk.send(FILE, fields, page="/office/proposals")
    assert answer.status_code == 200, answer.headers
    assert answer.headers["content-disposition"] == 'attachment; filename="decidim.json"'
    return answer.json()  # type: ignore[no-any-return]  # JSON


async def test_every_row_has_the_same_keys_in_the_same_order_whatever_its_language(desk: Desk) -> None:
    desk.sign_in()
    await desk.propose("Títol", body="Primera línia\n\nSegona")
    desk.now = desk.now.replace(hour=10)
    await desk.propose("Título", language="es")
    rows = await _export(desk)
    assert [list(row) for row in rows] == [KEYS, KEYS]
    assert set(rows[0].values()) == {"Título"}, "other locales fall back, and a missing body on the title"
    assert (rows[1]["title/ca"], rows[1]["body/en"]) == ("Títol", "Primera línia\n\nSegona")


async def test_declined_and_merged_ones_stay_out_and_so_do_people(desk: Desk) -> None:
    desk.sign_in()
    kept = await desk.propose("Queda", email="anna@ens.example", entity="2500450006")
    for title, verb, body in (("No", "decline", {"reason": "No"}), ("Part", "merge", {"into": kept})):
        assert (await desk.step(await desk.propose(title), verb, body)).status_code == 200
    answered = await desk.propose("Resposta")
    await desk.step(answered, "answer", {})
    answer = await desk.send(FILE, page="/office/proposals")
    assert {row["title/ca"] for row in answer.json()} == {"Queda", "Resposta"}
    assert "anna" not in answer.text
    assert "2500450006" not in answer.text
    assert kept not in answer.text, "Decidim would drop it"


async def test_the_page_remembers_what_a_file_had(desk: Desk) -> None:
    desk.sign_in()
    await desk.propose("Una")
    assert len(await _export(desk)) == 1
    page = (await desk.http.get(PAGE)).text
    assert "Totes les propostes ja són en un fitxer." in page
    assert "El darrer fitxer es va fer el" in page
    await desk.propose("Una altra")
    assert "Baixa la que encara no era en cap fitxer" in (await desk.http.get(PAGE)).text
    assert [row["title/ca"] for row in await _export(desk)] == ["Una altra"]
    desk.now += timedelta(minutes=1)
    assert len(await _export(desk, again="1")) == 2
    assert [(act.action, act.details) for act in await desk.acts()] == [
        ("proposal.exported-to-decidim", {"proposals": number}) for number in (1, 1, 2)
    ]


async def test_with_nothing_to_export_it_says_so_and_makes_no_file(desk: Desk) -> None:
    desk.sign_in()
    assert "No hi ha res per exportar." in (await desk.http.get(PAGE)).text
    answer = await desk.send(FILE, page="/office/proposals")
    assert answer.status_code == 303
    assert answer.headers["location"] == PAGE
    assert await desk.acts() == []


async def test_the_page_warns_of_what_an_import_does_and_gives_the_calendar(desk: Desk) -> None:
    desk.sign_in()
    page = (await desk.http.get(PAGE)).text
    assert "Decidim publica de seguida el que importa" in page
    assert f"/programmes/{PROGRAMME}/calendar.ics" in page


async def test_a_viewer_exports_nothing(desk: Desk) -> None:
    desk.sign_in(Role.VIEWER)
    await desk.propose()
    assert (await desk.http.get(PAGE)).status_code == 403
    assert (await desk.send(FILE, page="/office/proposals")).status_code == 403
