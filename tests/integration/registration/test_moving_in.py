"""What was before the programme ran here: sessions and who took part in them, brought in from files."""

import io
from datetime import datetime, time
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from services.registration.registrations.domain import RegistrationState
from services.registration.sessions.domain import Session
from tests.integration.registration.conftest import STAFF, Office, told
from tests.support.moving_in import DAYS, PAST, as_excel_writes, participation_file, sessions_file

COUNCILS = ["Ajuntament d'Abrera", "2500450006", "800240000", "els Alamús"]
LINE = ("21/09/2023", "10:00", "Treu-li suc")
HEADER = ("date", "time", "title_ca")


async def bring(office: Office, what: str, data: bytes, *, dry_run: bool = False, expect: int = 200) -> Any:
    path = f"/api/v1/{what}/import"
    answer = await office.api.post(path, content=data, params={"dry_run": dry_run}, headers=STAFF)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def brought(office: Office) -> list[Session]:
    """By start."""
    return sorted(await office.store.sessions.recorded(), key=lambda session: session.starts_at)


def numbers(answer: Any) -> tuple[int, int, int, int]:
    return answer["new"], answer["changed"], answer["same"], answer["wrong"]


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["detail"]) for error in answer["errors"]]


async def past(office: Office, path: str = "/api/v1/sessions") -> httpx.Response:
    return await office.api.get(path, params={"when": "past", "limit": 50})


async def test_the_six_sessions_stand_in_the_archive_and_the_same_file_again_changes_nothing(office: Office) -> None:
    data = sessions_file("dijous")
    looked = await bring(office, "sessions", data, dry_run=True)
    assert (numbers(looked), looked["stored"], looked["mails"]) == ((6, 0, 0, 0), False, 0)
    assert await brought(office) == []
    assert numbers(await bring(office, "sessions", data)) == (6, 0, 0, 0)
    before = await brought(office)
    assert numbers(await bring(office, "sessions", data)) == (0, 0, 6, 0)
    assert await brought(office) == before
    listed = (await past(office)).json()["items"]
    assert [item["title"]["ca"] for item in reversed(listed)] == [title for _, title in PAST]
    assert [item["recording_url"] for item in listed] == [f"https://video.example/{day}" for day in reversed(DAYS)]
    page = await office.api.get(f"/sessions/{listed[0]['id']}", headers={"accept": "text/html"})
    assert "https://docs.example/2024-04-25.pdf" in page.text


async def test_a_workbook_with_real_dates_is_the_same_as_its_csv(office: Office) -> None:
    book, file = Workbook(), io.BytesIO()
    book.active.append(("Data", "Hora", "Durada", "Títol"))
    book.active.append((datetime(2023, 9, 21), time(10), 60, "Treu-li suc"))
    book.save(file)
    assert numbers(await bring(office, "sessions", file.getvalue())) == (1, 0, 0, 0)
    assert numbers(await bring(office, "sessions", as_excel_writes(HEADER, [LINE]))) == (0, 0, 1, 0)


async def test_a_session_of_the_past_tells_one_event_that_begins_no_survey_and_no_mail(office: Office) -> None:
    await bring(office, "sessions", sessions_file("dijous"))
    for session in await brought(office):
        assert told(session) == ["session-recorded"]
        assert (session.status, session.ended_at) == ("ended", session.ends_at)
        assert session.outbox[0].data["recording_url"] == session.recording_url


async def test_the_clock_of_the_programme_counts_also_in_winter_and_in_the_hours_of_the_change(office: Office) -> None:
    rows = [
        ("21/09/2023", "10:00", "Estiu"),
        ("25/01/2024", "10.00 h", "Hivern"),
        ("29/10/2023", "2:30", "Dues vegades"),
    ]
    await bring(office, "sessions", as_excel_writes(HEADER, rows))
    assert [f"{session.starts_at:%d %H:%M}" for session in await brought(office)] == [
        "21 08:00",
        "29 00:30",
        "25 09:00",
    ]
    refused = await bring(office, "sessions", as_excel_writes(HEADER, [("26/03/2023", "02:30", "x")]), expect=422)
    assert faults(refused) == [
        ("/2/time", "Aquell dia es van avançar els rellotges: aquesta hora no hi va ser."),
    ]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (("26/11/2026", "09:30", "Encara dura"), "date"),  # it is ten o'clock in Barcelona
        (("21/09/2027", "10:00", "Per venir"), "date"),
        (("31/02/2023", "10:00", "x"), "date"),
        (("21/09/1923", "10:00", "x"), "date"),
        (("21/09/2023", "al matí", "x"), "time"),
        (("21/09/2023", "10:00", ""), "title_ca"),
        (("21/09/2023", "10:00", "x" * 301), "title_ca"),
        (("21/09/2023", "10:00", "x", "0"), "duration_minutes"),
        (("21/09/2023", "10:00", "x", "una hora"), "duration_minutes"),
        (("21/09/2023", "10:00", "x", "60", "http://video.example/1"), "recording_url"),
        (("21/09/2023", "10:00", "x", "60", "", "javascript:alert(1)"), "material_1_url"),
        (("21/09/2023", "10:00", "x", "60", "", "https://a.example", "other"), "programme"),
    ],
)
async def test_a_wrong_line_is_named_and_nothing_is_stored(office: Office, line: tuple[str, ...], column: str) -> None:
    header = (*HEADER, "duration_minutes", "recording_url", "material_1_url", "programme")
    data = as_excel_writes(header, [("20/09/2023", "10:00", "Bona"), line])
    refused = await bring(office, "sessions", data, expect=422)
    assert [pointer for pointer, _ in faults(refused)] == [f"/3/{column}"]
    looked = await bring(office, "sessions", data, dry_run=True)
    assert numbers(looked) == (1, 0, 0, 1)
    assert looked["lines"][1]["errors"][0]["pointer"] == f"/3/{column}"
    assert await brought(office) == []


async def test_a_missing_column_and_a_line_twice_are_named(office: Office) -> None:
    refused = await bring(office, "sessions", b"Dia;Titol\n1/1/2023;x\n", expect=422)
    assert faults(refused) == [("/1/time", "Digueu quina columna del fitxer és «time».")]
    refused = await bring(office, "sessions", as_excel_writes(HEADER, [LINE, LINE]), expect=422)
    assert faults(refused) == [("/3/", "Això és dues vegades al fitxer: mireu la línia 2.")]


async def test_the_preview_tells_every_change_and_an_empty_cell_takes_nothing_away(office: Office) -> None:
    header = (*HEADER, "Gravació", "external_id")
    await bring(office, "sessions", as_excel_writes(header, [(*LINE, "https://video.example/1", "2023-1")]))
    corrected = [("22/09/2023", "10:00", "Treu-li més suc", "", "2023-1")]
    looked = await bring(office, "sessions", as_excel_writes(header, corrected), dry_run=True)
    assert looked["lines"][0]["changes"] == [
        {"column": "date", "before": "2023-09-21", "after": "2023-09-22"},
        {"column": "title_ca", "before": "Treu-li suc", "after": "Treu-li més suc"},
    ]
    await bring(office, "sessions", as_excel_writes(header, corrected))
    [session] = await brought(office)
    assert (session.title["ca"], session.recording_url) == ("Treu-li més suc", "https://video.example/1")
    assert told(session) == ["session-recorded", "session-recorded"]


async def test_materials_that_a_file_takes_away_are_told(office: Office) -> None:
    await bring(office, "sessions", as_excel_writes(HEADER, [LINE]))
    [session] = await brought(office)
    materials = [{"title": f"Document {n}", "url": f"https://docs.example/{n}"} for n in range(1, 8)]
    await office.staff("POST", f"/sessions/{session.id}/materials", {"materials": materials})
    data = as_excel_writes((*HEADER, "material_1_title", "material_1_url"), [(*LINE, "Un", "https://docs.example/1")])
    looked = await bring(office, "sessions", data, dry_run=True)
    changes = {each["column"]: (each["before"], each["after"]) for each in looked["lines"][0]["changes"]}
    assert changes["material_1_title"] == ("Document 1", "Un")
    assert changes["material_7_url"] == ("https://docs.example/7", "")


async def test_a_session_at_a_time_at_which_another_was_before_is_a_new_one(office: Office) -> None:
    header = (*HEADER, "external_id")
    await bring(office, "sessions", as_excel_writes(HEADER, [LINE]))
    await bring(office, "sessions", as_excel_writes(header, [(*LINE, "2023-1")]))
    await bring(office, "sessions", as_excel_writes(header, [("22/09/2023", "10:00", "Treu-li suc", "2023-1")]))
    await bring(office, "sessions", as_excel_writes(HEADER, [("21/09/2023", "10:00", "Una altra")]))
    assert [session.title["ca"] for session in await brought(office)] == ["Una altra", "Treu-li suc"]


async def test_a_title_that_begins_like_a_formula_stays_a_title(office: Office) -> None:
    await bring(office, "sessions", as_excel_writes(HEADER, [("21/09/2023", "10:00", "=Com ho fem?")]))
    [session] = await brought(office)
    assert session.title == {"ca": "=Com ho fem?"}
    page = await office.api.get("/sessions", headers={"accept": "text/html"})
    assert "=Com ho fem?" in page.text


async def test_a_session_that_was_held_here_stays_as_it_is(office: Office) -> None:
    held = await office.scheduled(starts_at="2026-11-26T11:00:00+01:00")
    office.clock.move(hours=3)
    await office.staff("POST", f"/sessions/{held}/end", {})
    data = as_excel_writes(HEADER, [("26/11/2026", "11:00", "Una altra")])
    refused = await bring(office, "sessions", data, expect=422)
    assert [pointer for pointer, _ in faults(refused)] == ["/2/date"]
    assert (await office.session(held)).title == {"ca": "Treu-li suc"}


async def test_a_session_of_the_past_may_be_edited_and_is_neither_moved_nor_cancelled(office: Office) -> None:
    await bring(office, "sessions", as_excel_writes(HEADER, [LINE]))
    [session] = await brought(office)
    path = f"/sessions/{session.id}"
    await office.staff("PATCH", path, {"title": {"ca": "Un altre títol"}})
    await office.staff("POST", f"{path}/materials", {"recording_url": "https://video.example/2"})
    await office.staff("POST", f"{path}/reschedule", {"starts_at": "2027-01-14T10:00:00+01:00"}, expect=409)
    await office.staff("POST", f"{path}/cancel", {}, expect=409)
    await office.staff("PATCH", path, {"duration_minutes": 90}, expect=409)
    [edited] = await brought(office)
    assert told(edited) == ["session-recorded"] * 3
    assert edited.outbox[-1].data["recording_url"] == "https://video.example/2"
    registered = await office.register(session.id)
    assert registered.status_code == 409


async def test_sessions_of_the_past_are_announced_however_old_they_are(office: Office) -> None:
    await bring(office, "sessions", as_excel_writes(HEADER, [LINE]))
    [session] = await brought(office)
    await office.use_cases.sessions.refresh_live()
    assert office.use_cases.sessions.live == [session.id]
    await office.use_cases.sessions.republish(session.id)
    assert told((await brought(office))[0]) == ["session-recorded"] * 2


async def test_what_a_crash_left_of_an_import_is_carried_out(
    office: Office, replica: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(place: str) -> None:
        raise RuntimeError(place)

    monkeypatch.setattr("shared.imports.accepted.failpoint", die)
    with pytest.raises(RuntimeError, match="import-accepted"):
        await bring(office, "sessions", sessions_file("dijous"))
    assert await brought(office) == []
    monkeypatch.undo()
    await replica.use_cases.moving_in.imports.step()
    assert len(await brought(office)) == 6
    [left] = await office.documents.find("imports", {}, limit=10)
    assert (left["items"], left["unsettled"]) == ([], 0)


async def test_councils_that_took_part_are_counted_without_people(office: Office) -> None:
    await bring(office, "sessions", sessions_file("dijous"))
    data = participation_file("dijous", COUNCILS[:2])
    assert numbers(await bring(office, "participation", data)) == (12, 0, 0, 0)
    assert numbers(await bring(office, "participation", data)) == (0, 0, 12, 0)
    session = (await brought(office))[0]
    places = await office.registrations(session.id)
    assert sorted((place.entity_name, bool(place.attended_at)) for place in places) == [
        ("Ajuntament d'Abrera", False),
        ("Ajuntament dels Alamús", False),
        ("Ajuntament dels Alamús", True),
    ]
    for place in places:
        assert (place.name, place.email, place.role) == ("", "", "")
        assert place.erased_at == session.ends_at
        assert place.outbox == ()


async def test_fewer_and_more_of_a_council_are_counted_anew(office: Office) -> None:
    await bring(office, "sessions", as_excel_writes(HEADER, [LINE]))
    [session] = await brought(office)
    for registered, attended in ((3, 2), (1, 1), (4, 0)):
        data = as_excel_writes(
            ("session", "entity", "registered", "attended"), [(session.id, "Abrera", registered, attended)]
        )
        looked = await bring(office, "participation", data, dry_run=True)
        assert looked["new"] + looked["changed"] == 1
        await bring(office, "participation", data)
        counts = await office.store.registrations.counts(session.id)
        assert (counts.registered, counts.attended) == (registered, attended)
        assert numbers(await bring(office, "participation", data)) == (0, 0, 1, 0)
    cancelled = [place for place in await office.registrations(session.id) if place.state == "cancelled"]
    assert cancelled == []


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        (("21/09/2023", "Barcelona", "2", "1"), "entity", "Diputació de Barcelona"),
        (("21/09/2023", "Atlàntida", "2", "1"), "entity", "Cap ens local"),
        (("22/09/2023", "Abrera", "2", "1"), "session", "no hi ha res"),
        (("21/09/2023", "Abrera", "1", "2"), "attended", "més persones"),
        (("21/09/2023", "Abrera", "molts", "2"), "registered", "de 0 a 500"),
        (("21/09/2023", "Abrera", "501", "2"), "registered", "de 0 a 500"),
        (("21/09/2023", "Abrera", "", ""), "registered", "Digueu quantes"),
    ],
)
async def test_a_wrong_line_of_participation_is_named(
    office: Office, cells: tuple[str, ...], column: str, words: str
) -> None:
    await bring(office, "sessions", as_excel_writes(HEADER, [LINE]))
    header = ("session", "entity", "registered", "attended")
    [(pointer, detail)] = faults(await bring(office, "participation", as_excel_writes(header, [cells]), expect=422))
    assert pointer == f"/2/{column}"
    assert words in detail


async def test_names_of_people_are_refused_in_files_of_the_past(office: Office) -> None:
    await bring(office, "sessions", as_excel_writes(HEADER, [LINE]))
    data = as_excel_writes(("Sessió", "Ens", "Assistents", "Cognoms"), [("21/09/2023", "Abrera", 1, "Puig")])
    refused = await bring(office, "participation", data, dry_run=True, expect=422)
    assert refused["type"] == "urn:dijous:problem:people-in-the-file"
    data = as_excel_writes((*HEADER, "Notes"), [(*LINE, "demanar-ho a nuria@abrera.cat")])
    assert numbers(await bring(office, "sessions", data)) == (0, 0, 1, 0)
    data = as_excel_writes((*HEADER, "Notes"), [(*LINE, "nuria@abrera.cat")])
    await bring(office, "sessions", data, expect=422)


async def test_two_sessions_of_a_day_are_told_apart_by_programme_code_or_id(office: Office) -> None:
    await office.staff("POST", "/programmes", {"slug": "pilot", "name": {"ca": "Pilot"}, "kind": "series"}, expect=201)
    header = (*HEADER, "programme", "external_id")
    rows = [(*LINE, "dijous", ""), ("21/09/2023", "12:00", "Pilot 1", "Pilot", "P-1")]
    await bring(office, "sessions", as_excel_writes(header, rows))
    header = ("session", "entity", "registered", "attended", "programme")
    ambiguous = as_excel_writes(header, [("21/09/2023", "Abrera", 1, 1, "")])
    [(pointer, detail)] = faults(await bring(office, "participation", ambiguous, expect=422))
    assert pointer == "/2/session"
    assert "P-1" in detail
    for line in (("21/09/2023", "Abrera", 1, 1, "pilot"), ("P-1", "Abrera", 1, 1, ""), ("Pilot 1", "Abrera", 1, 1, "")):
        await bring(office, "participation", as_excel_writes(header, [line]))
    [session] = [each for each in await brought(office) if each.programme == "pilot"]
    assert [place.state for place in await office.registrations(session.id)] == [RegistrationState.REGISTERED]


PEOPLE = ("Nom i cognoms", "Correu electrònic", "Ajuntament", "Càrrec", "Llengua")


async def test_people_of_a_session_to_come_are_registered_as_if_by_hand(office: Office) -> None:
    session = await office.scheduled(capacity=2)
    await office.register(session, 1)
    rows = [
        ("Núria Puig", "person1@alamus.example", "els Alamús", "", ""),
        ("Pere Mas", "pere@abrera.example", "Abrera", "Secretari", "castellà"),
        ("Ona Roig", "ona@abrera.example", "Abrera", "", ""),
    ]
    what = f"sessions/{session}/registrations"
    looked = await bring(office, what, as_excel_writes(PEOPLE, rows), dry_run=True)
    assert (numbers(looked), looked["mails"]) == ((2, 0, 1, 0), 2)
    await bring(office, what, as_excel_writes(PEOPLE, rows))
    found = {item.name: item for item in await office.registrations(session)}
    assert (found["Pere Mas"].state, found["Pere Mas"].language, found["Pere Mas"].role) == (
        "registered",
        "es",
        "Secretari",
    )
    assert found["Ona Roig"].state == "waiting"
    assert told(found["Ona Roig"]) == ["entity-registered"]
    again = await bring(office, what, as_excel_writes(PEOPLE, rows))
    assert (numbers(again), again["mails"]) == ((0, 0, 3, 0), 0)
    assert {item.name: item for item in await office.registrations(session)} == found
    kept = await office.documents.find("imports", {}, limit=10)
    assert "pere@abrera.example" not in str(kept)


async def test_a_wrong_person_is_named_and_nobody_is_registered(office: Office) -> None:
    session = await office.scheduled()
    rows = [
        ("Núria Puig", "nuria@alamus.example", "els Alamús", "", ""),
        ("", "a@b", "Barcelona", "", "klingon"),
        ("Núria P.", "nuria@alamus.example", "els Alamús", "", ""),
    ]
    refused = await bring(office, f"sessions/{session}/registrations", as_excel_writes(PEOPLE, rows), expect=422)
    assert [pointer for pointer, _ in faults(refused)] == [
        "/3/entity",
        "/3/name",
        "/3/email",
        "/3/language",
        "/4/email",
    ]
    assert await office.registrations(session) == []


async def test_people_are_not_registered_for_a_session_that_is_over(office: Office) -> None:
    await bring(office, "sessions", as_excel_writes(HEADER, [LINE]))
    [session] = await brought(office)
    data = as_excel_writes(PEOPLE, [("Núria Puig", "nuria@alamus.example", "els Alamús", "", "")])
    await bring(office, f"sessions/{session.id}/registrations", data, expect=409)
    await bring(office, "sessions/nothing/registrations", data, expect=404)
