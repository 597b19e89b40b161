"""The public pages: list, search, form, one proposal, its support. Every form works as a browser without scripts."""

import re
from datetime import timedelta

import pytest

from services.proposals.usecases.limits import Allowance
from tests.integration.proposals.conftest import PROGRAMME, Desk
from tests.support.sharing import assert_shared, shared_as

ANNA = "anna@ens.example"
TITLE = "Com publiquem els contractes menors?"
EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def form(**fields: str) -> dict[str, str]:
    return {"programme": PROGRAMME, "doubt": "1", "title": TITLE, "body": "Tots, o no?", "email": "", **fields}


async def test_the_list_is_searched_whatever_the_accents_and_filtered_by_state(desk: Desk) -> None:
    await desk.propose("Indicadors de transparència")
    declined = await desk.propose("Registre de convenis")
    await desk.step(declined, "decline", {"reason": "Ja hi és."})

    found = await desk.http.get("/proposals", params={"q": "TRANSPARENCIA indicador"})
    by_state = await desk.http.get("/proposals", params={"state": "declined"})
    nothing = await desk.http.get("/proposals", params={"q": "pressupost"})

    assert "Indicadors de transparència" in found.text
    assert "Registre de convenis" not in found.text
    assert "Registre de convenis" in by_state.text
    assert "Indicadors de transparència" not in by_state.text
    assert "No hi ha cap proposta així" in nothing.text


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


async def test_what_was_merged_is_listed_only_where_it_is_asked_for(desk: Desk) -> None:
    source, target = await desk.propose("Agendes"), await desk.propose("Agenda dels càrrecs")
    await desk.step(source, "merge", {"into": target})

    assert source not in (await desk.http.get("/proposals")).text
    assert source in (await desk.http.get("/proposals?state=merged")).text


async def test_the_list_goes_on_page_by_page_in_the_order_asked_for(desk: Desk) -> None:
    for number in range(21):
        await desk.propose(f"Proposta número {number:02}")
        desk.now += timedelta(minutes=1)
    await desk.support(await desk.propose("La més votada"), ANNA)

    first = await desk.http.get("/proposals?order=supports&q=proposta")
    supported = await desk.http.get("/proposals?order=supports")
    address = first.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = await desk.http.get(f"/proposals{address}")

    assert "La més votada" in supported.text
    assert "Proposta número 00" not in first.text
    assert "Proposta número 00" in second.text
    assert "Proposta número 01" not in second.text
    assert 'rel="next"' not in second.text


@pytest.mark.parametrize("query", ["state=nonsense", "order=nonsense", "programme=nowhere", "q=%00"])
async def test_an_address_that_makes_no_sense_is_a_list_all_the_same(desk: Desk, query: str) -> None:
    assert (await desk.http.get(f"/proposals?{query}")).status_code == 200


async def test_search_engines_find_every_proposal_that_stands_for_itself(desk: Desk) -> None:
    alive, gone = await desk.propose("Indicadors de transparència"), await desk.propose("Més indicadors")
    await desk.step(gone, "merge", {"into": alive})

    sitemap = await desk.http.get("/proposals/sitemap.xml")

    assert sitemap.headers["content-type"] == "application/xml"
    assert f"<loc>{desk.settings.public_url}/proposals/{alive}</loc><lastmod>20" in sitemap.text
    assert gone not in sitemap.text


async def test_a_cursor_of_nobody_is_a_page_that_says_so(desk: Desk) -> None:
    answer = await desk.http.get("/proposals?cursor=abc")

    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")


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
    assert re.findall(r'<(?:input|textarea|select) id="(\w+)"', page) == ["title", "body", "email"]
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


async def test_another_language_beside_a_form_keeps_it_and_sends_nothing(desk: Desk) -> None:
    there = await desk.propose("Com es publiquen els contractes menors?")

    page = await desk.send("/proposals/new?lang=es", form(body="El meu dubte", email=ANNA, only_language="1"))

    assert page.status_code == 200
    assert '<html lang="es">' in page.text
    assert "El meu dubte</textarea>" in page.text
    assert f"/proposals/{there}#support" in page.text, "what resembles it stays in sight"
    assert 'form="proposal" formaction="?lang=en"' in page.text
    assert len(await desk.told("proposals")) == 1
    support = await desk.send(f"/proposals/{there}?lang=es", {"email": ANNA, "only_language": "1"})
    assert f'value="{ANNA}"' in support.text


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


async def test_an_address_to_support_with_comes_back_too(desk: Desk) -> None:
    proposal_id = await desk.propose()
    answer = await desk.http.post(f"/proposals/{proposal_id}", data={"email": ANNA, "csrf": "old"})

    assert answer.status_code == 403
    assert f'value="{ANNA}"' in answer.text
    assert await desk.told("followers") == []


async def test_a_reason_of_the_office_comes_back_to_be_sent_again(desk: Desk) -> None:
    desk.sign_in()
    proposal_id = await desk.propose()
    path, sent = f"/office/proposals/{proposal_id}/decline", {"reason": "Ja es va explicar.", "csrf": "old"}
    answer = await desk.http.post(path, data=sent, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 403
    assert "Ja es va explicar.</li>" in answer.text
    assert f'<a href="/office/proposals/{proposal_id}">' in answer.text


async def test_markup_in_a_proposal_is_text_on_every_page(desk: Desk) -> None:
    proposal_id = await desk.propose(EVIL, body=EVIL)
    await desk.ask(proposal_id, ANNA)
    similar = await desk.send("/proposals/new", form(title=EVIL))
    await desk.step(proposal_id, "decline", {"reason": EVIL})

    token = desk.token(proposal_id, ANNA)
    for path in ("/proposals", f"/proposals/{proposal_id}", f"/support/{token}", f"/proposals?q={EVIL}"):
        page = await desk.http.get(path)
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "<script" not in page.text
        assert "script-src 'none'" in page.headers["content-security-policy"]
    assert "<img" not in similar.text
    assert similar.text.count("<script>") == 1


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


async def test_asking_to_support_says_the_same_whatever_is_stored(desk: Desk) -> None:
    proposal_id = await desk.propose()
    path = f"/proposals/{proposal_id}"

    fresh = await desk.send(path, {"email": ANNA})
    again = await desk.send(path, {"email": ANNA})
    await desk.confirm(proposal_id, ANNA)
    confirmed = await desk.send(path, {"email": ANNA})

    assert {answer.status_code for answer in (fresh, again, confirmed)} == {303}
    assert {answer.headers["location"] for answer in (fresh, again, confirmed)} == {f"{path}?asked=1#support"}
    names = [name for name, _ in await desk.told("followers")]
    assert names.count("support-requested") == 1


async def test_a_wrong_address_is_asked_for_again(desk: Desk) -> None:
    answer = await desk.send(f"/proposals/{await desk.propose()}", {"email": "a@x.example, b@x.example"})

    assert answer.status_code == 422
    assert 'value="a@x.example, b@x.example"' in answer.text
    assert await desk.told("followers") == []


async def test_a_support_that_comes_too_late_says_why(desk: Desk) -> None:
    proposal_id = await desk.propose()
    shown = await desk.http.get(f"/proposals/{proposal_id}")
    token = shown.text.partition('name="csrf" value="')[2].partition('"')[0]
    await desk.step(proposal_id, "answer")

    answer = await desk.http.post(f"/proposals/{proposal_id}", data={"csrf": token, "email": ANNA})

    assert answer.status_code == 409
    assert "no admet més suports" in answer.text


async def test_the_link_supports_by_its_button_and_once_more_changes_nothing(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    path = f"/support/{desk.token(proposal_id, ANNA)}"
    shown = await desk.http.get(path)
    token = shown.text.partition('name="csrf" value="')[2].partition('"')[0]

    for _ in range(2):
        answer = await desk.http.post(path, data={"csrf": token, "what": "support"})
        assert (answer.status_code, answer.headers["location"]) == (303, path)

    assert "El vostre suport ja compta" in (await desk.http.get(path)).text
    assert (await desk.read(proposal_id))["supports"] == 1


async def test_the_link_may_only_follow_and_support_later(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    path = f"/support/{desk.token(proposal_id, ANNA)}"

    await desk.send(path, {"what": "follow"})

    assert (await desk.read(proposal_id))["supports"] == 0
    assert [name for name, _ in await desk.told("followers")] == ["support-requested", "proposal-followed"]
    following = (await desk.http.get(path)).text
    assert "Seguiu aquesta proposta" in following
    assert 'value="follow"' not in following

    await desk.send(path, {"what": "support"})

    assert (await desk.read(proposal_id))["supports"] == 1
    assert [name for name, _ in await desk.told("followers")] == ["support-requested", "proposal-followed"]


async def test_who_only_follows_goes_along_with_a_merge_that_was_before(desk: Desk) -> None:
    source, target = await desk.propose("Agendes"), await desk.propose("Agenda dels càrrecs")
    await desk.ask(source, ANNA)
    await desk.step(source, "merge", {"into": target})

    await desk.send(f"/support/{desk.token(source, ANNA)}", {"what": "follow"})

    followed = [event["proposal_id"] for name, event in await desk.told("followers") if name == "proposal-followed"]
    assert sorted(followed) == sorted([source, target])
    assert (await desk.read(target))["supports"] == 0


async def test_a_link_without_a_form_of_ours_supports_nothing(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)

    answer = await desk.http.post(f"/support/{desk.token(proposal_id, ANNA)}")

    assert answer.status_code == 403
    assert (await desk.read(proposal_id))["supports"] == 0


async def test_an_expired_link_is_a_page_that_says_so(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    path = f"/support/{desk.token(proposal_id, ANNA)}"
    desk.now += timedelta(days=31)

    answer = await desk.http.get(path, headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.headers["cache-control"]) == (410, "no-store")
    assert "Aquest enllaç ha caducat" in answer.text, "in the language in which the support was asked for"


async def test_too_many_proposals_with_one_address_are_refused_with_the_time_to_wait(desk: Desk) -> None:
    desk.allow(proposals=Allowance(per_address=2, per_origin=0))
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


async def test_too_many_supports_from_one_origin_are_refused(desk: Desk) -> None:
    desk.allow(supports=Allowance(per_address=0, per_origin=3))
    proposal_id = await desk.propose()
    for number in range(3):
        assert (await desk.ask(proposal_id, f"p{number}@ens.example")).status_code == 202

    page = await desk.send(f"/proposals/{proposal_id}", {"email": ANNA})

    assert page.status_code == 429
    assert f'value="{ANNA}"' in page.text
    assert (await desk.ask(proposal_id, "p0@ens.example")).status_code == 202
    assert await desk.cases.limits.forget() is False
    desk.now += timedelta(hours=1)
    await desk.cases.limits.forget()
    assert await desk.store.count("limits") == 0
    assert (await desk.ask(proposal_id, ANNA)).status_code == 202


async def test_counters_hold_neither_addresses_nor_origins(desk: Desk) -> None:
    await desk.ask(await desk.propose(email=ANNA), ANNA)

    counters = await desk.store.find("limits")

    assert len(counters) == 4
    assert ANNA not in str(counters)
    assert "127.0.0.1" not in str(counters)


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
