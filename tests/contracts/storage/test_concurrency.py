"""Fifty clients at once: nothing is claimed twice, lost or oversold."""

import asyncio
from collections import Counter

from shared.storage.contract import Store, greater

CLIENTS = 50


async def test_no_document_is_claimed_twice(store: Store) -> None:
    await store.insert_many("things", [{"_id": f"{i:03}", "kind": "due", "rank": i} for i in range(150)])

    async def work(owner: str) -> list[str]:
        mine: list[str] = []
        while page := await store.claim(
            "things", {"kind": "due"}, owner=owner, now=1, until=10**12, order=[("rank", 1)], limit=7
        ):
            mine += [document["_id"] for document in page]
            assert len(mine) <= 150, "claimed again and again"
        return mine

    claimed = [name for names in await asyncio.gather(*(work(f"w{i}") for i in range(CLIENTS))) for name in names]
    assert Counter(claimed) == Counter(f"{i:03}" for i in range(150))


async def test_two_tasks_of_one_owner_never_hold_the_same(store: Store) -> None:
    await store.insert_many("things", [{"_id": f"{i:03}", "kind": "due"} for i in range(60)])
    pages = await asyncio.gather(
        *(store.claim("things", {"kind": "due"}, owner="same", now=1, until=9, limit=1 + i % 5) for i in range(CLIENTS))
    )
    claimed = Counter(document["_id"] for page in pages for document in page)
    assert claimed
    assert set(claimed.values()) == {1}


async def test_no_increment_is_lost(store: Store) -> None:
    await store.insert("things", {"_id": "a", "n": 0, "cells": {}})

    async def work(client: int) -> None:
        for _ in range(4):
            assert await store.update("things", "a", increment={"n": 1, f"cells.q{client % 5}": 2})

    await asyncio.gather(*(work(client) for client in range(CLIENTS)))
    expected = {"_id": "a", "n": 200, "cells": {f"q{i}": 80 for i in range(5)}, "version": 201}
    assert await store.get("things", "a") == expected


async def test_no_seat_is_oversold(store: Store) -> None:
    await store.insert("things", {"_id": "a", "left": 20})
    taken = await asyncio.gather(
        *(store.update("things", "a", guard={"left": greater(0)}, increment={"left": -1}) for _ in range(80))
    )
    assert taken.count(True) == 20
    assert await store.get("things", "a") == {"_id": "a", "left": 0, "version": 21}


async def test_one_of_fifty_inserts_of_an_id_wins(store: Store) -> None:
    won = await asyncio.gather(*(store.insert("things", {"_id": "a", "by": i}) for i in range(CLIENTS)))
    assert won.count(True) == 1
    assert await store.get("things", "a") == {"_id": "a", "by": won.index(True), "version": 1}


async def test_one_of_fifty_replacements_of_a_version_wins(store: Store) -> None:
    await store.insert("things", {"_id": "a"})
    won = await asyncio.gather(
        *(store.replace("things", {"_id": "a", "by": i}, expected_version=1) for i in range(CLIENTS))
    )
    assert won.count(True) == 1
    assert await store.get("things", "a") == {"_id": "a", "by": won.index(True), "version": 2}


async def test_one_slot_is_spent_once_and_counted_once(store: Store) -> None:
    await store.insert("things", {"_id": "a", "slots": {"x": 0}, "n": 0})
    answers = [
        store.update("things", "a", guard={"slots.x": 0}, assign={"slots.x": 1}, increment={"n": 1})
        for _ in range(CLIENTS)
    ]
    assert (await asyncio.gather(*answers)).count(True) == 1
    assert await store.get("things", "a") == {"_id": "a", "slots": {"x": 1}, "n": 1, "version": 2}
