"""The public form of a proposal. It works as a browser without scripts."""

import re
from datetime import timedelta

from tests.integration.proposals.conftest import PROGRAMME, Desk

ANNA = "anna@ens.example"
TITLE = "Com publiquem els contractes menors?"


def form(**fields: str) -> dict[str, str]:
    return {"programme": PROGRAMME, "doubt": "1", "title": TITLE, "body": "Tots, o no?", "email": "", **fields}


async def test_proposing_leads_to_the_proposal_and_says_what_happens_next(desk: Desk) -> None:
    answer = await desk.send("/proposals/new", form(body="Una línia.\n\nUna altra.", email=ANNA))

    assert answer.status_code == 303
    page = await desk.http.get(answer.headers["location"])
    assert "Què passa ara" in page.text
    assert "<p>Una altra.</p>" in page.text
    assert ANNA not in page.text
    [(name, event)] = await desk.told("followers")
    assert (name, event["email"]) == ("proposal-followed", ANNA)


async def test_a_form_with_errors_keeps_its_values_and_links_to_the_fields(desk: Desk) -> None:
    answer = await desk.send("/proposals/new", form(title="", body="El meu dubte", email="no és cap adreça"))

    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert '<a href="#title">Escriviu la vostra proposta en una línia.</a>' in answer.text
    assert '<a href="#email">Això no és una adreça electrònica.</a>' in answer.text
    assert "El meu dubte</textarea>" in answer.text
    assert (await desk.told("proposals")) == []


async def test_two_fields_are_enough_and_both_are_asked_for(desk: Desk) -> None:
    page = (await desk.http.get("/proposals/new")).text
    assert re.findall(r'<(?:input|textarea|select) id="(\w+)"', page) == ["title", "body", "entity", "email"]
    nothing = await desk.send("/proposals/new", {"programme": PROGRAMME})
    assert re.findall(r'<a href="#(\w+)">', nothing.text.partition("<form")[0]) == ["title", "body"]
    assert "Escriviu què us agradaria saber.</a>" in nothing.text
    sent = await desk.send("/proposals/new", {"programme": PROGRAMME, "title": TITLE, "body": "Tots, o no?"})
    assert (await desk.read(sent.headers["location"].split("/")[2].partition("?")[0]))["kind"] == "topic"


async def test_the_programme_is_asked_for_only_where_the_address_does_not_name_one_of_several(desk: Desk) -> None:
    await desk.know_programme("pilot")
    assert '<select id="programme"' in (await desk.http.get("/proposals/new")).text
    assert '<select id="programme"' in (await desk.http.get("/proposals/new?programme=nobody")).text
    page = (await desk.http.get("/proposals/new?programme=pilot")).text
    assert '<select id="programme"' not in page
    assert '<input type="hidden" name="programme" value="pilot">' in page
    assert 'action="/proposals/new?programme=pilot"' in page
    assert '<a href="/proposals/new">Trieu-ne un altre</a>' in page


async def test_similar_ones_are_shown_before_a_proposal_is_stored_and_it_may_be_sent_all_the_same(desk: Desk) -> None:
    there = await desk.propose("Com es publiquen els contractes menors?")

    asked = await desk.send("/proposals/new", form(email=ANNA))

    assert asked.status_code == 200
    assert f"/proposals/{there}#support" in asked.text
    assert "Envia la meva igualment" in asked.text
    assert f'value="{TITLE}"' in asked.text
    assert len(await desk.told("proposals")) == 1

    sent = await desk.send("/proposals/new", form(email=ANNA, shown=there))

    assert sent.status_code == 303
    assert len(await desk.told("proposals")) == 2


async def test_a_form_of_another_site_proposes_nothing(desk: Desk) -> None:
    answer = await desk.http.post("/proposals/new", data=form())

    assert answer.status_code == 403
    assert await desk.told("proposals") == []


async def test_a_form_that_was_open_for_too_long_comes_back_as_it_was_filled_in(desk: Desk) -> None:
    answer = await desk.http.post("/proposals/new", data=form(body="Dos\r\nparàgrafs", email=ANNA, csrf="old"))

    assert answer.status_code == 403
    assert "Reviseu-lo i torneu-lo a enviar." in answer.text
    assert f'value="{TITLE}"' in answer.text
    assert "Dos\r\nparàgrafs</textarea>" in answer.text
    assert f'value="{ANNA}"' in answer.text
    assert 'name="doubt" value="1" checked' in answer.text


async def test_too_many_proposals_with_one_address_are_refused_with_the_time_to_wait(desk: Desk) -> None:
    desk.limit(desk.cases.proposals, per_address=2, per_origin=0)
    for number in range(2):
        await desk.propose(f"Una cosa {number}", email=ANNA)
    await desk.propose("Una cosa 0", email=ANNA)  # the same again is none more

    page = await desk.send("/proposals/new", form(title="Pressupostos participatius", email=ANNA))
    call = await desk.http.post("/api/v1/proposals", json={"programme": PROGRAMME, "title": "Una altra", "email": ANNA})

    assert (page.status_code, call.status_code) == (429, 429)
    assert page.headers["retry-after"] == call.headers["retry-after"] == str(15 * 3600)
    assert 'value="Pressupostos participatius"' in page.text
    assert (await desk.send("/proposals/new", form(title="Pressupostos", email="b@ens.example"))).status_code == 303
    desk.now += timedelta(days=1)
    assert (await desk.send("/proposals/new", form(title="Una altra", email=ANNA))).status_code == 303
