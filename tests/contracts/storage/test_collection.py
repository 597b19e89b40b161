"""Collections on every store: typed documents, and pages whose place is None on the last one."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from shared.clock import StoredInstant
from shared.storage.aggregates import Aggregate, Aggregates
from shared.storage.collection import PAGE, Collection, Documents, Place, Stored
from shared.storage.contract import Document, Order, Store, at_least, greater

NOW = datetime(2026, 12, 17, 9, 30, tzinfo=UTC)
BY_RANK: Order = (("rank", -1),)


class Thing(Stored):
    rank: int
    kind: str = ""
    due_at: StoredInstant = NOW


class Box(Aggregate):
    rank: int


@pytest.fixture
def things(store: Store) -> Collection[Thing]:
    return Collection(store, "things", Thing)


async def add(things: Collection[Thing], ranks: Sequence[int]) -> None:
    await asyncio.gather(*(things.insert(Thing(id=f"t{n}", rank=rank)) for n, rank in enumerate(ranks)))


async def test_what_was_inserted_comes_back_once(things: Collection[Thing], store: Store) -> None:
    assert await things.insert(Thing(id="a", rank=1))
    assert not await things.insert(Thing(id="a", rank=2))
    assert await things.get("a") == Thing(id="a", rank=1)
    assert await things.get("b") is None
    document = {"_id": "a", "version": 1, "rank": 1, "kind": "", "due_at": 1_797_499_800_000}
    assert await store.get("things", "a") == document


async def test_what_is_put_replaces_its_fields_and_leaves_those_of_others(
    things: Collection[Thing], store: Store
) -> None:
    assert await things.put(Thing(id="a", rank=1, kind="x"))
    await store.update("things", "a", assign={"colour": "blue"})
    assert await things.put(Thing(id="a", rank=2, kind="y"), leave={"kind"})
    document = await store.get("things", "a")
    assert document
    assert (document["rank"], document["kind"], document["colour"]) == (2, "x", "blue")


async def test_what_is_put_against_its_guard_changes_nothing(things: Collection[Thing]) -> None:
    await things.put(Thing(id="a", rank=1))
    assert not await things.put(Thing(id="a", rank=2), guard={"rank": greater(1)})
    assert await things.get("a") == Thing(id="a", rank=1)


@pytest.mark.parametrize(
    ("limit", "pages"),
    [(1, [[5], [4], [3]]), (2, [[5, 4], [3]]), (3, [[5, 4, 3]]), (4, [[5, 4, 3]])],
)
async def test_pages_hold_everything_once_and_the_last_has_no_place(
    things: Collection[Thing], limit: int, pages: list[list[int]]
) -> None:
    await add(things, [3, 5, 1, 4])
    found: list[list[int]] = []
    place: Place | None = None
    while place or not found:
        page = await things.page({"rank": at_least(3)}, order=BY_RANK, limit=limit, after=place)
        found.append([thing.rank for thing in page.items])
        place = page.next
    assert found == pages


async def test_a_page_of_nothing_is_the_last(things: Collection[Thing]) -> None:
    page = await things.page(limit=5)
    assert (page.items, page.next) == ([], None)


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 4, PAGE])
async def test_each_comes_once_in_order(things: Collection[Thing], at_a_time: int) -> None:
    await add(things, [3, 5, 1, 4])
    found = [thing.rank async for thing in things.each({"rank": at_least(3)}, order=BY_RANK, at_a_time=at_a_time)]
    assert found == [5, 4, 3]


async def test_pages_that_are_walked_through_are_never_empty(things: Collection[Thing]) -> None:
    assert [page async for page in things.pages()] == []
    await add(things, [3, 5, 1, 4])
    pages = [[thing.rank for thing in page] async for page in things.pages(order=BY_RANK, at_a_time=2)]
    assert pages == [[5, 4], [3, 1]]


async def test_each_may_be_deleted_while_they_are_read(things: Collection[Thing]) -> None:
    await add(things, [1, 2, 3])
    async for thing in things.each(at_a_time=1):
        await things.delete({"_id": thing.id})
    assert await things.count() == 0


async def test_many_are_those_that_are_there_in_the_order_asked_for(things: Collection[Thing]) -> None:
    await add(things, [1, 2, 3])
    found = await things.many(["t2", "gone", "t0", "t2"])
    assert [(key, thing.rank) for key, thing in found.items()] == [("t2", 3), ("t0", 1)]
    assert await things.many([]) == {}


async def test_more_ids_than_a_page_are_all_looked_for(things: Collection[Thing]) -> None:
    await add(things, [1, 2, 3])
    ids = ["t0", *(f"gone{n}" for n in range(PAGE)), "t2"]
    assert list(await things.many(ids)) == ["t0", "t2"]


async def test_documents_are_counted_by_condition(things: Collection[Thing]) -> None:
    await add(things, [1, 2, 3])
    assert (await things.count(), await things.count({"rank": greater(1)})) == (3, 2)


async def test_documents_are_read_as_somebody_wants_them(store: Store, things: Collection[Thing]) -> None:
    def rank_of(document: Document) -> int:
        return int(document["rank"])

    await add(things, [1, 2])
    ranks = Documents(store, "things", rank_of)
    assert [rank async for rank in ranks.each()] == [1, 2]
    assert await ranks.many(["t1"]) == {"t1": 2}


async def test_aggregates_are_read_the_same_way(store: Store) -> None:
    boxes = Aggregates(store, "things", Box)
    for n in range(3):
        await boxes.create(Box(id=f"b{n}", rank=n))
    page = await boxes.page(order=BY_RANK, limit=2)
    assert ([box.id for box in page.items], page.next) == (["b2", "b1"], [1, "b1"])
    assert [box.id async for box in boxes.each(at_a_time=1)] == ["b0", "b1", "b2"]
    assert list(await boxes.many(["b2", "b0"])) == ["b2", "b0"]
    assert await boxes.count({"rank": 1}) == 1
