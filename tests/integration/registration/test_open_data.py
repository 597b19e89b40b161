"""The open data of registration: tables, their tags, the catalogue, and the page by which people find them."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef

from services.registration.app import LOCALES, TEMPLATES
from services.registration.open_data import pages
from services.registration.open_data.pages import OpenDataSite
from services.registration.public_site import SiteOwner
from services.registration.settings import Settings
from shared.text.catalogues import Translations
from shared.web.application import make_application
from shared.web.pages import Pages
from tests.integration.registration.conftest import STAFF, Office, Ready
from tests.support.moving_in import as_excel_writes, participation_file, sessions_file

SESSIONS, PARTICIPATION = "/open-data/sessions.csv", "/open-data/participation.csv"
OWNER = SiteOwner(organiser="Diputació de Mostra", dir3="L99999999")


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def read(office: Office, path: str) -> list[dict[str, str]]:
    """Once what was kept of it is too old."""
    office.clock.move(minutes=6)
    return table(await office.api.get(path))


async def bring(office: Office, what: str, data: bytes) -> None:
    answer = await office.api.post(f"/api/v1/{what}/import", content=data, headers=STAFF)
    assert answer.status_code == 200, answer.text


@pytest.fixture
async def published(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of an installation whose body has a code."""
    words = Translations(*LOCALES)
    settings = Settings.model_validate({"secret": "x" * 40, "staff_token": "y" * 20, "public_url": "https://d.example"})
    frame = Pages(settings, words, TEMPLATES, clock=office.clock)
    site = OpenDataSite(frame, office.clock, office.use_cases.open_data, OWNER)
    app = make_application("registration", "Registration", [pages.routes(site)], words, Ready())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


async def test_sessions_are_told_in_both_forms(office: Office) -> None:
    session = await office.scheduled(title={"ca": "Treu-li suc", "es": "Sácale jugo"})
    [row] = await read(office, SESSIONS)
    assert (row["id"], row["title_ca"], row["title_es"], row["title_en"]) == (session, "Treu-li suc", "Sácale jugo", "")
    assert (row["starts_at"], row["status"]) == ("2026-12-03T09:00:00+00:00", "scheduled")
    assert row["page"] == f"http://127.0.0.1:8080/sessions/{session}"
    [item] = (await office.api.get("/open-data/sessions.json")).json()
    assert (item["id"], item["title"]["es"]) == (session, "Sácale jugo")
    for text in ((await office.api.get(SESSIONS)).text, str(item)):
        assert "teams.example" not in text, "the join link is nobody's but of those who registered"


async def test_a_provisional_date_is_told_as_such(office: Office) -> None:
    await office.scheduled(tentative=True)
    assert [row["status"] for row in await read(office, SESSIONS)] == ["tentative"]
    assert [item["status"] for item in (await office.api.get("/open-data/sessions.json")).json()] == ["tentative"]


async def test_who_took_part_in_a_session_for_some_is_not_told(office: Office) -> None:
    for number, given in enumerate(({}, {}, {"audience": "entities", "entities": ["2500450006"]})):
        session = await office.scheduled(starts_at=f"2026-12-0{number + 3}T10:00:00+01:00", **given)
        for person in (1, 2):
            assert (await office.register(session, person, by_office=True)).status_code == 202
        await office.staff("POST", f"/sessions/{session}/end", {})
        for registration in await office.registrations(session):
            await office.store.registrations.change(
                registration.id, lambda found: (found.model_copy(update={"attended_at": office.clock()}), [])
            )
    office.clock.move(days=60)
    assert [row["sessions_attended"] for row in await read(office, PARTICIPATION)] == ["2"]


async def test_a_title_is_no_formula_in_a_spreadsheet(office: Office) -> None:
    await office.scheduled(title={"ca": '=HYPERLINK("https://evil.example")'})
    [row] = await read(office, SESSIONS)
    assert row["title_ca"].startswith("'=")


async def test_a_reader_who_has_the_table_is_told_so(office: Office) -> None:
    await office.scheduled()
    first = await office.api.get(SESSIONS)
    tag = first.headers["etag"]
    again = await office.api.get(SESSIONS, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["access-control-allow-origin"] == "*"
    await office.scheduled(title={"ca": "Una altra"})
    office.clock.move(minutes=6)
    changed = await office.api.get(SESSIONS, headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_participation_is_told_by_year_and_entity_and_of_nobody(office: Office) -> None:
    await bring(office, "sessions", sessions_file("dijous"))
    header = ("Programa", "Sessió", "Ens", "Inscrits", "Assistents")
    rows = [
        ("dijous", "21/09/2023", "Ajuntament d'Abrera", 2, 2),
        ("dijous", "26/10/2023", "Ajuntament d'Abrera", 1, 1),
        ("dijous", "21/09/2023", "els Alamús", 1, 1),
        ("dijous", "26/10/2023", "els Alamús", 1, 1),
    ]
    await bring(office, "participation", as_excel_writes(header, rows))
    found = await read(office, PARTICIPATION)
    assert [(row["year"], row["name"], row["sessions_attended"]) for row in found] == [
        ("2023", "Ajuntament d'Abrera", "2"),
        ("2023", "Ajuntament dels Alamús", ""),
    ]
    assert found[0].keys() == {"programme", "year", "entity", "name", "sessions_attended"}


async def test_what_is_told_of_a_year_that_runs_waits_until_it_is_over(office: Office) -> None:
    for number in (1, 2):
        session = await office.scheduled(starts_at=f"2026-12-0{number + 2}T10:00:00+01:00")
        for person in (1, 2):
            await office.register(session, person)
    office.clock.move(days=14)
    await office.use_cases.sessions.end_overdue(office.clock() - office.clock())
    assert await read(office, PARTICIPATION) == []
    office.clock.move(days=30)
    [row] = await read(office, PARTICIPATION)
    assert (row["year"], row["entity"], row["sessions_attended"]) == ("2026", "2500450006", "0")


async def catalogue(client: httpx.AsyncClient, path: str = "/catalogue.ttl") -> Graph:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return Graph().parse(data=answer.text, format="turtle")


def instants(found: Graph, of: URIRef) -> dict[str, datetime]:
    """By the name of the dataset; of the catalogue by that word."""
    told = found.subject_objects(of)
    return {re.split("[#/]", str(node))[-1]: datetime.fromisoformat(str(value)) for node, value in told}


async def test_the_catalogue_leads_to_the_tables(published: httpx.AsyncClient) -> None:
    found = await catalogue(published)
    paths = sorted(str(each).removeprefix("https://d.example") for each in found.objects(None, DCAT.accessURL))
    assert paths == [
        *(PARTICIPATION, "/open-data/proposals.csv", "/open-data/results.csv", SESSIONS, "/open-data/sessions.json")
    ]


async def test_the_catalogue_says_when_the_data_changed_and_not_when_it_was_written(
    office: Office, published: httpx.AsyncClient
) -> None:
    await bring(office, "sessions", sessions_file("dijous"))
    sessions = office.clock()
    office.clock.move(days=1)
    await bring(office, "participation", participation_file("dijous", ["Ajuntament d'Abrera"]))
    participation = office.clock()
    office.clock.move(days=3)
    found = await catalogue(published)
    assert instants(found, DCTERMS.issued)["catalogue"].isoformat() == "2023-09-21T08:00:00+00:00"
    modified = instants(found, DCTERMS.modified)
    expected = {"sessions": sessions, "participation": participation, "catalogue": participation}
    assert modified.keys() == expected.keys(), "of what other services keep it is not known"
    assert all(abs((modified[name] - at).total_seconds()) < 60 for name, at in expected.items())


async def test_the_catalogue_is_tagged_and_may_come_without_its_own_node(published: httpx.AsyncClient) -> None:
    for path, media_type in (("/catalogue.ttl", "text/turtle"), ("/catalogue.jsonld", "application/ld+json")):
        answer = await published.get(path)
        assert answer.headers["content-type"].startswith(media_type)
        assert answer.headers["etag"]
    alone = await catalogue(published, "/catalogue.ttl?datasets")
    assert list(alone.subjects(RDF.type, DCAT.Catalog)) == []
    assert len(list(alone.subjects(RDF.type, DCAT.Dataset))) == 4


async def test_the_catalogue_is_tagged_alike_until_the_data_change(office: Office, published: Any) -> None:
    await office.scheduled()
    tag = (await published.get("/catalogue.jsonld")).headers["etag"]
    office.clock.move(minutes=10)
    assert (await published.get("/catalogue.jsonld", headers={"if-none-match": tag})).status_code == 304
    await office.scheduled(title={"ca": "Una altra"})
    office.clock.move(minutes=10)
    assert (await published.get("/catalogue.jsonld", headers={"if-none-match": tag})).status_code == 200


async def test_without_a_code_the_catalogue_says_why_there_is_none(office: Office) -> None:
    answer = await office.api.get("/catalogue.ttl", headers={"accept-language": "ca"})
    assert answer.status_code == 404
    assert "DIJOUS_DIR3" in answer.text
    page = await office.api.get("/open-data", headers={"accept-language": "ca"})
    assert "aquesta instal·lació no en té cap" in page.text
    assert "/catalogue.ttl" not in page.text


async def test_people_find_the_tables_from_every_page(office: Office, published: httpx.AsyncClient) -> None:
    assert 'href="/open-data"' in (await office.api.get("/", headers={"accept-language": "ca"})).text
    page = await published.get("/open-data", headers={"accept-language": "ca"})
    for path in (SESSIONS, PARTICIPATION, "/open-data/results.csv", "/open-data/proposals.csv", "/catalogue.ttl"):
        assert f'href="{path}"' in page.text
    assert "CC_BY_4_0" in page.text
