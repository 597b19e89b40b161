"""V5: who copies all services' data as often as he likes cannot tell who said what.

The attacker holds every copy of the database made while the survey was open, one after each answer or one a night, and
one after the sealing. He knows whose link is whose. What changed between two copies he ties to those who answered
between them; what he cannot read he guesses by sizes, by orders of storage and by the published numbers.
"""

import json
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from services.feedback.domain import tallies
from services.feedback.domain.tallies import Tally
from tests.integration.feedback.house import House, running_house, token_hash

NIGHTS = 7
Documents = list[dict[str, Any]]
Pairing = Iterator[tuple[str, list[str], list[Any]]]
"""An attack's name, people, and what it says of each of them."""


@dataclass
class Loot:
    tokens: list[str]
    comments: dict[str, str] = field(default_factory=dict)
    """The truth: token to comment."""
    scores: dict[str, int] = field(default_factory=dict)
    """The truth: token to score."""
    copies: list[Documents] = field(default_factory=list)
    """The tallies after each answer, the first before all of them."""
    after_sealing: bytes = b""


def stored_tallies(house: House, key: bytes | None) -> Documents:
    """The tallies of a copy; with their sums for who has the key."""
    with closing(sqlite3.connect(house.path)) as connection:
        found = [json.loads(text) for (text,) in connection.execute("SELECT doc FROM tallies ORDER BY rowid")]
    for document in found if key else []:
        total = Tally.model_validate(document).sum(key or b"")
        document["cells"] = {name: {f"s{n}": k for n, k in enumerate(ks)} for name, ks in total.scores.items()}
        document["comments"] = {text: text for text in total.comments}
    return found


async def loot(people: int, seed: int, *, with_key: bool = False) -> Loot:
    """A survey's copies; everybody answers and comments."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_house(Path(folder), seed=seed) as house:
            session_id, tokens = await house.open_survey(people)
            key = await house.keys.find(session_id) if with_key else None
            found = Loot(tokens, copies=[stored_tallies(house, key)])
            for token in house.chance.sample(tokens, people):
                found.comments[token] = house.chance.randbytes(house.chance.randint(4, 140)).hex()
                found.scores[token] = house.chance.randint(0, 10)
                await house.use_cases.answers.submit(
                    token, {"content": found.scores[token], "duration": 5}, found.comments[token]
                )
                found.copies.append(stored_tallies(house, key))
            await house.publish(session_id)
            found.after_sealing = house.raw_bytes()
    return found


class Step(NamedTuple):
    """What two copies one after the other tell."""

    people: list[str]
    """Who answered in between."""
    scores: list[int]
    """Of the cells that rose."""
    texts: list[str]
    """What was not there before."""
    growth: int
    """Of the copy, in bytes."""


def compare(found: Loot, copies: Sequence[Documents]) -> list[Step]:
    owners = {token_hash(token): token for token in found.tokens}
    known = set(found.comments.values())
    return [
        Step(
            [owners[digest] for digest in raised(before, after, "slots")],
            [int(cell.removeprefix("s")) for cell in raised(before, after, "cells", "content")],
            sorted(legible(after) & known - legible(before)),
            len(str(after)) - len(str(before)),
        )
        for before, after in pairwise(copies)
    ]


def legible(value: Any) -> set[str]:
    """Every text in a copy."""
    if isinstance(value, dict):
        return set(value).union(*map(legible, value.values()))
    return set().union(*map(legible, value)) if isinstance(value, list) else {str(value)}


def raised(before: Documents, after: Documents, *path: str) -> list[str]:
    """The names of the numbers that rose, as often as they rose by one."""
    was, now = (reduce(lambda inner, name: inner.get(name, {}), path, copy[0]) for copy in (before, after))
    return list((Counter(now) - Counter(was)).elements())


def attacks_on_comments(found: Loot, steps: Sequence[Step]) -> Pairing:
    people = [token for step in steps for token in step.people]
    read = [text for step in steps for text in step.texts]
    growth = {token: step.growth for step in steps for token in step.people}
    by_growth = sorted(people, key=lambda token: growth[token])
    kept = sorted(text for text in found.comments.values() if text.encode() in found.after_sealing)
    orders = {
        "stored": sorted(kept, key=lambda text: found.after_sealing.find(text.encode())),
        "last stored": sorted(kept, key=lambda text: found.after_sealing.rfind(text.encode())),
        "sorted": kept,
    }
    yield "read", people[: len(read)], read
    yield "growth", by_growth, sorted(kept, key=len)
    for name, order in orders.items():
        for way in (1, -1):
            yield f"{name} {way}", people, order[::way]
            yield f"{name} {way}, by growth", by_growth, order[::way]


def attacks_on_scores(found: Loot, steps: Sequence[Step]) -> Pairing:
    people, published = [token for step in steps for token in step.people], sorted(found.scores.values())
    read = [score for step in steps for score in step.scores]
    yield "read", people[: len(read)], read
    yield "published", people, published
    yield "published backwards", people, published[::-1]


def hits(pairing: Pairing, truth: dict[str, Any]) -> Counter[str]:
    return Counter(
        {name: sum(truth[t] == said for t, said in zip(people, told, strict=False)) for name, people, told in pairing}
    )


def nightly(copies: list[Documents]) -> list[Documents]:
    step = max(1, len(copies) // NIGHTS)
    return [*copies[:-1:step], copies[-1]]


async def rates(
    people: int, seeds: range, monkeypatch: pytest.MonkeyPatch, *, with_key: bool = False
) -> dict[str, float]:
    """Of each attack, how many times as often as chance it is right."""
    right: Counter[str] = Counter()
    guesses: dict[str, float] = {"comments": len(seeds), "scores": 0}
    for seed in seeds:
        monkeypatch.setattr(tallies, "_chance", random.Random(seed))
        found = await loot(people, seed, with_key=with_key)
        guesses["scores"] += sum(times**2 for times in Counter(found.scores.values()).values()) / people
        for when, copies in (("hourly", found.copies), ("nightly", nightly(found.copies))):
            steps = compare(found, copies)
            for name, times in hits(attacks_on_comments(found, steps), found.comments).items():
                right[f"comments {when} {name}"] += times
            for name, times in hits(attacks_on_scores(found, steps), found.scores).items():
                right[f"scores {when} {name}"] += times
    return {name: times / guesses[name.partition(" ")[0]] for name, times in right.items()}


@pytest.mark.parametrize(("people", "seeds"), [(5, range(20)), (20, range(20)), (120, range(6))])
async def test_copies_at_any_times_tie_nobody_to_an_answer(
    people: int, seeds: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await rates(people, seeds, monkeypatch)
    assert max(found.values()) <= 2, found


async def test_who_has_the_key_too_ties_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """This attack can succeed: so it did on every copy before answers were encrypted."""
    found = await rates(20, range(3), monkeypatch, with_key=True)
    assert found["comments hourly read"] == 20
    assert found["scores hourly read"] >= 5
