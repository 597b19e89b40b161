"""The public page of one proposal: its text, its history, where it leads."""

import re

import pytest

from tests.integration.proposals.conftest import PROGRAMME, Desk
from tests.support.sharing import assert_shared, shared_as

ANNA = "anna@ens.example"
EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>'


async def test_markup_in_a_proposal_is_text_on_every_page(desk: Desk) -> None:
    proposal_id = await desk.propose(EVIL, body=EVIL)
    await desk.ask(proposal_id, ANNA)
    similar = await desk.send("/proposals/new", {"programme": PROGRAMME, "title": EVIL, "body": EVIL})
    await desk.step(proposal_id, "decline", {"reason": EVIL})

    token = desk.token(proposal_id, ANNA)
    for path in ("/proposals", f"/proposals/{proposal_id}", f"/support/{token}", f"/proposals?q={EVIL}"):
        page = await desk.http.get(path)
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "<script" not in page.text
        assert "script-src 'none'" in page.headers["content-security-policy"]
    assert "<img" not in similar.text
    assert similar.text.count("<script>") == 2, "our own"


@pytest.mark.parametrize(("in_session", "words"), [(True, "Resposta en sessió"), (False, "Amb resposta")])
async def test_an_answer_is_said_to_come_from_a_session_only_where_it_does(
    desk: Desk, in_session: bool, words: str
) -> None:
    proposal = await desk.propose()
    if in_session:
        await desk.step(proposal, "schedule", {"session": await desk.schedule_session()})
        await desk.end_session()
    else:
        await desk.step(proposal, "answer", {"reason": "Al portal."})
    desk.sign_in()
    for page in (
        "/proposals",
        f"/proposals/{proposal}",
        "/office/proposals?state=all",
        f"/office/proposals/{proposal}",
    ):
        text = (await desk.http.get(page, headers={"accept-language": "ca"})).text
        without_choices = re.sub("<option.*?</option>", "", text)
        assert set(re.findall("Resposta en sessió|Amb resposta", without_choices)) == {words}, page


async def test_a_proposal_tells_its_history(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.schedule_session()
    await desk.step(proposal_id, "review")
    await desk.step(proposal_id, "decline", {"reason": "Encara no."})
    await desk.step(proposal_id, "review")
    await desk.step(proposal_id, "schedule", {"session": "sessiona"})

    page = (await desk.http.get(f"/proposals/{proposal_id}")).text

    states = [page.find(f"<li>{word}: ") for word in ("Rebuda", "En estudi", "Desestimada", "Programada")]
    assert -1 not in states
    assert states == sorted(states)
    assert '<a href="/sessions/sessiona">Sessió</a>, dijous 17 de desembre de 2026' in page
    assert "Encara no." in page


async def test_a_merged_proposal_leads_to_the_other_and_back(desk: Desk) -> None:
    source, target = await desk.propose("Agendes"), await desk.propose("Agenda dels càrrecs")
    await desk.step(source, "merge", {"into": target})

    assert (
        f'<a href="/proposals/{target}">Agenda dels càrrecs</a>' in (await desk.http.get(f"/proposals/{source}")).text
    )
    assert f'<a href="/proposals/{source}">Agendes</a>' in (await desk.http.get(f"/proposals/{target}")).text


async def test_a_proposal_in_another_language_says_so(desk: Desk) -> None:
    proposal_id = await desk.propose("¿Cuánto tiempo?", language="es")

    assert '<h1 lang="es">' in (await desk.http.get(f"/proposals/{proposal_id}")).text
    assert "<h1>" in (await desk.http.get(f"/proposals/{proposal_id}?lang=es")).text


async def test_a_session_s_title_in_another_language_says_so(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.schedule_session()
    await desk.step(proposal_id, "schedule", {"session": "sessiona"})
    for path in ("/proposals", f"/proposals/{proposal_id}"):
        page = await desk.http.get(f"{path}?lang=en")
        assert '<a href="/sessions/sessiona"><span lang="ca">Sessió</span></a>' in page.text


async def test_public_pages_say_what_is_shown_where_they_are_shared(desk: Desk) -> None:
    proposal_id = await desk.propose('Agendes & "actes"', body="Quines?")
    await desk.ask(proposal_id, ANNA)
    for path, title in (("/proposals", "Propostes"), ("/proposals/new", "Proposeu un tema o un dubte")):
        assert_shared(await desk.http.get(f"{path}?programme={PROGRAMME}"), desk.links.page(path), title)
    page = await desk.http.get(f"/proposals/{proposal_id}")
    address = desk.links.page(f"/proposals/{proposal_id}")
    assert_shared(page, address, 'Agendes & "actes"', kind="article")
    assert shared_as(page)["description"] == "Quines?"
    assert shared_as(await desk.http.get(f"/support/{desk.token(proposal_id, ANNA)}")) == {}


async def test_there_is_a_page_for_what_is_not_there(desk: Desk) -> None:
    answer = await desk.http.get("/proposals/nowhere")

    assert answer.status_code == 404
    assert "Aquesta proposta no existeix" in answer.text


async def test_the_review_after_a_cancelled_session_is_a_step_of_its_own(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.schedule_session()
    await desk.step(proposal_id, "review")
    await desk.step(proposal_id, "schedule", {"session": "sessiona"})
    await desk.cancel_session()

    told = [(name, event["step"]) for name, event in await desk.told("proposals")]

    assert told == [
        ("topic-proposed", 0),
        ("proposal-review-started", 1),
        ("proposal-scheduled", 2),
        ("proposal-review-started", 3),
    ]
    page = (await desk.http.get(f"/proposals/{proposal_id}")).text
    assert page.count("<li>En estudi: ") == 2
