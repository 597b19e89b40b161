"""The catalogue's resources, and what entities did with them: by the API and from files."""

from datetime import date
from typing import Any

import pytest

from services.registration.eligibility.domain import Rule, findings
from services.registration.resources.domain import Assistance
from tests.integration.registration.conftest import STAFF, Office
from tests.support.moving_in import as_excel_writes

TRANSPARENCY = {"slug": "transparencia", "name": {"ca": "Gestió de la transparència municipal"}}
PUBLISHING = {
    "slug": "publicacio",
    "name": {"ca": "Publicació automatitzada", "es": "Publicación automatizada"},
    "kinds": ["municipality", "comarcal_council"],
    "population_max": 5000,
    "years": [2025, 2024, 2024],
    "per_entity": 1,
}
ALAMUS, IDESCAT, INE = "2500450006", "250045", "25004"
HEADER = ("Recurs", "Ens", "Expedient", "Sol·licitat", "Finalitzat")
REQUESTED = ("transparencia", ALAMUS, "", "01/02/2024", "")
FINISHED = ("transparencia", ALAMUS, "", "01/02/2024", "03/03/2024")
ENTITIES = (
    "ens_code,code,ine5,kind,name,name_sorted,council,comarca_code,comarca,province_code,province,population_2020"
)


@pytest.fixture
async def catalogue(office: Office) -> Office:
    for resource in (TRANSPARENCY, PUBLISHING):
        await office.staff("POST", "/resources", resource, expect=201)
    return office


async def bring(office: Office, *rows: tuple[str, ...], dry_run: bool = False, expect: int = 200) -> Any:
    answer = await office.api.post(
        "/api/v1/assistances/import",
        content=as_excel_writes(HEADER, rows),
        params={"dry_run": dry_run},
        headers=STAFF,
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


def numbers(answer: Any) -> tuple[int, int, int, int]:
    return answer["new"], answer["changed"], answer["same"], answer["wrong"]


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["detail"]) for error in answer["errors"]]


async def noted(office: Office, code: str = ALAMUS) -> list[Assistance]:
    return await office.use_cases.resources.of_entity(await office.use_cases.entities.get(code))


async def note(office: Office, expect: int = 200, entity: str = ALAMUS, **body: Any) -> Any:
    return await office.staff("PUT", f"/assistances/transparencia/{entity}", body, expect=expect)


def told(assistance: Assistance) -> list[tuple[str, str | None]]:
    """What others were told: the event and the day of the finish."""
    return [(each.headers["ce-type"].split(".")[2], each.data["finished_on"]) for each in assistance.outbox]


async def found(office: Office, rule: Rule, code: str = ALAMUS) -> list[bool | None]:
    entity = await office.use_cases.entities.get(code)
    facts = await office.use_cases.resources.facts_of(entity)
    return [finding.passed for finding in findings(rule, entity, facts, office.clock())]


async def test_a_resource_is_added_listed_and_changed(catalogue: Office) -> None:
    listed = (await catalogue.api.get("/api/v1/resources")).json()["items"]
    assert {item["slug"]: item["years"] for item in listed} == {"transparencia": [], "publicacio": [2024, 2025]}
    changed = await catalogue.staff("PATCH", "/resources/publicacio", {"population_max": None, "years": [2024]})
    assert (changed["population_max"], changed["years"], changed["per_entity"]) == (None, [2024], 1)
    await catalogue.staff("POST", "/resources", TRANSPARENCY, expect=409)
    await catalogue.staff("PATCH", "/resources/altre", {"years": []}, expect=404)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("population_max", "5000"),
        ("population_max", -1),
        ("per_entity", 0),
        ("years", [1999]),
        ("kinds", ["city"]),
        ("colour", "red"),
    ],
)
async def test_a_wrong_field_of_a_resource_is_refused(catalogue: Office, field: str, value: Any) -> None:
    refused = await catalogue.staff("PATCH", "/resources/publicacio", {field: value}, expect=422)
    assert refused["errors"][0]["pointer"].startswith(f"/{field}")


async def test_limits_that_nobody_can_meet_are_refused_also_with_what_is_stored(catalogue: Office) -> None:
    refused = await catalogue.staff("PATCH", "/resources/publicacio", {"population_min": 5001}, expect=422)
    assert faults(refused)[0][0] == "/population_max"
    impossible = {**TRANSPARENCY, "slug": "res", "population_min": 2, "population_max": 1}
    await catalogue.staff("POST", "/resources", impossible, expect=422)


async def test_a_request_and_its_finish_are_told_once_each(catalogue: Office) -> None:
    for _ in range(2):
        await note(catalogue, requested_on="2024-02-01")
    for _ in range(2):
        answer = await note(catalogue, requested_on="2024-02-01", finished_on="2024-03-03")
    [assistance] = await noted(catalogue)
    assert told(assistance) == [("assistance-requested", None), ("assistance-finished", "2024-03-03")]
    assert (answer["id"], answer["source"]) == (assistance.id, "api")
    assert ALAMUS not in assistance.id
    assert "reference" not in assistance.outbox[0].data


async def test_an_entity_is_meant_by_any_of_its_codes(catalogue: Office) -> None:
    for code in (ALAMUS, IDESCAT, INE):
        await note(catalogue, requested_on="2024-02-01", entity=code)
    assert len(await noted(catalogue)) == 1
    await note(catalogue, requested_on="2024-02-01", entity="9999999999", expect=404)
    await catalogue.staff("PUT", f"/assistances/altre/{ALAMUS}", {}, expect=404)


async def test_a_finish_before_its_request_is_refused(catalogue: Office) -> None:
    refused = await note(catalogue, requested_on="2024-02-02", finished_on="2024-02-01", expect=422)
    assert faults(refused) == [("/finished_on", "La finalització és anterior a la sol·licitud.")]
    refused = await bring(catalogue, ("transparencia", ALAMUS, "", "02/02/2024", "01/02/2024"), expect=422)
    assert faults(refused) == [("/2/finished_on", "La finalització és anterior a la sol·licitud.")]
    await note(catalogue, finished_on="1999-01-01", expect=422)


async def test_a_file_is_looked_at_brought_in_and_the_same_again_changes_nothing(catalogue: Office) -> None:
    rows = (FINISHED, ("Publicació automatitzada", "Ajuntament d'Abrera", "X-1", "02/02/2024", ""))
    assert numbers(await bring(catalogue, *rows, dry_run=True)) == (2, 0, 0, 0)
    assert await noted(catalogue) == []
    assert numbers(await bring(catalogue, *rows)) == (2, 0, 0, 0)
    before = await noted(catalogue)
    assert numbers(await bring(catalogue, *rows)) == (0, 0, 2, 0)
    assert await noted(catalogue) == before
    assert [(each.finished_on, each.source) for each in before] == [(date(2024, 3, 3), "import")]


async def test_all_lines_are_stored_or_none(catalogue: Office) -> None:
    wrong = [
        ("altre", ALAMUS, "", "01/02/2024", ""),
        ("transparencia", "Enlloc", "", "01/02/2024", ""),
        ("transparencia", "Barcelona", "", "avui", ""),
        ("transparencia", "0800180001", "", "", "01/01/1024"),
        ("transparencia", "0800180001", "x" * 101, "01/02/2024", ""),
        ("transparencia", "0800180001", "", "", ""),
        FINISHED,
    ]
    refused = await bring(catalogue, FINISHED, *wrong, expect=422)
    pointers = [pointer for pointer, _ in faults(refused)]
    assert [f"/{line}" for line in range(3, 10)] == sorted({pointer.rpartition("/")[0] for pointer in pointers})
    assert {"/3/resource", "/4/entity", "/5/entity", "/5/requested_on", "/6/finished_on"} <= set(pointers)
    assert {"/7/reference", "/8/requested_on", "/9/reference"} <= set(pointers)
    assert await noted(catalogue) == []


async def test_a_file_without_the_column_of_finishes_takes_none_back(catalogue: Office) -> None:
    await bring(catalogue, FINISHED)
    data = as_excel_writes(HEADER[:-1], [FINISHED[:-1]])
    answer = await catalogue.api.post("/api/v1/assistances/import", content=data, headers=STAFF)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/1/finished_on"]


async def test_a_finish_is_undone_by_a_later_file_that_shows_it_first(catalogue: Office) -> None:
    await bring(catalogue, FINISHED)
    looked = await bring(catalogue, REQUESTED, dry_run=True)
    assert looked["lines"][0]["changes"] == [{"column": "finished_on", "before": "2024-03-03", "after": ""}]
    await bring(catalogue, REQUESTED)
    [assistance] = await noted(catalogue)
    assert told(assistance) == [("assistance-finished", "2024-03-03"), ("assistance-requested", None)]
    assert await found(catalogue, Rule(finished_any=("transparencia",))) == [False]


async def test_an_empty_request_keeps_the_day_that_is_known(catalogue: Office) -> None:
    await bring(catalogue, REQUESTED)
    await bring(catalogue, ("transparencia", ALAMUS, "", "", "03/03/2024"))
    [assistance] = await noted(catalogue)
    assert (assistance.requested_on, assistance.finished_on) == (date(2024, 2, 1), date(2024, 3, 3))


async def test_two_references_are_two_uses_of_which_one_finish_is_enough(catalogue: Office) -> None:
    rows = (
        ("transparencia", ALAMUS, "A", "01/02/2023", "01/03/2023"),
        ("transparencia", ALAMUS, "B", "01/02/2024", ""),
    )
    await bring(catalogue, *rows)
    assert [each.reference for each in await noted(catalogue)] == ["B", "A"]
    assert await found(catalogue, Rule(finished_any=("transparencia",))) == [True]


async def test_a_retired_resource_still_counts_for_those_who_finished_it(catalogue: Office) -> None:
    await bring(catalogue, ("publicacio", ALAMUS, "", "", "03/03/2024"))
    await catalogue.staff("PATCH", "/resources/publicacio", {"years": [2020]})
    resource = await catalogue.use_cases.resources.get("publicacio")
    assert resource.is_retired(2026)
    assert not resource.is_retired(2020)
    assert await found(catalogue, Rule(finished_any=("publicacio",))) == [True]
    assert numbers(await bring(catalogue, ("publicacio", "0800180001", "", "", "03/03/2020"))) == (1, 0, 0, 0)


async def test_an_entity_whose_code_an_import_changed_keeps_what_it_finished(catalogue: Office) -> None:
    await bring(catalogue, FINISHED)
    renamed = "2599999999,250045,25004,municipality,els Alamús,x,Ajuntament dels Alamús,33,Segrià,25,Lleida,812"
    text = f"{ENTITIES}\n{renamed}"
    answer = await catalogue.api.post("/api/v1/entities/import", content=text.encode(), headers=STAFF)
    assert answer.status_code == 200
    assert await found(catalogue, Rule(finished_any=("transparencia",)), "2599999999") == [True]
    assert numbers(await bring(catalogue, ("transparencia", "2599999999", "", "01/02/2024", "03/03/2024"))) == (
        0,
        0,
        1,
        0,
    )
    await note(catalogue, entity="2599999999", finished_on="2024-03-04")
    [assistance] = await noted(catalogue, "2599999999")
    assert (assistance.entity, assistance.finished_on) == (ALAMUS, date(2024, 3, 4))
