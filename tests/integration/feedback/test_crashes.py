"""R16 and closing: whatever step is the last of a process, everything is counted once and published once."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from services.feedback.domain.surveys import SurveyState
from services.feedback.domain.tallies import count, opened, shut, tally_id
from services.feedback.usecases import closing, surveys
from shared.staff import API_CALLER
from shared.storage import aggregates
from shared.storage.contract import Document, StoreError
from tests.integration.feedback.house import House, running_house, survey_token, token_hash


class ProcessKilledError(BaseException):
    """The process ends here."""


def die_at(place: str) -> Callable[[str], None]:
    """Stands for the fault points: the process ends at that one."""

    def failpoint(name: str) -> None:
        if name == place:
            raise ProcessKilledError

    return failpoint


CLOSING_STEPS = [
    "feedback-closing",
    "feedback-tallies-shut",
    "feedback-results-kept",
    "feedback-summed-up",
    "feedback-tallies-deleted",
    "feedback-published",
]


@pytest.mark.parametrize("step", CLOSING_STEPS)
async def test_a_closing_that_was_killed_goes_on_and_publishes_once(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_house(tmp_path) as house:
        session_id, tokens = await house.open_survey(12, parts=2)
        for token in tokens[:11]:
            await house.answer(token, comment="Bé")
        with monkeypatch.context() as patch:
            patch.setattr(closing, "failpoint", die_at(step))
            with pytest.raises(ProcessKilledError):
                await house.use_cases.office.publish(API_CALLER, session_id)
    async with running_house(tmp_path) as house:
        late = await house.answer(tokens[11])
        assert late.status_code == 410
        for _ in range(2):
            await house.use_cases.do_what_is_due()
            await house.use_cases.announce_and_tidy()
        survey = await house.store.surveys.get(session_id)
        assert survey is not None
        assert (survey.state, survey.answers, survey.sealed) == (SurveyState.PUBLISHED, 11, 1)
        results = await house.store.results.get(session_id)
        assert results is not None
        assert results.n == 11
        assert await house.store.comments(session_id) == ["Bé"] * 11
        assert await house.event_names() == ["survey-opened", "survey-closed", "results-published"]
        assert not any(token_hash(token).encode() in house.raw_bytes() for token in tokens)
        [act] = await house.acts()
        assert (act.member_id, act.subject, act.details) == ("token", session_id, {"links": 12})


async def test_a_publishing_that_was_killed_before_it_was_decided_is_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_house(tmp_path) as house:
        session_id, tokens = await house.open_survey(2)
        with monkeypatch.context() as patch:
            patch.setattr(aggregates, "failpoint", die_at("before-write"))
            with pytest.raises(ProcessKilledError):
                await house.use_cases.office.publish(API_CALLER, session_id)
    async with running_house(tmp_path) as house:
        assert await house.acts() == []
        assert (await house.answer(tokens[0])).status_code == 202


@pytest.mark.parametrize("step", ["feedback-tally-added", "feedback-tallies-open"])
async def test_an_opening_that_was_killed_goes_on_when_the_links_come_again(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = "abcdefghijklmnop"
    tokens = [survey_token(session_id, random.Random(1)) for _ in range(3)]
    hashes = [token_hash(token) for token in tokens]
    async with running_house(tmp_path) as house:
        await house.learn(session_id)
        with monkeypatch.context() as patch:
            patch.setattr(surveys, "failpoint", die_at(step))
            with pytest.raises(ProcessKilledError):
                await house.use_cases.surveys.prepare_links(session_id, 0, 1, hashes)
    async with running_house(tmp_path) as house:
        await house.use_cases.surveys.prepare_links(session_id, 0, 1, hashes)
        assert await house.event_names() == ["survey-opened"]
        assert (await house.answer(tokens[0])).status_code == 202


@pytest.mark.parametrize("step", ["before-write", "after-write"])
async def test_an_answer_that_was_killed_counts_once_when_it_comes_again(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_house(tmp_path) as house:
        session_id, tokens = await house.open_survey(5)
        with monkeypatch.context() as patch:
            patch.setattr(aggregates, "failpoint", die_at(step))
            with pytest.raises(ProcessKilledError):
                await house.use_cases.answers.submit(tokens[0], {"content": 5}, "Bé")
    async with running_house(tmp_path) as house:
        for token in tokens:
            await house.answer(token, comment="Bé", content=5)
        assert (await house.publish(session_id)).json()["n"] == 5
        assert await house.store.comments(session_id) == ["Bé"] * 5


async def test_an_answer_that_was_read_before_the_shutting_loses_against_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id, tokens = await house.open_survey(3)
    shutting = [house.raw.update("tallies", tally_id(session_id, 0), assign={"state": "shut"})]
    replace = house.raw.replace

    async def shut_first(collection: str, document: Document, *, expected_version: int) -> bool:
        if shutting:
            assert await shutting.pop()
        return await replace(collection, document, expected_version=expected_version)

    monkeypatch.setattr(house.raw, "replace", shut_first)
    assert (await house.answer(tokens[0])).status_code == 410
    assert not shutting
    [tally] = await house.tallies(session_id)
    assert tally.answers == 0


async def test_a_late_opening_resets_nothing_and_opens_nothing_that_was_shut(house: House) -> None:
    session_id, tokens = await house.open_survey(3)
    await house.answer(tokens[0], content=5)
    key = await house.keys.make(session_id)
    reopen = partial(opened, questions=["content"], key=key)
    for decide in (reopen, shut, reopen):
        await house.store.tallies.change(tally_id(session_id, 0), decide)
    [tally] = await house.tallies(session_id)
    assert (tally.answers, tally.state) == (1, "shut")
    assert (await house.sum(tally)).scores["content"][5] == 1


async def test_answers_and_closing_at_the_same_time_lose_and_double_nothing(house: House) -> None:
    """Every answer that was acknowledged is in the results; every other one was refused in clear words."""
    session_id, tokens = await house.open_survey(100, parts=3)

    async def close_amid() -> None:
        while len([code for code in codes if code == 202]) < 30:
            await asyncio.sleep(0)
        await asyncio.gather(*(house.publish(session_id) for _ in range(3)))

    codes: list[int] = []

    async def answer(token: str) -> None:
        codes.append((await house.answer(token, content=5)).status_code)

    closer = asyncio.create_task(close_amid())
    for start in range(0, 100, 10):
        await asyncio.gather(*(answer(token) for token in tokens[start : start + 10]))
    await closer
    assert set(codes) == {202, 410}
    results = await house.store.results.get(session_id)
    assert results is not None
    assert results.n == codes.count(202)
    assert results.questions[0].distribution == [0] * 5 + [codes.count(202)] + [0] * 5
    assert (await house.event_names()).count("results-published") == 1


async def test_sealing_waits_for_a_store_that_cannot_compact_and_publishing_does_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy() -> None:
        raise StoreError("somebody still reads what was deleted")

    session_id, tokens = await house.open_survey(5)
    for token in tokens:
        await house.answer(token)
    with monkeypatch.context() as patch:
        patch.setattr(house.raw, "compact", busy)
        assert (await house.publish(session_id)).status_code == 200
    assert [survey["sealed"] for survey in await house.raw.find("surveys")] == [0]
    await house.use_cases.announce_and_tidy()
    assert [survey["sealed"] for survey in await house.raw.find("surveys")] == [1]


async def test_feedback_is_counted_once_over_ten_thousand_submissions(house: House) -> None:
    """People who resubmit, retry and open two tabs: n is the number of distinct links."""
    session_id, tokens = await house.open_survey(1_000, parts=10)
    chance = random.Random(16)
    submissions = chance.choices(tokens, k=10_000)
    statuses: dict[str, list[int]] = {token: [] for token in submissions}

    async def submit(token: str) -> None:
        try:
            await house.use_cases.answers.submit(token, {"content": 7}, chance.choice(["", "Bé"]))
            statuses[token].append(202)
        except Exception as error:  # noqa: BLE001  counted below by its status
            statuses[token].append(getattr(error, "status", 500))

    for start in range(0, len(submissions), 200):
        await asyncio.gather(*(submit(token) for token in submissions[start : start + 200]))
    assert all(sorted(codes) == [202] + [409] * (len(codes) - 1) for codes in statuses.values())
    survey = await house.store.surveys.get(session_id)
    assert survey is not None
    assert count(await house.store.tallies_of(survey)) == len(statuses)
    house.clock.move(timedelta(days=14))
    await house.use_cases.do_what_is_due()
    results = await house.store.results.get(session_id)
    assert results is not None
    assert results.n == len(statuses)
