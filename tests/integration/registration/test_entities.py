"""The directory of entities: what is imported, and how it is read and searched."""

from typing import Any

import pytest

from tests.integration.registration.conftest import STAFF, Office

HEADER = "ens_code,code,ine5,kind,name,name_sorted,council,comarca_code,comarca,province_code,province,population_2020"
RENAMED = "2500450006,250045,25004,municipality,els Alamús,x,Ajuntament dels Alamús Nou,33,Segrià,25,Lleida,812"
NEW = "9900000001,990000,99000,municipality,Vilanova,x,Ajuntament de Vilanova,33,Segrià,25,Lleida,"


async def _import(office: Office, *rows: str) -> Any:
    text = "\n".join([HEADER, *rows])
    return await office.api.post("/api/v1/entities/import", content=text.encode(), headers=STAFF)


async def test_imported_entities_add_to_and_replace_the_shipped_ones(office: Office) -> None:
    for _ in range(2):
        assert (await _import(office, RENAMED, NEW)).json() == {"imported": 2}
    found = (await office.api.get("/api/v1/entities", params={"q": "els alamús"})).json()["items"]
    assert [(item["code"], item["name"], item["population"]) for item in found] == [
        ("2500450006", "Ajuntament dels Alamús Nou", 812)
    ]
    session = await office.scheduled()
    await office.register(session, entity="9900000001")
    assert (await office.registration(session)).entity_name == "Ajuntament de Vilanova"


async def _listed(office: Office, code: str) -> list[tuple[int, str, int | None]]:
    """What others are told of an entity: version, name, population."""
    entity = await office.store.entities.get(code)
    assert entity is not None
    data = [envelope.data for envelope in entity.outbox]
    return [(event["version"], event["name"], event["population"]) for event in data]


async def test_others_are_told_of_an_imported_entity_and_of_its_changes_alone(office: Office) -> None:
    await _import(office, RENAMED)
    await _import(office, RENAMED, NEW)
    await _import(office, RENAMED.replace("812", "999"))
    told = [(1, "Ajuntament dels Alamús Nou", 812), (2, "Ajuntament dels Alamús Nou", 999)]
    assert await _listed(office, "2500450006") == told
    assert await _listed(office, "9900000001") == [(1, "Ajuntament de Vilanova", None)]


async def test_an_entity_imported_before_others_were_told_is_told_once(office: Office) -> None:
    older = {"_id": "CC44", "code": "CC44", "kind": "comarcal_council", "name": "Consell", "short_name": "Lluçanès"}
    await office.documents.insert("entities", older)
    assert await office.use_cases.entities.find("CC44")
    for _ in range(2):
        await office.use_cases.entities.announce_older()
    assert await _listed(office, "CC44") == [(2, "Consell", None)]


async def test_an_import_with_a_wrong_line_stores_nothing_and_names_the_line(office: Office) -> None:
    answer = await _import(office, NEW, RENAMED.replace("municipality", "city"), "short")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/3/kind", "/4/columns"]
    assert answer.json()["errors"][1]["detail"] == "Aquesta línia no té tantes columnes com la primera."
    assert await office.store.entities.count() == 0


async def test_entities_are_read_as_excel_writes_them(office: Office) -> None:
    text = "\r\n".join([HEADER, RENAMED, NEW]).replace(",", ";")
    answer = await office.api.post("/api/v1/entities/import", content=text.encode("cp1252"), headers=STAFF)
    assert answer.json() == {"imported": 2}
    [found] = (await office.api.get("/api/v1/entities", params={"q": "2500450006"})).json()["items"]
    assert (found["name"], found["comarca"]) == ("Ajuntament dels Alamús Nou", "Segrià")


async def test_the_whole_directory_is_read_by_code_page_by_page(office: Office) -> None:
    await _import(office, NEW)
    codes: list[str] = []
    query: dict[str, Any] = {"limit": 400}
    for _ in range(3):
        page = (await office.api.get("/api/v1/entities", params=query)).json()
        codes += [item["code"] for item in page["items"]]
        query["cursor"] = page["next"]
    assert page["next"] is None
    assert codes == sorted(entity.code for entity in await office.use_cases.entities.everybody())
    assert "9900000001" in codes


async def test_what_a_search_found_is_read_page_by_page_the_best_first(office: Office) -> None:
    whole = (await office.api.get("/api/v1/entities", params={"q": "vila", "limit": 500})).json()
    assert whole["next"] is None
    found: list[Any] = []
    query: dict[str, Any] = {"q": "vila", "limit": 20}
    while "cursor" not in query or query["cursor"]:
        page = (await office.api.get("/api/v1/entities", params=query)).json()
        found += page["items"]
        query["cursor"] = page["next"]
    assert len(found) > 40
    assert found == whole["items"]
    assert (await office.api.get("/api/v1/entities", params={"q": "vila", "cursor": "x"})).status_code == 422


@pytest.mark.parametrize("query", ["alamus", "els alamús", "25004", "Ajuntament dels Alamús"])
async def test_the_directory_is_searched_by_name_and_code(office: Office, query: str) -> None:
    found = (await office.api.get("/api/v1/entities", params={"q": query, "limit": 5})).json()["items"]
    assert found[0] == {
        "code": "2500450006",
        "name": "Ajuntament dels Alamús",
        "kind": "municipality",
        "comarca": "Segrià",
        "province": "Lleida",
        "population": 811,
    }
