"""The pages of mailed links: a form that works without JavaScript, in the reader's language."""

import re

import pytest

from tests.integration.feedback.house import House

FORM = {"q-content": "9", "q-duration": "8", "comment": "Molt\r\nclar"}


async def test_the_form_asks_every_question_on_the_whole_scale(house: House) -> None:
    _, tokens = await house.open_survey(1)
    page = await house.client.get(f"/survey/{tokens[0]}", headers={"Accept-Language": "ca"})
    assert page.status_code == 200
    assert '<html lang="ca">' in page.text
    assert page.text.count("<fieldset") == page.text.count("<legend>") == 4
    assert page.text.count('type="radio"') == 44
    assert "pseudònima" in page.text
    assert "anònimes" in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(("language", "words"), [("ca", "Envia"), ("es", "Enviar"), ("en", "Send")])
async def test_the_address_may_choose_the_language(house: House, language: str, words: str) -> None:
    _, tokens = await house.open_survey(1)
    page = await house.client.get(f"/survey/{tokens[0]}?lang={language}")
    assert f"<button>{words}</button>" in page.text


async def test_sending_leads_to_a_page_that_says_it_was_received(house: House) -> None:
    _, tokens = await house.open_survey(1)
    sent = await house.client.post(f"/survey/{tokens[0]}?lang=en", data=FORM)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/survey/{tokens[0]}?lang=en")
    page = await house.client.get(sent.headers["location"])
    assert "Your answer was received" in page.text
    assert "<form" not in page.text
    again = await house.client.post(f"/survey/{tokens[0]}?lang=en", data=FORM)
    assert again.status_code == 303
    [tally] = await house.raw.find("tallies")
    assert (tally["n"], list(tally["comments"].values())) == (1, ["Molt\nclar"])


async def test_a_form_with_errors_comes_back_with_its_values_and_a_summary(house: House) -> None:
    _, tokens = await house.open_survey(1)
    sent = {**FORM, "q-content": "11", "comment": "<b>" + "x" * 300}
    page = await house.client.post(f"/survey/{tokens[0]}?lang=en", data=sent)
    assert page.status_code == 422
    assert re.search("<title>Error: ", page.text)
    for field in ("q-content", "comment"):
        assert f'<a href="#{field}">' in page.text
        assert f'id="{field}"' in page.text
    assert re.search(r'name="q-duration" value="8" checked', page.text)
    assert "&lt;b&gt;xxx" in page.text
    assert (await house.raw.find("tallies"))[0]["n"] == 0


@pytest.mark.parametrize("body", [b"", b"\xff", b"q-other=5", b"{}", b"&" * 500])
async def test_an_empty_or_broken_form_asks_for_an_answer(house: House, body: bytes) -> None:
    _, tokens = await house.open_survey(1)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    page = await house.client.post(f"/survey/{tokens[0]}?lang=en", content=body, headers=headers)
    assert page.status_code == 422
    assert "Answer at least one question." in page.text


async def test_unknown_and_closed_links_say_so(house: House) -> None:
    session_id, tokens = await house.open_survey(1)
    for page in (await house.client.get("/survey/x"), await house.client.post("/survey/x", data=FORM)):
        assert page.status_code == 404
        assert "There is no survey under this link" in page.text
    await house.publish(session_id)
    sent = await house.client.post(f"/survey/{tokens[0]}", data=FORM, follow_redirects=True)
    assert sent.status_code == 200
    assert "This survey is closed" in sent.text


async def test_the_results_page_shows_the_figures_and_the_rule(house: House) -> None:
    session_id, tokens = await house.open_survey(10)
    waiting = await house.client.get(f"/results/{session_id}")
    assert waiting.status_code == 404
    for token in tokens:
        await house.answer(token, content=7)
    await house.publish(session_id)
    page = await house.client.get(f"/results/{session_id}?lang=en")
    assert page.status_code == 200
    assert "Answers: 10" in page.text
    assert '<th scope="row">Contingut</th><td>7.0</td>' in page.text
    assert "<td>10</td>" in page.text
    assert "Fewer than 5 answers: nothing is published." in page.text
