"""Results from before: the same rule as for measured ones, in whose place they never come."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.feedback.domain.known import KnownProgramme
from services.feedback.handlers import routes
from services.feedback.store import SURVEYS
from shared.events.registration import SessionRecorded
from shared.events.vocabulary import Language, SessionStatus
from shared.staff import Role
from tests.integration.feedback.house import PROGRAMME, STAFF, House, programme_defined
from tests.support.handling import handle
from tests.support.moving_in import PAST, as_excel_writes, results_file

HEADER = ("session", "answers", "question", "mean")
SESSION = "mmmmmmmmmmmmmmm2"
DAY = "21/09/2023"


def recorded(session_id: str, day: str, title: str, **more: Any) -> SessionRecorded:
    return SessionRecorded(
        version=1,
        session_id=session_id,
        programme=PROGRAMME,
        title={Language.CA: title},
        starts_at=datetime.fromisoformat(f"{day}T08:00:00+00:00"),
        duration_minutes=60,
        status=SessionStatus.ENDED,
        **more,
    )


async def learn_past(house: House) -> None:
    """The six sessions of the reference."""
    await house.use_cases.store.programmes.apply(KnownProgramme.from_event(programme_defined()))
    for number, (day, title) in enumerate(PAST, start=2):
        await handle(
            routes(house.use_cases), recorded(f"mmmmmmmmmmmmmmm{number}", day, title, external_id=f"S-{number}")
        )


async def bring(house: House, data: bytes, *, dry_run: bool = False, expect: int = 200) -> Any:
    answer = await house.client.post("/api/v1/results/import", content=data, params={"dry_run": dry_run}, headers=STAFF)
    assert answer.status_code == expect, answer.text
    return answer.json()


def numbers(answer: Any) -> tuple[int, int, int, int]:
    return answer["new"], answer["changed"], answer["same"], answer["wrong"]


async def results(house: House, session: str = SESSION) -> Any:
    return (await house.client.get(f"/api/v1/results/{session}")).json()


async def test_a_session_of_the_past_begins_no_survey(house: House) -> None:
    await learn_past(house)
    await house.use_cases.do_what_is_due()
    assert await house.raw.count(SURVEYS) == 0


async def test_results_of_six_sessions_stand_in_archive_and_chart_and_the_same_file_changes_nothing(
    house: House,
) -> None:
    await learn_past(house)
    data = results_file(PROGRAMME)
    assert numbers(await bring(house, data, dry_run=True)) == (24, 0, 0, 0)
    assert await house.raw.count("results") == 0
    await bring(house, data)
    assert await house.event_names() == ["results-published"] * 6
    before = await house.raw.find("results")
    house.clock.move(timedelta(days=1))
    assert numbers(await bring(house, data)) == (0, 0, 24, 0)
    assert await house.raw.find("results") == before
    assert await house.event_names() == ["results-published"] * 6
    page = (await house.client.get(f"/results?programme={PROGRAMME}&lang=ca")).text
    assert page.count('class="card"') == 6
    assert "2023" in page
    assert page.count("<svg") == 4
    [act] = await house.acts()
    assert (act.action, act.details) == ("results.imported", {"lines_new": 24, "lines_changed": 0})


async def test_a_mean_without_the_number_of_answers_is_refused(house: House) -> None:
    await learn_past(house)
    refused = await bring(house, as_excel_writes(HEADER, [(DAY, "", "content", "8,5")]), expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/2/answers"]
    assert refused["errors"][0]["detail"].startswith("Without the number of answers the rule")
    assert await house.raw.count("results") == 0


async def test_fewer_than_five_answers_are_stored_as_hidden(house: House) -> None:
    await learn_past(house)
    looked = await bring(house, as_excel_writes(HEADER, [(DAY, 4, "content", "8,5")]), dry_run=True)
    assert looked["lines"][0]["changes"] == [{"column": "answers", "before": "", "after": "< 5"}]
    await bring(house, as_excel_writes(HEADER, [(DAY, 4, "content", "8,5")]))
    found = await results(house)
    assert (found["n"], found["questions"]) == (None, {})
    assert b"8.5" not in house.raw_bytes()
    assert "the results are hidden" in (await house.client.get(f"/results/{SESSION}")).text


async def test_from_five_the_means_and_from_ten_the_scores_are_shown(house: House) -> None:
    await learn_past(house)
    header = (*HEADER, "score_7", "score_9")
    await bring(house, as_excel_writes(header, [("S-2", 8, "content", "8,00", 4, 4), ("S-3", 12, "content", "", 6, 6)]))
    few, many = await results(house), await results(house, "mmmmmmmmmmmmmmm3")
    assert (few["questions"]["content"]["mean"], few["questions"]["content"]["distribution"]) == (8, None)
    assert many["questions"]["content"]["distribution"] == [0] * 7 + [6, 0, 6, 0]
    assert many["questions"]["content"]["mean"] == 8


async def test_another_scale_is_converted_with_its_ends_and_marked(house: House) -> None:
    await learn_past(house)
    header = (*HEADER, "scale_min", "scale_max")
    await bring(house, as_excel_writes(header, [(DAY, 20, "content", "4", 1, 5)]))
    question = (await results(house))["questions"]["content"]
    assert (question["mean"], question["converted_from"]) == (7.5, "1–5")
    assert "converted from the scale 1–5" in (await house.client.get(f"/results/{SESSION}")).text
    house.sign_in(Role.VIEWER)
    export = (await house.client.get("/office/results/export.csv")).content
    assert numbers(await bring(house, export)) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("more", "column"),
    [
        ({"mean": "Molt bé"}, "mean"),
        ({"mean": "11"}, "mean"),
        ({"mean": "4", "scale_max": "5"}, "scale_min"),
        ({"mean": "4", "scale_min": "5", "scale_max": "1"}, "scale_min"),
        ({"mean": "6", "scale_min": "1", "scale_max": "5"}, "mean"),
        ({"mean": "4", "scale_min": "1", "scale_max": "5", "score_4": "20"}, "score_4"),
        ({"mean": "7", "score_9": "20"}, "mean"),
        ({"mean": "", "score_9": "21"}, "score_9"),
        ({"answers": "vint"}, "answers"),
        ({"question": "Què tal?"}, "question"),
        ({"session": "01/01/2020"}, "session"),
    ],
)
async def test_a_wrong_line_is_named_and_nothing_is_stored(house: House, more: dict[str, str], column: str) -> None:
    await learn_past(house)
    line = {"session": DAY, "answers": "20", "question": "content", "mean": "8", **more}
    good = {**dict.fromkeys(line, ""), "session": "S-3", "answers": "20", "question": "content", "mean": "8"}
    refused = await bring(house, as_excel_writes(list(line), [list(good.values()), list(line.values())]), expect=422)
    assert [error["pointer"] for error in refused["errors"]] == [f"/3/{column}"]
    assert await house.raw.count("results") == 0


async def test_lines_of_a_session_agree(house: House) -> None:
    await learn_past(house)
    rows = [(DAY, 20, "content", 8), (DAY, 21, "duration", 8), (DAY, 20, "Contingut", 9)]
    refused = await bring(house, as_excel_writes(HEADER, rows), expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/3/answers", "/4/question"]


async def test_a_question_of_another_survey_brings_its_text(house: House) -> None:
    await learn_past(house)
    header = ("Sessió", "Respostes", "Pregunta", "Text", "Mitjana")
    await bring(house, as_excel_writes(header, [(DAY, 20, "speaker", "Què us ha semblat el ponent?", "9,1")]))
    assert (await results(house))["questions"]["speaker"]["text"] == "Què us ha semblat el ponent?"


async def test_imported_results_replace_imported_ones_and_never_measured_ones(house: House) -> None:
    measured, tokens = await house.open_survey(6)
    for token in tokens:
        await house.answer(token, content=9)
    await house.publish(measured)
    await learn_past(house)
    await bring(house, as_excel_writes(HEADER, [("S-2", 20, "content", 8)]))
    looked = await bring(house, as_excel_writes(HEADER, [("S-2", 20, "content", 7)]), dry_run=True)
    assert looked["lines"][0]["changes"] == [{"column": "mean", "before": "8.00", "after": "7.00"}]
    await bring(house, as_excel_writes(HEADER, [("S-2", 20, "content", 7)]))
    assert (await results(house))["questions"]["content"]["mean"] == 7
    refused = await bring(house, as_excel_writes(HEADER, [(measured, 20, "content", 1)]), expect=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/2/session"]
    one = {
        "_id": measured,
        "programme": PROGRAMME,
        "title": {"ca": "x"},
        "ended_at": 0,
        "year": 2023,
        "published_at": 0,
    }
    await house.use_cases.importing.keep({**one, "imported": 1})
    assert (await results(house, measured))["questions"]["content"]["mean"] == 9


async def test_results_follow_the_title_of_their_session(house: House) -> None:
    await learn_past(house)
    data = as_excel_writes(HEADER, [("S-2", 20, "content", 8)])
    await bring(house, data)
    renamed = recorded(SESSION, PAST[0][0], "Un altre títol", external_id="S-2").model_copy(update={"version": 2})
    await handle(routes(house.use_cases), renamed)
    looked = await bring(house, data, dry_run=True)
    assert looked["lines"][0]["changes"] == [{"column": "session", "before": PAST[0][1], "after": "Un altre títol"}]
    await bring(house, data)
    assert (await results(house))["title"] == "Un altre títol"


async def test_the_office_sees_that_they_were_brought_in_and_sends_them_from_its_page(house: House) -> None:
    await learn_past(house)
    house.sign_in(Role.EDITOR)
    assert (await house.client.get("/office/results/import")).status_code == 403
    house.sign_in(Role.ADMIN)
    hidden = await house.form_of("/office/results/import")
    answer = await house.client.post(
        "/office/results/import", data=hidden, files={"file": ("r.csv", results_file(PROGRAMME))}
    )
    assert answer.status_code == 200
    assert "Nobody gets a mail." in answer.text
    assert await house.raw.count("results") == 0


async def test_a_result_that_others_missed_is_told_again_without_a_survey(house: House) -> None:
    await learn_past(house)
    await bring(house, as_excel_writes(HEADER, [("S-2", 20, "content", 8)]))
    [survey] = await house.raw.find(SURVEYS)
    await house.raw.update(SURVEYS, survey["_id"], assign={"outbox": [], "pending": 0})
    await house.use_cases.surveys.republish(SESSION)
    assert await house.event_names() == ["results-published"]
    await house.use_cases.do_what_is_due()
    await house.use_cases.announce_and_tidy()
    assert await house.event_names() == ["results-published"]


async def test_open_data_of_the_past_is_as_that_of_today(house: House) -> None:
    await learn_past(house)
    await bring(house, results_file(PROGRAMME))
    text = (await house.client.get(f"/results/{SESSION}.csv")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["answers"], row["question"], row["mean"]) for row in rows][:2] == [
        ("30", "content", "8.0"),
        ("30", "duration", "8.01"),
    ]
    assert rows[0]["ended_at"] == datetime(2023, 9, 21, 9, tzinfo=UTC).isoformat()
