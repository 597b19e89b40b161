"""The yearly report of a programme, and «Avui» when a session is rated below what was promised."""

import csv
import html
import io
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.registration.projections import KnownProposal, KnownResult
from shared.events.feedback import QuestionResult, ResultsPublished
from shared.events.proposals import TopicProposed
from shared.events.vocabulary import Language, ProposalKind, ProposalState
from shared.staff import API_CALLER, Role
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work

PATH = "/office/programmes/dijous/report"
PROMISED = "Sessions valorades per sota de la mitjana compromesa"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    """A programme that promises a 5, and a session of it with two people that was held last week; one of them came."""
    async with desk_at_work(tmp_path) as opened:
        await opened.staff("PATCH", "/programmes/dijous", {"lowest_mean": 5})
        session = await opened.scheduled(starts_at="2026-11-28T10:00:00+01:00")
        await opened.register(session, 1)
        await opened.register(session, 2, entity="0800180001")
        opened.come_back(days=7)
        first = (await opened.store.registrations.all_of(session))[0]
        await opened.use_cases.attendance.mark(API_CALLER, session, [first.id], [])
        await opened.staff("POST", f"/sessions/{session}/end", {})
        yield opened


async def _session(desk: OfficeDesk) -> str:
    (session,) = await desk.store.sessions.of_programme("dijous")
    return session.id


async def _rated(desk: OfficeDesk, means: Mapping[str, float | None], answers: int | None = 8) -> None:
    questions = {key: QuestionResult(mean=mean, text={Language.CA: f"{key}?"}) for key, mean in means.items()}
    told = ResultsPublished(
        version=5, session_id=await _session(desk), programme="dijous", answers=answers, questions=questions
    )
    await desk.use_cases.known.results.apply(KnownResult.from_event(told))


def _words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


async def _table(desk: OfficeDesk, year: int = 2026) -> dict[tuple[str, str, str], tuple[str, str]]:
    answer = await desk.get(f"{PATH}.csv?year={year}")
    assert answer.headers["content-disposition"] == f'attachment; filename="dijous-{year}.csv"'
    header, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert header == ["Apartat", "Què", "Dada", str(year), str(year - 1)]
    return {(part, what, name): (now, before) for part, what, name, now, before in rows}


async def test_the_report_shows_the_year_beside_the_one_before(desk: OfficeDesk) -> None:
    await _rated(desk, {"content": 8.25, "duration": 5.0})
    desk.sign_in(Role.VIEWER)
    now = _words((await desk.get(f"{PATH}?year=2026")).text)
    assert "Informe anual de 2026" in now
    assert "Sessions fetes 1 0" in now
    assert "De les quals, hi han assistit 1 0 Percentatge d'assistència 50 % –" in now
    assert "Pregunta 28/11 2026 2025 content? 8,25 8,25 –" in now
    assert "5,00: es compleix" in now
    assert "Lleida 231 1 (0 %) 0 (0 %)" in now
    assert "Segrià 38 1 (3 %) 0 (0 %)" in now
    after = _words((await desk.get(f"{PATH}?year=2027")).text)
    assert "Sessions fetes 0 1" in after
    assert "El 2027 no s'ha fet cap sessió." in after
    assert "Informe anual de 2026" in _words((await desk.get(PATH)).text), "without a year the present one"
    assert f'href="{PATH}"' in (await desk.get("/office/programmes")).text


async def test_the_report_as_a_table_has_no_formulas(desk: OfficeDesk) -> None:
    await _rated(desk, {"content": 8.25, "=1+1": 7.0})
    table = await _table(desk)
    assert table["Sessions", "", "Sessions fetes"] == ("1", "0")
    assert table["Mitjanes dels formularis de valoració", "content?", "Mitjana"] == ("8.25", "")
    assert table["Mitjanes dels formularis de valoració", "'=1+1?", "Mitjana"] == ("7.0", "")
    held = "28/11/2026 Treu-li suc"
    assert table["Sessió per sessió", held, "Inscripcions"] == ("2", "")
    assert table["Sessió per sessió", held, "content?"] == ("8.25", "")
    assert table["Per províncies", "Lleida", "Hi han assistit"] == ("1", "0")
    assert not [row for row in table if any(cell.startswith("=") for cell in row)]


async def test_who_was_erased_counts_by_entity_all_the_same(desk: OfficeDesk) -> None:
    before = await _table(desk)
    await desk.staff("PATCH", "/programmes/dijous", {"keep_people_days": 1})
    await desk.use_cases.retention.erase_past()
    assert not any(each.email for each in await desk.store.registrations.all_of(await _session(desk)))
    assert await _table(desk) == before
    assert before["Persones i ens locals", "", "Ens locals amb alguna inscripció"] == ("2", "0")


async def test_a_hidden_mean_is_said_to_tell_nothing(desk: OfficeDesk) -> None:
    await _rated(desk, {"content": None}, answers=None)
    assert "5,00: no es pot dir" in _words((await desk.get(PATH)).text)
    assert PROMISED not in _words((await desk.get("/office")).text)


async def test_today_tells_for_a_time_of_a_mean_below_what_was_promised(desk: OfficeDesk) -> None:
    assert PROMISED not in _words((await desk.get("/office")).text)
    await _rated(desk, {"content": 4.43, "duration": 7.0})
    page = (await desk.get("/office")).text
    assert PROMISED in _words(page)
    assert "content? 4,43; el compromís és d'un mínim de 5,00." in _words(page)
    assert "duration?" not in _words(page)
    assert f'href="/office/results/{await _session(desk)}"' in page
    assert "5,00: no es compleix" in _words((await desk.get(PATH)).text)
    desk.come_back(days=60)
    assert PROMISED not in _words((await desk.get("/office")).text), "it is no longer to be dealt with"


async def test_results_kept_before_their_means_were_tell_nothing_and_are_asked_for_again(desk: OfficeDesk) -> None:
    session = await _session(desk)
    await desk.raw.insert("known_results", {"_id": session, "seen": 5, "answers": 8})
    assert "5,00: no es pot dir" in _words((await desk.get(PATH)).text)
    assert await desk.use_cases.known.results.missing([(session, 5)]) == [session]
    await _rated(desk, {"content": 8.0})
    assert await desk.use_cases.known.results.missing([(session, 5)]) == []


async def test_proposals_are_counted_in_the_year_in_which_they_were_received(desk: OfficeDesk) -> None:
    for number, year in enumerate((2025, 2026, 2026)):
        told = TopicProposed(
            version=1,
            proposal_id=f"proposal{number}",
            programme="dijous",
            kind=ProposalKind.TOPIC,
            title="Tema",
            state=ProposalState.RECEIVED,
            supports=0,
            created_at=datetime(year, 5, 4, tzinfo=UTC),
        )
        await desk.use_cases.known.proposals.apply(KnownProposal.from_event(told))
    table = await _table(desk)
    assert table["Propostes", "", "Propostes rebudes"] == ("2", "1")
    assert table["Propostes", "", "Encara no estudiades"] == ("2", "1")
    assert '<option value="2025">' in (await desk.get(PATH)).text


async def test_petitions_are_counted_with_the_days_until_the_first_answer(desk: OfficeDesk) -> None:
    offer = {"programme": "dijous", "slug": "suport", "title": {"ca": "Suport"}, "answer_days": 3}
    await desk.staff("POST", "/offers", offer, expect=201)
    for number in (1, 2, 3):
        asked = {"name": "Núria", "email": f"n{number}@alamus.example", "entity": "2500450006", "consent": True}
        await desk.staff("POST", "/offers/dijous:suport/petitions", {**asked, "answers": {}}, expect=202)
    first, second, _ = [each.id for each in await desk.store.petitions.of_offer("dijous:suport")]
    desk.come_back(days=1)
    await desk.staff("POST", f"/petitions/{first}/answer", {"text": "Sí"})
    desk.come_back(days=9)
    await desk.staff("POST", f"/petitions/{second}/answer", {"text": "També"})
    table = await _table(desk)
    assert table["Peticions", "", "Peticions rebudes"] == ("3", "0")
    assert table["Peticions", "", "Peticions respostes"] == ("2", "0")
    assert table["Peticions", "", "Dies fins a la primera resposta (mediana)"] == ("5.5", "")
    assert table["Compromisos", "", "Peticions respostes dins del termini compromès"] == ("1", "0")
    assert table["Compromisos", "", "Peticions respostes fora del termini compromès"] == ("1", "0")


@pytest.mark.parametrize("path", [f"{PATH}?year=1999", f"{PATH}?year=abc", f"{PATH}.csv?year=2200"])
async def test_a_year_that_is_none_is_refused(desk: OfficeDesk, path: str) -> None:
    await desk.get(path, expect=422)


async def test_an_unknown_programme_has_no_report(desk: OfficeDesk) -> None:
    await desk.get("/office/programmes/unknown/report", expect=404)


async def test_the_lowest_mean_is_written_with_a_comma_too(desk: OfficeDesk) -> None:
    settings = {
        "name_ca": "Dijous GOmunicipal",
        "kind": "series",
        "time_zone": "Europe/Madrid",
        "tool": "Microsoft Teams",
    }
    await desk.submit("/office/programmes/dijous", {**settings, "lowest_mean": "5,5"})
    assert (await desk.staff("GET", "/programmes/dijous"))["lowest_mean"] == 5.5
    assert 'value="5.5"' in (await desk.get("/office/programmes/dijous")).text
    page = await desk.submit("/office/programmes/dijous", {**settings, "lowest_mean": "11"}, expect=422)
    assert 'id="lowest_mean-error"' in page.text
    await desk.submit("/office/programmes/dijous", settings)
    assert (await desk.staff("GET", "/programmes/dijous"))["lowest_mean"] is None
