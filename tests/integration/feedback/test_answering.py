"""Answering a survey by the API: each link counts once, and nothing else gets in."""

import asyncio
from datetime import timedelta

import pytest

from services.feedback.domain.tallies import count
from tests.integration.feedback.house import PROGRAMME, QUESTIONS, House, survey_token, token_hash


async def answered(house: House, session_id: str) -> int:
    survey = await house.store.surveys.get(session_id)
    assert survey is not None
    return count(await house.store.tallies_of(survey))


async def test_a_link_shows_its_survey_and_changes_nothing(house: House) -> None:
    session_id, tokens = await house.open_survey(3)
    before = await house.raw.find("tallies")
    answer = await house.client.get(f"/api/v1/surveys/{tokens[0]}", headers={"Accept-Language": "ca"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["session"], body["session_title"]) == (session_id, "Treu-li suc a l'eina de seguiment")
    assert (body["programme"], body["programme_name"]) == (PROGRAMME, "Dijous GOmunicipal")
    assert [question["key"] for question in body["questions"]] == list(QUESTIONS)
    assert body["scale"] == {"lowest": 0, "highest": 10}
    assert (body["state"], body["closes_at"]) == ("open", "2026-12-31T10:00:00Z")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert await house.raw.find("tallies") == before


async def test_an_answer_is_counted_once(house: House) -> None:
    session_id, tokens = await house.open_survey(3)
    first = await house.answer(tokens[0], content=9, duration=8, comment="Molt clar")
    again = await house.answer(tokens[0], content=1)
    assert (first.status_code, again.status_code) == (202, 409)
    assert "already received" in again.json()["title"]
    assert (await house.client.get(f"/api/v1/surveys/{tokens[0]}")).json()["state"] == "answered"
    [tally] = await house.tallies(session_id)
    total = await house.sum(tally)
    assert total.scores["content"][9] == total.scores["duration"][8] == 1
    assert sum(sum(times) for times in total.scores.values()) == 2
    assert total.comments == ["Molt clar"]
    assert [digest for digest, slot in tally.slots.items() if slot] == [token_hash(tokens[0])]
    assert await answered(house, session_id) == 1


async def test_what_a_paste_leaves_unseen_in_a_comment_is_left_out(house: House) -> None:
    session_id, tokens = await house.open_survey(2)
    assert (await house.answer(tokens[0], comment="\ufeffMolt\tclar\u200b")).status_code == 202
    assert (await house.answer(tokens[1], comment="\u2800\u200d")).status_code == 202
    [tally] = await house.tallies(session_id)
    assert (await house.sum(tally)).comments == ["Molt clar"]


async def test_the_refusal_speaks_the_callers_language(house: House) -> None:
    _, tokens = await house.open_survey(1)
    await house.answer(tokens[0])
    url, body = f"/api/v1/surveys/{tokens[0]}", {"answers": {"content": 3}}
    catalan = await house.client.post(url, json=body, headers={"Accept-Language": "ca"})
    assert catalan.json()["title"].startswith("Ja s'havia rebut una resposta")


async def test_a_survey_in_parts_finds_the_slot_of_every_link(house: House) -> None:
    session_id, tokens = await house.open_survey(40, parts=4)
    answers = await asyncio.gather(*(house.answer(token, content=5) for token in tokens))
    assert {answer.status_code for answer in answers} == {202}
    assert await answered(house, session_id) == 40


async def test_links_of_late_registrants_are_taken_while_the_survey_is_open(house: House) -> None:
    session_id, tokens = await house.open_survey(4, parts=2)
    assert (await house.answer(tokens[0], comment="Bé")).status_code == 202
    late = await house.add_late(session_id, tokens, 3, parts=2)
    answers = [(await house.answer(token, comment="Bé")).status_code for token in [*tokens, *late]]
    assert answers == [409] + [202] * 6
    assert await answered(house, session_id) == 7
    *_, opened = [event["data"] for event in await house.events() if "survey-opened" in event["subject"]]
    assert (opened["parts"], sum(opened["links"])) == (2, 7)


async def test_two_tabs_in_parallel_count_once(house: House) -> None:
    session_id, tokens = await house.open_survey(2)
    answers = await asyncio.gather(*(house.answer(tokens[0], comment=f"{n}") for n in range(10)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 9
    assert await answered(house, session_id) == 1


async def test_everybody_at_once_with_a_comment_loses_nobody_and_no_comment(house: House) -> None:
    session_id, tokens = await house.open_survey(60)
    answers = await asyncio.gather(*(house.answer(token, comment=f"c{n}") for n, token in enumerate(tokens)))
    assert {answer.status_code for answer in answers} == {202}
    [tally] = await house.tallies(session_id)
    assert sorted((await house.sum(tally)).comments) == sorted(f"c{n}" for n in range(60))
    assert await answered(house, session_id) == 60


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"answers": {}},
        {"answers": {"content": 11}},
        {"answers": {"content": -1}},
        {"answers": {"content": 7.5}},
        {"answers": {"content": "7"}},
        {"answers": {"content": True}},
        {"answers": {"content": None}},
        {"answers": {"unknown": 5}},
        {"answers": {"content.s9": 5}},
        {"answers": {"content": 5}, "comment": "x" * 301},
        {"answers": {"content": 5}, "comment": "a\x00b"},
        {"answers": {"content": 5}, "comment": "a\x1bb"},
        {"answers": {"content": 5}, "comment": "a\u202eb"},
        {"answers": {"content": 5}, "comment": None},
        {"answers": {"content": 5}, "email": "v@y.example"},
        [],
        None,
    ],
)
async def test_what_is_no_answer_is_refused_and_spends_nothing(house: House, body: object) -> None:
    session_id, tokens = await house.open_survey(1)
    answer = await house.client.post(f"/api/v1/surveys/{tokens[0]}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await answered(house, session_id) == 0


async def test_a_lone_surrogate_is_refused(house: House) -> None:
    _, tokens = await house.open_survey(1)
    body = b'{"answers": {"content": 5}, "comment": "\\ud800"}'
    answer = await house.client.post(
        f"/api/v1/surveys/{tokens[0]}", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422


async def test_a_comment_of_300_characters_may_have_lines(house: House) -> None:
    session_id, tokens = await house.open_survey(1)
    comment = "à" * 148 + "\r\n\r\n" + "l·l" * 50
    assert (await house.answer(tokens[0], comment=f"  {comment} ")).status_code == 202
    [tally] = await house.tallies(session_id)
    assert (await house.sum(tally)).comments == [comment.replace("\r\n", "\n")]


@pytest.mark.parametrize("token", ["", "x", "a" * 56, "ç" * 56, "+" * 56, "a" * 55, "a" * 54 + "==", "a%00"])
async def test_what_was_never_sent_is_not_found(house: House, token: str) -> None:
    await house.open_survey(1)
    for answer in (await house.client.get(f"/api/v1/surveys/{token}"), await house.answer(token)):
        assert answer.status_code == 404


async def test_a_guessed_token_of_a_real_session_is_not_found(house: House) -> None:
    session_id, _ = await house.open_survey(5, parts=2)
    guessed = survey_token(session_id, house.chance)
    assert (await house.client.get(f"/api/v1/surveys/{guessed}")).status_code == 404
    assert (await house.answer(guessed)).status_code == 404
    assert await answered(house, session_id) == 0


async def test_after_its_time_a_survey_takes_nothing_even_before_it_was_closed(house: House) -> None:
    session_id, tokens = await house.open_survey(1)
    house.clock.move(timedelta(days=14))
    refused = await house.answer(tokens[0])
    assert (refused.status_code, refused.json()["type"]) == (410, "urn:dijous:problem:survey-closed")
    assert (await house.client.get(f"/api/v1/surveys/{tokens[0]}")).json()["state"] == "closed"
    assert await answered(house, session_id) == 0
