"""The survey behind a mailed link: a form that works without JavaScript, in the reader's language."""

import re
from datetime import timedelta

import pytest

from tests.integration.feedback.house import PROGRAMME, House

FORM = {"q-content": "9", "q-duration": "8", "comment": "Molt\r\nclar"}


async def counted(house: House) -> int:
    return sum(sum(tally["slots"].values()) for tally in await house.raw.find("tallies"))


async def test_the_form_asks_every_question_on_the_whole_scale(house: House) -> None:
    _, tokens = await house.open_survey(1)
    page = await house.client.get(f"/survey/{tokens[0]}", headers={"Accept-Language": "ca"})
    assert page.status_code == 200
    assert '<html lang="ca">' in page.text
    assert page.text.count("<fieldset") == page.text.count("<legend>") == 4
    assert page.text.count('type="radio"') == 44
    assert page.text.count("Del 0, la pitjor nota, al 10, la millor") == 4
    assert "pseudònim" in page.text.split("<details>")[0]
    assert "anònim" in page.text.split("<details>")[0]
    assert "Publiquem" not in page.text
    assert page.text.count("<h1") == 1
    assert '<meta name="robots" content="noindex">' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert len(page.content) < 100_000
    assert await counted(house) == 0


async def test_no_link_and_no_form_carries_the_token(house: House) -> None:
    _, tokens = await house.open_survey(2)
    open_page = await house.client.get(f"/survey/{tokens[0]}")
    await house.answer(tokens[1])
    answered = await house.client.get(f"/survey/{tokens[1]}")
    house.clock.move(timedelta(days=14))
    closed = await house.client.get(f"/survey/{tokens[0]}")
    for page in (open_page, answered, closed):
        assert page.status_code == 200
        assert tokens[0] not in page.text
        assert tokens[1] not in page.text


@pytest.mark.parametrize(
    ("language", "words"), [("ca", "Envia les respostes"), ("es", "Enviar las respuestas"), ("en", "Send the answers")]
)
async def test_the_address_may_choose_the_language(house: House, language: str, words: str) -> None:
    _, tokens = await house.open_survey(1)
    page = await house.client.get(f"/survey/{tokens[0]}?lang={language}")
    assert f"<button>{words}</button>" in page.text


async def test_sending_leads_to_a_page_that_thanks_and_tells_what_happens_next(house: House) -> None:
    session_id, tokens = await house.open_survey(1)
    path = f"/survey/{tokens[0]}"
    sent = await house.send_form(path, **FORM)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?sent=1")
    page = await house.client.get(sent.headers["location"])
    assert "<h1>Thank you: we have received your answer</h1>" in page.text
    assert "Thursday 31 December 2026, 11:00" in page.text
    assert f'href="/proposals/new?programme={PROGRAMME}"' in page.text
    assert "<fieldset" not in page.text
    [tally] = await house.tallies(session_id)
    assert (tally.answers, (await house.sum(tally)).comments) == (1, ["Molt\nclar"])


async def test_a_link_that_was_used_says_so_and_a_second_tab_counts_nothing(house: House) -> None:
    _, tokens = await house.open_survey(1)
    path = f"/survey/{tokens[0]}"
    form = await house.form_of(path)
    for expected in (f"{path}?sent=1", path):
        sent = await house.client.post(path, data={**form, **FORM})
        assert (sent.status_code, sent.headers["location"]) == (303, expected)
    assert "<h1>We had already received your answer</h1>" in (await house.client.get(path)).text
    assert await counted(house) == 1


async def test_a_form_with_errors_comes_back_with_its_values_and_a_summary(house: House) -> None:
    _, tokens = await house.open_survey(1)
    sent = {**FORM, "q-content": "11", "comment": "<b>" + "x" * 300}
    page = await house.send_form(f"/survey/{tokens[0]}", **sent)
    assert page.status_code == 422
    assert re.search("<title>Error: ", page.text)
    for field in ("q-content", "comment"):
        assert f'<a href="#{field}">' in page.text
        assert f'id="{field}"' in page.text
        assert f'id="{field}-error"' in page.text
    assert re.search(r'name="q-duration" value="8" checked', page.text)
    assert "&lt;b&gt;xxx" in page.text
    assert await counted(house) == 0


@pytest.mark.parametrize("sent", [{}, {"q-other": "5"}, {"comment": "Only words"}])
async def test_a_form_without_any_score_asks_for_one(house: House, sent: dict[str, str]) -> None:
    _, tokens = await house.open_survey(1)
    page = await house.send_form(f"/survey/{tokens[0]}", **sent)
    assert page.status_code == 422
    assert "Answer at least one question." in page.text


async def test_the_language_of_the_mailed_address_stays_until_the_thanks(house: House) -> None:
    _, tokens = await house.open_survey(1)
    house.client.headers["accept-language"] = "en"
    address = f"/survey/{tokens[0]}?lang=es"
    page = await house.client.get(address)
    assert '<html lang="es">' in page.text
    fields = house.fields(page)
    wrong = await house.client.post(address, data=fields)
    assert (wrong.status_code, '<html lang="es">' in wrong.text) == (422, True)
    thanks = await house.client.post(address, data={**fields, "q-content": "5"}, follow_redirects=True)
    assert '<html lang="es">' in thanks.text


@pytest.mark.parametrize("body", [b"", b"\xff", b"q-content=5", b"csrf=0&q-content=5", b"{}", b"&" * 600])
async def test_a_form_from_elsewhere_counts_nothing_and_may_be_sent_once_more(house: House, body: bytes) -> None:
    _, tokens = await house.open_survey(1)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    page = await house.client.post(f"/survey/{tokens[0]}", content=body, headers=headers)
    assert page.status_code == 403
    assert '<a href="#form">This form was opened too long ago, so nothing was saved. Look through it' in page.text
    assert ('value="5" checked' in page.text) == (b"q-content=5" in body)
    assert await counted(house) == 0
    again = await house.client.post(f"/survey/{tokens[0]}", data={**house.fields(page), "q-content": "5"})
    assert again.status_code == 303
    assert await counted(house) == 1


async def test_unknown_and_closed_links_say_so(house: House) -> None:
    session_id, tokens = await house.open_survey(1)
    form = await house.form_of(f"/survey/{tokens[0]}")
    for page in (await house.client.get("/survey/x"), await house.client.post("/survey/x", data={**form, **FORM})):
        assert page.status_code == 404
        assert "There is no survey under this link" in page.text
    await house.publish(session_id)
    sent = await house.client.post(f"/survey/{tokens[0]}", data={**form, **FORM}, follow_redirects=True)
    assert sent.status_code == 200
    assert "<h1>This survey is closed</h1>" in sent.text
    assert f'href="/results/{session_id}"' in sent.text
