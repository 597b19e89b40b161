"""The proposals as a table for everybody."""

import csv
import io

from tests.integration.proposals.conftest import Desk

FILE = "/open-data/proposals.csv"


async def read(desk: Desk) -> list[dict[str, str]]:
    answer = await desk.http.get(FILE)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_every_proposal_is_told_with_its_state_and_without_people(desk: Desk) -> None:
    kept = await desk.propose("Queda", email="anna@ens.example", entity="2500450006")
    declined, merged = await desk.propose("No"), await desk.propose("Part")
    await desk.step(declined, "decline", {"reason": "Ja és al web."})
    await desk.step(merged, "merge", {"into": kept})
    rows = {row["id"]: row for row in await read(desk)}
    assert [rows[each]["state"] for each in (kept, declined, merged)] == ["received", "declined", "merged"]
    assert (rows[declined]["answer"], rows[merged]["merged_into"]) == ("Ja és al web.", kept)
    assert rows[kept]["proposed_on"] == desk.clock().date().isoformat()
    text = (await desk.http.get(FILE)).text
    assert "anna" not in text
    assert "2500450006" not in text, "of a council of one person it would be that person"


async def test_a_title_is_no_formula_and_who_has_the_table_is_told_so(desk: Desk) -> None:
    await desk.propose("=1+1")
    [row] = await read(desk)
    assert row["title"] == "'=1+1"
    tag = (await desk.http.get(FILE)).headers["etag"]
    assert (await desk.http.get(FILE, headers={"if-none-match": tag})).status_code == 304
    await desk.propose("Una altra")
    assert (await desk.http.get(FILE, headers={"if-none-match": tag})).status_code == 200
