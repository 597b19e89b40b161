"""The life of a survey: it opens when all is there, reminds once, announces counts, closes and publishes once."""

import asyncio
import base64
from datetime import timedelta

import pytest

from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.domain.surveys import SurveyState
from services.feedback.domain.tallies import shut, tally_id
from tests.integration.feedback.house import (
    STAFF,
    House,
    programme_defined,
    session_ended,
    session_scheduled,
    survey_token,
    token_hash,
)

SESSION = "abcdefghijklmnop"


async def state(house: House, session_id: str) -> SurveyState | None:
    survey = await house.store.surveys.get(session_id)
    return survey.state if survey else None


@pytest.mark.parametrize("last", ["programme", "session", "part"])
async def test_it_opens_whatever_comes_last(house: House, last: str) -> None:
    steps = {
        "programme": lambda: house.use_cases.store.programmes.apply(KnownProgramme.from_event(programme_defined())),
        "session": lambda: house.use_cases.surveys.keep_session(KnownSession.from_event(session_ended(SESSION))),
        "part": lambda: house.use_cases.surveys.prepare_links(SESSION, 0, 2, ["aa"]),
    }
    await house.use_cases.surveys.prepare_links(SESSION, 1, 2, ["bb"])
    await house.use_cases.surveys.keep_session(KnownSession.from_event(session_scheduled(SESSION)))
    for name in [name for name in steps if name != last]:
        await steps[name]()
        await house.use_cases.do_what_is_due()
        assert await state(house, SESSION) is SurveyState.PREPARING
        assert await house.event_names() == []
    await steps[last]()
    await house.use_cases.do_what_is_due()
    assert await state(house, SESSION) is SurveyState.OPEN
    [event] = await house.events()
    assert event["subject"] == f"evt.surveys.survey-opened.v1.{SESSION}"
    assert event["data"]["parts"] == 2
    assert event["data"]["closes_at"] == "2026-12-31T10:00:00Z"
    for tally in await house.tallies(SESSION):
        assert sorted((await house.sum(tally)).scores) == ["applicable", "content", "duration", "understood"]


async def test_an_older_event_does_not_undo_a_newer_one(house: House) -> None:
    await house.use_cases.surveys.keep_session(KnownSession.from_event(session_ended(SESSION, version=5)))
    await house.use_cases.surveys.keep_session(KnownSession.from_event(session_scheduled(SESSION, version=4)))
    session = await house.store.sessions.get(SESSION)
    assert session is not None
    assert (session.seen, session.status) == (5, "ended")
    assert await house.store.sessions.missing([(SESSION, 5), ("other", 1)]) == ["other"]
    assert await house.store.sessions.missing([(SESSION, 6)]) == [SESSION]


async def test_links_prepared_again_neither_reset_the_tally_nor_open_twice(house: House) -> None:
    session_id, tokens = await house.open_survey(3)
    await house.answer(tokens[0])
    await publish_outboxes(house)
    await house.use_cases.surveys.prepare_links(session_id, 0, 1, [token_hash(token) for token in tokens])
    [tally] = await house.tallies(session_id)
    assert tally.answers == 1
    assert await house.event_names() == ["survey-opened"], "told again, so that the sender stops repeating"
    await house.use_cases.surveys.prepare_links(session_id, 0, 1, [token_hash(token) for token in tokens])
    assert await house.event_names() == ["survey-opened"], "not while it waits to be told"


async def test_only_what_is_new_of_a_survey_in_preparation_is_noted_aside(house: House) -> None:
    await house.use_cases.surveys.prepare_links(SESSION, 0, 2, ["aa", "bb"])
    assert not await house.store.note_links(SESSION, 0, 1), "a count that came late lowers none"
    opened, _ = await house.open_survey(2)
    assert not await house.store.note_links(opened, 1, 1), "of an open survey it is told, so it must not be noted aside"
    for survey_id in (SESSION, opened):
        survey = await house.store.surveys.get(survey_id)
        assert survey is not None
        assert survey.links_in_place == {0: 2}


async def test_late_links_change_nothing_else_of_the_tally_however_often_they_are_told(house: House) -> None:
    session_id, tokens = await house.open_survey(5)
    await house.answer(tokens[0], comment="Bé", content=9)
    [before] = await house.tallies(session_id)
    late = await house.add_late(session_id, tokens, 2)
    opened = await house.events()
    assert [event["data"]["links"] for event in opened] == [[5], [7]]
    for hashes in ([token_hash(token) for token in [*tokens, *late]], [token_hash(token) for token in tokens]):
        await house.use_cases.surveys.prepare_links(session_id, 0, 1, hashes)
    [after] = await house.tallies(session_id)
    assert after.slots == {**before.slots, **{token_hash(token): 0 for token in late}}
    assert await house.sum(after) == await house.sum(before)
    assert after.model_copy(update={"slots": before.slots, "version": before.version}) == before
    assert await house.events() == opened, "what waits to be told is told once"


async def test_late_links_find_a_survey_that_shuts_closed(house: House) -> None:
    session_id, tokens = await house.open_survey(5)
    await house.store.tallies.change(tally_id(session_id, 0), shut)
    (late,) = await house.add_late(session_id, tokens, 1)
    [tally] = await house.tallies(session_id)
    assert token_hash(late) not in tally.slots
    await house.publish(session_id)
    await house.add_late(session_id, tokens, 1)
    assert not await house.raw.find("tallies")


async def test_answers_that_come_while_links_are_added_are_all_counted(house: House) -> None:
    session_id, tokens = await house.open_survey(40)

    async def add_one_by_one() -> None:
        known = list(tokens)
        for _ in range(10):
            known += await house.add_late(session_id, known, 1)

    answers, _ = await asyncio.gather(
        asyncio.gather(*(house.answer(token, comment="Bé") for token in tokens)), add_one_by_one()
    )
    assert {answer.status_code for answer in answers} == {202}
    [tally] = await house.tallies(session_id)
    assert (tally.answers, len(tally.slots)) == (40, 50)
    assert (await house.sum(tally)).comments == ["Bé"] * 40


async def test_questions_stay_as_they_were_at_the_opening(house: House) -> None:
    _, tokens = await house.open_survey(1)
    changed = programme_defined(version=2, survey_questions=[{"key": "other", "text": {"ca": "Altra"}}], survey_days=1)
    await house.use_cases.store.programmes.apply(KnownProgramme.from_event(changed))
    assert (await house.answer(tokens[0], other=5)).status_code == 422
    assert (await house.answer(tokens[0], content=5)).status_code == 202


async def test_those_who_have_not_answered_are_told_once(house: House) -> None:
    _, tokens = await house.open_survey(10, parts=2)
    for token in tokens[:4]:
        await house.answer(token)
    await publish_outboxes(house)
    await house.use_cases.do_what_is_due()
    assert await house.event_names() == []
    house.clock.move(timedelta(days=7))
    for _ in range(2):
        await house.use_cases.do_what_is_due()
    events = await house.events()
    assert {event["stream"] for event in events} == {"DIJOUS_SYNC"}
    assert len({event["data"]["version"] for event in events}) == 1
    hashes = [digest for event in events for digest in event["data"]["hashes"]]
    assert sorted(hashes) == sorted(token_hash(token) for token in tokens[4:])


async def test_no_reminder_where_the_programme_wants_none(house: House) -> None:
    await house.use_cases.store.programmes.apply(KnownProgramme.from_event(programme_defined(survey_reminder_days=0)))
    await house.use_cases.surveys.keep_session(KnownSession.from_event(session_ended(SESSION)))
    await house.use_cases.surveys.prepare_links(SESSION, 0, 1, ["aa"])
    await publish_outboxes(house)
    house.clock.move(timedelta(days=13))
    await house.use_cases.do_what_is_due()
    assert await house.event_names() == []


async def test_counts_are_announced_only_when_they_grew_and_say_nothing_else(house: House) -> None:
    session_id, tokens = await house.open_survey(7)
    await publish_outboxes(house)
    for token in tokens[:5]:
        await house.use_cases.announce_and_tidy()
        assert await house.event_names() == [], "fewer than five answers"
        await house.answer(token, comment="Molt bé")
    for _ in range(2):
        await house.use_cases.announce_and_tidy()
    [event] = await house.events()
    assert event["data"] == {"version": 6, "session_id": session_id, "programme": "dijous-gomunicipal", "answers": 5}


async def test_it_closes_by_itself_publishes_once_and_leaves_no_slot(house: House) -> None:
    session_id, tokens = await house.open_survey(6)
    for token in tokens:
        await house.answer(token, content=8, comment="Bé")
    house.clock.move(timedelta(days=14))
    for _ in range(3):
        await house.use_cases.do_what_is_due()
    assert await house.event_names() == ["survey-opened", "survey-closed", "results-published"]
    closed, published = (await house.events())[1:]
    assert closed["data"]["answers"] == published["data"]["answers"] == 6
    figures = {"mean": 8.0, "distribution": None, "text": {"ca": "Contingut"}}
    assert published["data"]["questions"]["content"] == figures
    assert await house.raw.find("tallies") == []
    survey = await house.store.surveys.get(session_id)
    assert survey is not None
    assert (survey.state, survey.sealed) == (SurveyState.PUBLISHED, 1)


async def test_the_office_publishes_at_once_and_again_without_effect(house: House) -> None:
    session_id, tokens = await house.open_survey(12)
    for score, token in enumerate(tokens[:11]):
        await house.answer(token, content=score, duration=10)
    first, second = await house.publish(session_id), await house.publish(session_id)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert first.json()["n"] == 11
    content = first.json()["questions"]["content"]
    assert content == {"text": "Contingut", "mean": 5.0, "distribution": [1] * 11, "converted_from": ""}
    assert first.json()["questions"]["understood"]["mean"] is None
    assert (await house.event_names()).count("results-published") == 1
    assert (await house.answer(tokens[11])).status_code == 410
    assert (await house.client.get(f"/api/v1/surveys/{tokens[11]}")).json()["state"] == "closed"
    public = await house.client.get(f"/api/v1/results/{session_id}")
    assert public.json() == first.json()


async def test_below_five_answers_nothing_is_published_and_no_comment_kept(house: House) -> None:
    session_id, tokens = await house.open_survey(4)
    for token in tokens:
        await house.answer(token, comment="Només jo")
    results = (await house.publish(session_id)).json()
    assert (results["n"], results["questions"]) == (None, {})
    assert "Fewer than 5" in results["rule"]
    comments = await house.client.get(f"/api/v1/results/{session_id}/comments", headers=STAFF)
    assert comments.json()["comments"] == []
    assert "Només jo".encode() not in house.raw_bytes()


async def test_comments_are_for_the_office_and_go_after_a_year(house: House) -> None:
    session_id, tokens = await house.open_survey(6)
    for number, token in enumerate(tokens):
        await house.answer(token, comment=f"Comentari {number}")
    await house.publish(session_id)
    url = f"/api/v1/results/{session_id}/comments"
    assert (await house.client.get(url)).status_code == 401
    comments = (await house.client.get(url, headers=STAFF)).json()["comments"]
    assert sorted(comments) == [f"Comentari {number}" for number in range(6)]
    house.clock.move(timedelta(days=365))
    await house.use_cases.announce_and_tidy()
    assert (await house.client.get(url, headers=STAFF)).json()["comments"] == []


async def test_results_are_listed_by_programme_and_page(house: House) -> None:
    sessions = []
    for _ in range(3):
        session_id, tokens = await house.open_survey(5)
        for token in tokens:
            await house.answer(token)
        await house.publish(session_id)
        house.clock.move(timedelta(hours=1))
        sessions.append(session_id)
    first = (await house.client.get("/api/v1/results?programme=dijous-gomunicipal&limit=2")).json()
    second = (await house.client.get(f"/api/v1/results?limit=2&cursor={first['next']}")).json()
    assert [item["session"] for item in first["items"] + second["items"]] == sessions[::-1]
    assert second["next"] is None
    assert (await house.client.get("/api/v1/results?programme=other")).json()["items"] == []


async def test_publishing_needs_the_office_and_an_open_survey(house: House) -> None:
    session_id, _ = await house.open_survey(1)
    assert (await house.client.post(f"/api/v1/results/{session_id}/publish")).status_code == 401
    assert (await house.publish(SESSION)).status_code == 409
    refused = await house.client.post(f"/api/v1/results/{session_id}/publish", json={"x": 1}, headers=STAFF)
    assert refused.status_code == 422
    assert (await house.client.get(f"/api/v1/results/{session_id}")).status_code == 404


async def test_links_that_come_after_the_closing_leave_nothing(house: House) -> None:
    session_id, _ = await house.open_survey(1)
    await house.publish(session_id)
    await publish_outboxes(house)
    late = survey_token(session_id, house.chance)
    await house.use_cases.surveys.prepare_links(session_id, 1, 1, [token_hash(late)])
    assert await house.raw.find("tallies") == []
    assert await house.event_names() == ["survey-closed", "results-published"], "the sender learns that it is over"


async def publish_outboxes(house: House) -> None:
    """What the relay does, without a broker."""
    for collection in ("surveys", "counts"):
        for document in await house.raw.find(collection):
            await house.raw.update(collection, document["_id"], assign={"outbox": [], "pending": 0})


@pytest.mark.parametrize("place", ["[true, false]", '["a", 1]', "[null, null]", '[1e400, "x"]', "[1]", "{}", "x"])
async def test_a_cursor_that_no_list_gave_is_refused_or_harmless(house: House, place: str) -> None:
    cursor = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")
    assert (await house.client.get(f"/api/v1/results?cursor={cursor}")).status_code in (200, 422)
