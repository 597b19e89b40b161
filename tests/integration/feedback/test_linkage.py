"""V1: who has the database, the logs, the events and the order of arrival cannot tell who said what.

The attacker even knows which link is whose, which only the sender of the links does, and has the key of the survey. He
may pair any order of the people with any order of the comments, or of the scores, that he finds in one dump; his best
pairing over all seeds is to be hardly better than chance. The same attack finds nearly everybody where a tally is kept
carelessly. What two dumps tell is in `test_copies.py`.
"""

import json
import logging
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.feedback.domain import tallies
from services.feedback.domain.tallies import Sum, Tally
from services.feedback.store import FeedbackStore
from services.feedback.usecases.answers import Answers
from tests.integration.feedback.house import QUESTIONS, House, running_house, token_hash

PEOPLE = 60
SEEDS = range(20)
LATE = 6
"""Of the people, so many become known when all the others have answered."""
CHANCE = 1 / PEOPLE
COMMENT = "comment "
"""How each begins."""
plus, submit = Sum.plus, Answers.submit


@dataclass
class Spoils:
    """What the attacker holds, and the truth that he is after."""

    tokens: list[str]
    """By arrival."""
    comments: dict[str, str]
    """The truth: token to comment."""
    scores: dict[str, int]
    """The truth: token to score of the first question."""
    tables: dict[str, list[dict[str, Any]]]
    """Every document by collection, in the order of storage."""
    raw: bytes


async def survey_with_answers(house: House, people: int = PEOPLE, *, late: int = 0) -> tuple[str, Spoils]:
    """People answer one after another, in an order that has nothing to do with that of their links. The late ones of
    them get their links when all the others have answered."""
    session_id, tokens = await house.open_survey(people - late)
    spoils = Spoils(tokens, {}, {}, {}, b"")
    await answer_in_turn(house, spoils, tokens)
    if late:
        await answer_in_turn(house, spoils, await house.add_late(session_id, tokens, late))
    spoils.tokens = list(spoils.comments)
    await house.use_cases.announce_and_tidy()
    return session_id, spoils


async def answer_in_turn(house: House, spoils: Spoils, tokens: list[str]) -> None:
    """These people answer, in an order that chance chooses."""
    for number, token in enumerate(house.chance.sample(tokens, len(tokens))):
        spoils.comments[token] = COMMENT + house.chance.randbytes(6).hex()
        spoils.scores[token] = house.chance.randint(0, 10)
        scores = {"content": spoils.scores[token], "duration": house.chance.randint(0, 10)}
        await house.use_cases.answers.submit(token, scores, spoils.comments[token])
        if number % 20 == 0:
            await house.use_cases.announce_and_tidy()


def dump(house: House, key: bytes | None) -> dict[str, list[dict[str, Any]]]:
    """All documents of the file, each collection in the order of its rows; the answers decrypted."""
    with closing(sqlite3.connect(house.path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {
            name: [json.loads(text) for (text,) in connection.execute(f'SELECT doc FROM "{name}" ORDER BY rowid')]
            for name in names
        }
    for tally in tables["tallies"] if key else []:
        tally["sum"] = asdict(Tally.model_validate(tally).sum(key or b""))
    return tables


def strings(value: Any) -> Iterator[str]:
    """Every text in a document, in its order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def orders_of_people(spoils: Spoils) -> Iterator[list[str]]:
    """Orders in which the attacker may line people up."""
    by_hash = {token_hash(token): token for token in spoils.tokens}
    slots = [digest for document in spoils.tables["tallies"] for digest in document["slots"]]
    yield spoils.tokens
    yield spoils.tokens[::-1]
    yield [by_hash[digest] for digest in sorted(by_hash)]
    if slots:
        yield [by_hash[digest] for digest in slots]


def orders_of_comments(spoils: Spoils) -> Iterator[list[str]]:
    """Orders in which the attacker finds the comments."""
    known = set(spoils.comments.values())
    yield sorted(known)
    if COMMENT.encode() in spoils.raw:
        yield sorted(known, key=lambda text: spoils.raw.find(text.encode()))
        yield sorted(known, key=lambda text: spoils.raw.rfind(text.encode()))
    for documents in spoils.tables.values():
        stored = list(dict.fromkeys(text for text in strings(documents) if text in known))
        if len(stored) == len(known):
            yield stored


def hits_by_pairing(spoils: Spoils) -> Counter[tuple[int, int]]:
    """How many people each pairing of an order of people with one of comments ties to their comment."""
    return Counter(
        {
            (i, j): sum(spoils.comments[token] == text for token, text in zip(people, comments, strict=True))
            for i, people in enumerate(orders_of_people(spoils))
            for j, comments in enumerate(orders_of_comments(spoils))
        }
    )


def score_hits(spoils: Spoils) -> tuple[int, float]:
    """How many scores the best pairing ties to their person, and how many chance would."""
    sums = [tally["sum"]["scores"]["content"] for tally in spoils.tables["tallies"]]
    in_order = [score for counts in sums for score, times in enumerate(counts) for _ in range(times)]
    best = max(
        sum(spoils.scores[token] == score for token, score in zip(people, order, strict=True))
        for people in orders_of_people(spoils)
        for order in (in_order, sorted(in_order), in_order[::-1])
    )
    return best, sum(times**2 for times in Counter(in_order).values()) / len(in_order)


async def loot(seed: int, *, seal: bool = False, late: int = 0) -> Spoils:
    """One survey's spoils."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_house(Path(folder), seed=seed) as house:
            session_id, spoils = await survey_with_answers(house, late=late)
            if seal:
                await house.publish(session_id)
            spoils.raw = house.raw_bytes()
            spoils.tables = dump(house, await house.keys.find(session_id))
            return spoils


async def best_rate(
    monkeypatch: pytest.MonkeyPatch, *, seal: bool = False, seeds: range = SEEDS, late: int = 0
) -> float:
    """The hit rate of the attacker's best pairing over all seeds."""
    hits: Counter[tuple[int, int]] = Counter()
    for seed in seeds:
        monkeypatch.setattr(tallies, "_chance", random.Random(seed))  # the same run every time
        hits.update(hits_by_pairing(await loot(seed, seal=seal, late=late)))
    return max(hits.values()) / (PEOPLE * len(seeds))


@pytest.mark.parametrize("late", [0, LATE], ids=["all in time", "some late"])
@pytest.mark.parametrize("seal", [False, True], ids=["while it is open", "after sealing"])
async def test_the_best_linkage_is_hardly_better_than_chance(
    seal: bool, late: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await best_rate(monkeypatch, seal=seal, late=late) <= 2 * CHANCE


async def best_guess_of_late_comments(monkeypatch: pytest.MonkeyPatch, *, shuffled: bool = True) -> float:
    """The share of the late people's comments that the attacker finds who looks at one end of an order of comments."""
    hits: Counter[tuple[int, bool]] = Counter()
    for seed in SEEDS:
        chance = random.Random(seed)
        if not shuffled:
            monkeypatch.setattr(chance, "shuffle", lambda _: None)
        monkeypatch.setattr(tallies, "_chance", chance)
        spoils = await loot(seed, late=LATE)
        truth = set(list(spoils.comments.values())[-LATE:])
        for number, order in enumerate(orders_of_comments(spoils)):
            hits[number, False] += len(truth & set(order[:LATE]))
            hits[number, True] += len(truth & set(order[-LATE:]))
    return max(hits.values()) / (LATE * len(SEEDS))


async def test_late_people_hide_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await best_guess_of_late_comments(monkeypatch) <= 2 * LATE / PEOPLE


async def test_late_people_would_be_found_in_a_tally_that_grew_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await best_guess_of_late_comments(monkeypatch, shuffled=False) >= 0.95


async def test_scores_cannot_be_linked_either(monkeypatch: pytest.MonkeyPatch) -> None:
    hits, expected = 0.0, 0.0
    for seed in range(5):
        monkeypatch.setattr(tallies, "_chance", random.Random(seed))
        best, chance = score_hits(await loot(seed))
        hits, expected = hits + best, expected + chance
    assert hits <= 2 * expected


def in_turn(total: Sum, answers: Mapping[str, int], comment: str) -> Sum:
    """A careless sum: a comment is put behind the others."""
    return replace(plus(total, answers, ""), comments=[*total.comments, comment])


async def submit_and_keep(self: Answers, token: str, answers: Mapping[str, int], comment: str) -> None:
    """A careless use case: it also keeps a row for each answer."""
    number = await self.store._store.count("comments")
    await self.store._store.insert("comments", {"_id": f"row {number}", "comment": comment, "delete_at": 0})
    await submit(self, token, answers, comment)


@pytest.mark.parametrize("carelessness", ["comments in order", "rows"])
async def test_the_attack_finds_everybody_where_the_tally_is_careless(
    carelessness: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if carelessness == "rows":
        monkeypatch.setattr(Answers, "submit", submit_and_keep)
        monkeypatch.setattr(FeedbackStore, "delete_old_comments", lambda *_: _nothing())
    else:
        monkeypatch.setattr(Sum, "plus", in_turn)
    assert await best_rate(monkeypatch, seeds=range(2)) >= 0.95


async def _nothing() -> int:
    return 0


async def test_logs_and_events_name_no_link_and_no_answer(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        session_id, tokens = await house.open_survey(6)
        for token in tokens:
            assert (await house.answer(token, comment="Canari")).status_code == 202
        await house.use_cases.announce_and_tidy()
        events = await house.events()
        await house.publish(session_id)
    own = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    words = json.dumps([logs, events, own], default=str)
    assert "Canari" not in words
    assert not any(token in words or token_hash(token) in words for token in tokens)


async def test_after_sealing_no_byte_tells_of_links(house: House) -> None:
    session_id, spoils = await survey_with_answers(house)
    assert token_hash(spoils.tokens[0]).encode() in house.raw_bytes()
    await house.publish(session_id)
    raw = house.raw_bytes()
    for token in spoils.tokens:
        assert token.encode() not in raw
        assert token_hash(token).encode() not in raw
        assert spoils.comments[token].encode() in raw, "the office still reads the comments"
    assert all(key.encode() in raw for key in QUESTIONS)


async def test_hashes_that_waited_to_be_published_go_with_the_sealing(house: House) -> None:
    session_id, tokens = await house.open_survey(20)
    survey = await house.store.surveys.get(session_id)
    assert survey is not None
    assert survey.reminder_at is not None
    house.clock.now = survey.reminder_at
    await house.use_cases.do_what_is_due()
    assert "survey-unanswered" in await house.event_names()
    await house.publish(session_id)
    assert "survey-unanswered" not in await house.event_names()
    assert not any(token_hash(token).encode() in house.raw_bytes() for token in tokens)
