"""What one client sees of a store."""

from collections.abc import Sequence

import pytest

from shared.storage.contract import Document, Order, Scalar, Store, at_most, greater, one_of, position
from shared.storage.verification import try_write, verify_contract


def thing(name: str, **fields: object) -> Document:
    return {"_id": name, **fields}


async def names(store: Store, order: Order = (), after: Sequence[Scalar] | None = None, limit: int = 100) -> str:
    return "".join(d["_id"] for d in await store.find("things", order=order, after=after, limit=limit))


async def test_inserted_document_comes_back_with_version_one(store: Store) -> None:
    document = thing(
        "a", title={"ca": "Treu-li suc a l'eina «𝒟»", "es": None}, seats=20, mean=8.25, spent=[1, "x"], big=2**53
    )
    assert await store.insert("things", document)
    assert await store.get("things", "a") == {**document, "version": 1}
    assert document == {k: v for k, v in document.items() if k != "version"}, "the caller's document stays as it was"


async def test_what_is_not_there_is_none(store: Store) -> None:
    assert await store.get("things", "a") is None


async def test_collections_are_apart(store: Store) -> None:
    await store.insert("things", thing("a"))
    assert await store.get("others", "a") is None


async def test_second_insert_of_an_id_changes_nothing(store: Store) -> None:
    await store.insert("things", thing("a", rank=1))
    assert not await store.insert("things", thing("a", rank=2))
    assert await store.get("things", "a") == thing("a", rank=1, version=1)


async def test_insert_many_ignores_ids_that_are_there_or_come_twice(store: Store) -> None:
    await store.insert("things", thing("a", rank=1))
    assert await store.insert_many("things", [thing(n, rank=2) for n in "abcb"]) == 2
    assert await store.insert_many("things", [thing(n, rank=3) for n in "abc"]) == 0
    assert [d["rank"] for d in await store.find("things")] == [1, 2, 2]


async def test_insert_many_of_nothing_is_nothing(store: Store) -> None:
    assert await store.insert_many("things", []) == 0


async def test_insert_many_of_several_pages(store: Store) -> None:
    assert await store.insert_many("things", [thing(f"{i:05}") for i in range(2_500)]) == 2_500
    assert await store.count("things") == 2_500


@pytest.mark.parametrize("document", [{}, {"_id": ""}, {"_id": 7}])
async def test_document_without_a_text_as_id_is_refused(store: Store, document: Document) -> None:
    with pytest.raises(ValueError):
        await store.insert_many("things", [thing("a"), document])
    assert await store.get("things", "a") is None


async def test_replace_raises_the_version(store: Store) -> None:
    await store.insert("things", thing("a", rank=1, old=True))
    assert await store.replace("things", thing("a", rank=2), expected_version=1)
    assert await store.get("things", "a") == thing("a", rank=2, version=2)


async def test_replace_of_another_version_changes_nothing(store: Store) -> None:
    await store.insert("things", thing("a", rank=1))
    assert not await store.replace("things", thing("a", rank=2), expected_version=2)
    assert not await store.replace("things", thing("b", rank=2), expected_version=0)
    assert await store.find("things") == [thing("a", rank=1, version=1)]


async def test_update_assigns_and_increments_in_one_step(store: Store) -> None:
    await store.insert("things", thing("a", rank=1, n=5))
    change = {"rank": 2, "reason": None, "shape": {"round": True}, "list": [1, {"x": None}]}
    assert await store.update("things", "a", assign=change, increment={"n": -2, "new": 3})
    assert await store.get("things", "a") == thing("a", **change, n=3, new=3, version=2)


async def test_update_reaches_into_nested_objects_and_makes_missing_parents(store: Store) -> None:
    await store.insert("things", thing("a", slots={"2b-x": 0, "c7": 0}))
    assert await store.update(
        "things",
        "a",
        guard={"slots.2b-x": 0},
        assign={"slots.2b-x": 1, "far.away.there": "x"},
        increment={"cells.q1.9": 1},
    )
    expected = thing("a", slots={"2b-x": 1, "c7": 0}, far={"away": {"there": "x"}}, cells={"q1": {"9": 1}}, version=2)
    assert await store.get("things", "a") == expected
    assert not await store.update("things", "a", guard={"slots.2b-x": 0}, increment={"cells.q1.9": 1})


async def test_update_without_a_change_raises_the_version_only(store: Store) -> None:
    await store.insert("things", thing("a"))
    assert await store.update("things", "a")
    assert await store.get("things", "a") == thing("a", version=2)


async def test_update_of_what_is_missing_or_guarded_changes_nothing(store: Store) -> None:
    await store.insert("things", thing("a", seats=0))
    assert not await store.update("things", "b", assign={"seats": 1})
    assert not await store.update("things", "a", guard={"seats": greater(0)}, increment={"seats": -1})
    assert not await store.update("things", "a", guard={"_id": "b"}, increment={"seats": -1})
    assert await store.find("things") == [thing("a", seats=0, version=1)]


async def test_update_many_changes_those_that_match(store: Store) -> None:
    await store.insert_many("things", [thing(n, rank=r) for n, r in zip("abc", (1, 2, 1), strict=True)])
    assert await store.update_many("things", {"_id": one_of(["a", "b", "x"]), "rank": 1}, assign={"rank": 9}) == 1
    assert await store.update_many("things", {"_id": one_of([])}, assign={"rank": 9}) == 0
    assert await store.find("things") == [
        thing("a", rank=9, version=2), thing("b", rank=2, version=1), thing("c", rank=1, version=1)
    ]  # fmt: skip


@pytest.mark.parametrize("paths", [["_id"], ["version"], ["a.$set"], ["a..b"], ["a'b"], ['a"b'], ["a", "a.b"], [""]])
async def test_change_of_a_forbidden_path_is_refused(store: Store, paths: list[str]) -> None:
    with pytest.raises(ValueError):
        await store.update("things", "a", assign=dict.fromkeys(paths, 1))
    with pytest.raises(ValueError):
        await store.update("things", "a", increment=dict.fromkeys(paths, 1))


async def test_same_path_assigned_and_incremented_is_refused(store: Store) -> None:
    with pytest.raises(ValueError):
        await store.update("things", "a", assign={"n": 1}, increment={"n": 1})


@pytest.mark.parametrize("order", [[("rank", 1)], [("rank", -1)], [("rank", 1), ("due_at", -1)], [("kind", -1)], []])
@pytest.mark.parametrize("size", [1, 2, 4])
async def test_pages_by_cursor_visit_everything_once_in_order(store: Store, order: Order, size: int) -> None:
    rows = [("a", 2, 1), ("b", None, 1), ("c", 2, 3), ("d", 1, None), ("e", None, None), ("f", 2, 3), ("g", 1, 7)]
    await store.insert_many("things", [thing(n, rank=r, due_at=d) for n, r, d in rows])
    await store.insert("things", thing("h", due_at=4))
    whole = await names(store, order)
    assert sorted(whole) == list("abcdefgh")
    visited, after = "", None
    while page := await store.find("things", order=order, limit=size, after=after):
        visited += "".join(document["_id"] for document in page)
        assert len(visited) <= len(whole), "a page came twice"
        after = position(page[-1], order)
    assert visited == whole


async def test_order_puts_missing_first_and_breaks_ties_by_id(store: Store) -> None:
    rows: list[tuple[str, int | None]] = [("c", 1), ("a", 1), ("b", None), ("d", -3)]
    await store.insert_many("things", [thing(n, rank=r) for n, r in rows])
    assert await names(store, [("rank", 1)]) == "bdac"
    assert await names(store, [("rank", -1)]) == "cadb"
    assert await names(store) == "abcd"


async def test_texts_are_ordered_by_code_point(store: Store) -> None:
    await store.insert_many("things", [thing(n) for n in ("Z", "a", "à", "z", "€", "𝒟")])
    assert await names(store) == "Zazà€𝒟"


async def test_documents_added_between_pages_neither_repeat_nor_hide_others(store: Store) -> None:
    await store.insert_many("things", [thing(n, rank=1) for n in "bdf"])
    first = await store.find("things", order=[("rank", 1)], limit=2)
    await store.insert_many("things", [thing(n, rank=1) for n in "aceg"])
    assert await names(store, [("rank", 1)], after=position(first[-1], [("rank", 1)])) == "efg"


async def test_limit_of_nothing_finds_nothing(store: Store) -> None:
    await store.insert("things", thing("a"))
    assert await store.find("things", limit=0) == []


async def test_place_of_another_order_is_refused(store: Store) -> None:
    with pytest.raises(ValueError):
        await store.find("things", order=[("rank", 1)], after=["a"])


async def test_delete_tells_how_many(store: Store) -> None:
    await store.insert_many("things", [thing(n, rank=r) for n, r in zip("abc", (1, 2, 3), strict=True)])
    assert await store.delete("things", {"rank": at_most(2)}) == 2
    assert await store.delete("things", {"rank": at_most(2)}) == 0
    assert await names(store) == "c"


async def test_delete_of_everything_is_refused(store: Store) -> None:
    await store.insert("things", thing("a"))
    with pytest.raises(ValueError):
        await store.delete("things", {})
    with pytest.raises(ValueError, match="condition"):
        await store.update_many("things", {}, assign={"rank": 1})
    assert await store.count("things") == 1


async def test_claim_leases_in_order_and_returns_what_is_stored(store: Store) -> None:
    await store.insert_many("things", [thing(n, rank=r) for n, r in zip("abcd", (3, 1, 2, 9), strict=True)])
    claimed = await store.claim(
        "things", {"rank": at_most(5)}, owner="me", now=1_000, until=2_000, order=[("rank", 1)], limit=2
    )
    lease = {"lease_owner": "me", "lease_until": 2_000, "version": 2}
    assert claimed == [thing("b", rank=1, **lease), thing("c", rank=2, **lease)]
    assert [await store.get("things", d["_id"]) for d in claimed] == claimed


async def test_lease_is_respected_until_it_ends(store: Store) -> None:
    await store.insert("things", thing("a", lease_until=None))

    async def claim(owner: str, now: int) -> list[str]:
        claimed = await store.claim("things", {"_id": "a"}, owner=owner, now=now, until=now + 100)
        return [document["lease_owner"] for document in claimed]

    assert await claim("first", 1_000) == ["first"]
    assert await claim("first", 1_000) == []
    assert await claim("second", 1_099) == []
    assert await claim("second", 1_100) == ["second"]


async def test_released_lease_is_free_at_once(store: Store) -> None:
    await store.insert("things", thing("a"))
    await store.claim("things", {"_id": "a"}, owner="first", now=1, until=100)
    assert await store.update("things", "a", guard={"lease_owner": "first"}, assign={"lease_until": None})
    assert len(await store.claim("things", {"_id": "a"}, owner="second", now=2, until=100)) == 1


async def test_nothing_to_claim_is_an_empty_list(store: Store) -> None:
    assert await store.claim("things", {"kind": "x"}, owner="me", now=1, until=2, limit=10) == []


async def test_prepare_again_keeps_what_is_there(store: Store) -> None:
    await store.insert("things", thing("a"))
    await store.prepare({"things": [], "others": []})
    assert await store.count("things") == 1


@pytest.mark.parametrize("name", ["Things", "a-b", "", 'a"b', "system.users", "$a"])
async def test_dangerous_collection_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ValueError):
        await store.get(name, "a")
    with pytest.raises(ValueError):
        await store.insert(name, thing("a"))


async def test_store_takes_a_trial_again_and_again(store: Store) -> None:
    for _ in range(3):
        await try_write(store)


async def test_store_passes_its_own_check_and_leaves_no_trace(store: Store) -> None:
    await verify_contract(store)
    await verify_contract(store)
    assert await store.count("contract_check") == 0
