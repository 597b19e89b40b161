"""Projections on every store: an older event changes nothing, an equal one runs again, in whatever order they come."""

from itertools import permutations

import pytest

from shared.storage.contract import Store
from shared.storage.projections import Known, Projection


class KnownRoom(Known):
    name: str
    closed_for: str = ""


@pytest.fixture
def rooms(store: Store) -> Projection[KnownRoom]:
    return Projection(store, "things", KnownRoom)


async def test_a_later_event_changes_what_is_kept_and_an_older_one_nothing(rooms: Projection[KnownRoom]) -> None:
    assert await rooms.apply(KnownRoom(id="a", seen=2, name="two"))
    assert not await rooms.apply(KnownRoom(id="a", seen=1, name="one"))
    assert await rooms.get("a") == KnownRoom(id="a", seen=2, name="two")
    assert await rooms.apply(KnownRoom(id="a", seen=3, name="three"))
    assert await rooms.get("a") == KnownRoom(id="a", seen=3, name="three")


async def test_an_event_of_the_same_version_runs_again(rooms: Projection[KnownRoom]) -> None:
    await rooms.apply(KnownRoom(id="a", seen=2, name="misread"))
    assert await rooms.apply(KnownRoom(id="a", seen=2, name="two"))
    assert await rooms.get("a") == KnownRoom(id="a", seen=2, name="two")


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
async def test_the_order_of_the_events_does_not_matter(rooms: Projection[KnownRoom], order: tuple[int, ...]) -> None:
    for version in order:
        await rooms.apply(KnownRoom(id="a", seen=version, name=str(version)))
    assert await rooms.get("a") == KnownRoom(id="a", seen=3, name="3")


async def test_what_an_event_does_not_say_stays(rooms: Projection[KnownRoom]) -> None:
    await rooms.apply(KnownRoom(id="a", seen=1, name="one", closed_for="repairs"))
    await rooms.apply(KnownRoom(id="a", seen=2, name="two"), leave={"closed_for"})
    assert await rooms.get("a") == KnownRoom(id="a", seen=2, name="two", closed_for="repairs")
    await rooms.apply(KnownRoom(id="b", seen=2, name="new"), leave={"closed_for"})
    assert await rooms.get("b") == KnownRoom(id="b", seen=2, name="new")


async def test_a_part_that_one_kind_of_event_tells_has_its_own_version(rooms: Projection[KnownRoom]) -> None:
    await rooms.apply(KnownRoom(id="a", seen=5, name="five"), leave={"closed_for"})
    assert await rooms.apply_part("a", "closed", 2, {"closed_for": "repairs"}), "older than the room, but the first"
    assert not await rooms.apply_part("a", "closed", 1, {"closed_for": "cleaning"})
    assert await rooms.apply_part("a", "closed", 2, {"closed_for": "repairs"})
    assert await rooms.get("a") == KnownRoom(id="a", seen=5, name="five", closed_for="repairs")
    assert not await rooms.apply_part("nowhere", "closed", 1, {"closed_for": "cleaning"})


async def test_missing_is_what_is_not_known_in_the_version_announced(
    rooms: Projection[KnownRoom], store: Store
) -> None:
    await rooms.apply(KnownRoom(id="a", seen=2, name="two"))
    await store.insert("things", {"_id": "begun by another event"})
    entries = [("a", 2), ("a", 3), ("b", 1), ("a", 1), ("begun by another event", 1)]
    assert await rooms.missing(entries) == ["a", "b", "begun by another event"]
    assert await rooms.missing([]) == []
