"""The public list of proposals: search, filters, page by page, the sitemap."""

from datetime import timedelta

import pytest

from tests.integration.proposals.conftest import Desk

ANNA = "anna@ens.example"


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
