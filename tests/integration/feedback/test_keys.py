"""The key of a survey: where it is, how long, and what happens without it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from services.feedback.domain.surveys import SurveyState
from services.feedback.usecases.encrypting import LOOKS
from services.feedback.usecases.keys import SurveyKeys
from shared.events.feedback import SurveyUnanswered
from shared.events.notifications import SurveyLinksPrepared
from shared.messaging.broker import make_broker
from shared.messaging.publishing import jetstream, publish_event
from shared.messaging.streams import apply_streams
from shared.staff import Role
from tests.integration.feedback.house import QUESTIONS, House, running_house, token_hash
from tests.support.probes import eventually


def broker_bytes(house: House) -> bytes:
    """Every byte of the broker's files."""
    return b"".join(file.read_bytes() for file in house.server.store.rglob("*") if file.is_file())


@asynccontextmanager
async def another_replica(house: House) -> AsyncIterator[SurveyKeys]:
    """Knows no key yet."""
    broker = make_broker(house.server.url, service="feedback")
    await broker.connect()
    yield SurveyKeys(broker)
    await broker.stop()


async def wipe_broker(house: House) -> None:
    house.server.wipe_store()
    await house.server.start()
    await apply_streams(house.server.url, [])


async def look(house: House, times: int = LOOKS) -> None:
    for _ in range(times):
        await house.use_cases.announce_and_tidy()


async def test_the_key_is_with_the_broker_alone_and_leaves_no_byte_there_when_sealed(house: House) -> None:
    session_id, tokens = await house.open_survey(6)
    key = await house.keys.get(session_id)
    for token in tokens:
        await house.answer(token, comment="Bé")
    assert key in broker_bytes(house)
    assert key not in house.raw_bytes()
    assert "Bé".encode() not in house.raw_bytes()
    assert "Bé".encode("utf-16-le") not in house.raw_bytes()
    await house.publish(session_id)
    assert key not in broker_bytes(house)
    assert await house.keys.find(session_id) is None


async def test_hashes_that_went_through_the_broker_leave_no_byte_there_when_sealed(house: House) -> None:
    session_id, tokens = await house.open_survey(6)
    hashes = [token_hash(token) for token in tokens]
    prepared = SurveyLinksPrepared(version=1, session_id=session_id, part=0, parts=1, hashes=hashes)
    unanswered = SurveyUnanswered(version=2, session_id=session_id, part=0, hashes=hashes[:3])
    for event in (prepared, unanswered):
        await publish_event(jetstream(house.broker), event.envelope(now=house.clock.now, correlation_id="c"))
    assert broker_bytes(house).count(hashes[0].encode()) == 2
    await house.publish(session_id)
    assert not any(digest.encode() in broker_bytes(house) for digest in hashes)


async def test_replicas_share_the_key(house: House) -> None:
    session_id, _ = await house.open_survey(1)
    async with another_replica(house) as replica:
        assert await replica.make(session_id) == await house.keys.get(session_id)


async def test_a_broker_that_lost_its_store_gets_the_key_back(house: House) -> None:
    session_id, tokens = await house.open_survey(5)
    await house.answer(tokens[0], content=5)
    await wipe_broker(house)
    assert (await house.answer(tokens[1], content=5)).status_code == 202
    await look(house, times=1)
    async with another_replica(house) as replica:
        assert await replica.find(session_id) == await house.keys.get(session_id)
    [tally] = await house.tallies(session_id)
    assert (await house.sum(tally)).scores["content"][5] == 2


async def test_without_the_broker_answers_wait_and_nothing_is_given_up(house: House) -> None:
    session_id, tokens = await house.open_survey(5)
    await house.answer(tokens[0])
    house.keys.forget(session_id)
    house.server.stop()
    refused = await house.answer(tokens[1])
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:dijous:problem:store-unavailable")
    await house.server.start()

    async def check() -> None:
        await look(house)

    await eventually(check)
    assert (await house.answer(tokens[1])).status_code == 202
    [tally] = await house.tallies(session_id)
    assert tally.answers == 2


async def test_a_restored_survey_without_its_key_takes_answers_again_and_says_so(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    async with running_house(tmp_path) as house:
        session_id, tokens = await house.open_survey(6)
        for token in tokens[:4]:
            await house.answer(token, content=1)
        await house.raw.compact()
        shutil.copy(house.path, backup)
    async with running_house(backup) as house:
        with capture_logs() as logs:
            await look(house, times=LOOKS - 1)
            assert (await house.answer(tokens[0])).status_code == 503
            assert not [line for line in logs if line.get("action") == "survey_answers_lost"]
            await look(house, times=1)
        [said] = [line for line in logs if line.get("action") == "survey_answers_lost"]
        assert (said["session_id"], said["answers"]) == (session_id, 4)
        house.sign_in(Role.VIEWER)
        page = await house.client.get(f"/office/results/{session_id}")
        assert "4 answers were lost" in page.text
        for token in tokens[:5]:
            assert (await house.answer(token, content=9)).status_code == 202
        results = (await house.publish(session_id)).json()
        assert (results["n"], results["questions"]["content"]["mean"]) == (5, 9.0)


async def test_a_restored_survey_whose_time_is_over_closes_without_the_answers_it_lost(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    async with running_house(tmp_path) as house:
        session_id, tokens = await house.open_survey(6)
        for token in tokens:
            await house.answer(token)
        await house.raw.compact()
        shutil.copy(house.path, backup)
    async with running_house(backup) as house:
        house.clock.move(timedelta(days=14))
        assert (await house.publish(session_id)).status_code == 503
        await look(house)
        await house.use_cases.do_what_is_due()
        survey = await house.store.surveys.get(session_id)
        assert survey
        assert (survey.state, survey.answers, survey.lost) == (SurveyState.PUBLISHED, 0, 6)


async def test_a_key_put_back_while_its_survey_was_sealed_is_destroyed(house: House) -> None:
    session_id, _ = await house.open_survey(1)
    key = await house.keys.get(session_id)
    await house.publish(session_id)
    async with another_replica(house) as replica:
        replica._known[session_id] = key
        await replica.put_back({session_id})
        assert key in broker_bytes(house)
        await look(house, times=1)
        assert key not in broker_bytes(house)
        await replica.put_back(set())
        assert await replica.find(session_id) is None


async def test_a_survey_opened_by_the_version_before_goes_on_encrypted(house: House) -> None:
    """Its answers were stored as they are; all of them count, those of an old replica beside a new one too."""
    session_id, tokens = await house.open_survey(6)
    await house.keys.destroy(session_id)
    cells = {question: {f"s{score}": 0 for score in range(11)} for question in QUESTIONS}
    cells["content"]["s9"] = 2
    old = {
        "ciphertext": "",
        "n": 2,
        "cells": cells,
        "comments": {"aa": "Com abans", "bb": "", "cc": ""},
        f"slots.{token_hash(tokens[0])}": 1,
        f"slots.{token_hash(tokens[1])}": 1,
    }
    await house.raw.update("tallies", f"{session_id}:0", assign=old)
    await look(house, times=1)
    assert b"Com abans" not in house.raw_bytes()
    for token in tokens[2:]:
        assert (await house.answer(token, content=9)).status_code == 202
    assert (await house.answer(tokens[0])).status_code == 409
    results = (await house.publish(session_id)).json()
    assert (results["n"], results["questions"]["content"]["mean"]) == (6, 9.0)
    assert await house.store.comments(session_id) == ["Com abans"]
