"""Aggregates on every store: state and events in one write, changes by compare-and-set."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from structlog.contextvars import bound_contextvars

from shared.clock import StoredInstant, from_millis
from shared.events.base import Event
from shared.storage.aggregates import Aggregate, Aggregates, ConflictError, NotFoundError
from shared.storage.contract import Store, greater

NOW = datetime(2026, 12, 17, 9, 30, 0, 123_000, UTC)


class SeatTaken(Event, name="tests.seat-taken", source="tests", key="room"):
    room: str


class Room(Aggregate):
    left: int
    opens_at: StoredInstant = NOW


Decision = tuple[Room, Sequence[Event]]


@pytest.fixture
def rooms(store: Store) -> Aggregates[Room]:
    return Aggregates(store, "things", Room, clock=lambda: NOW)


def take_seat(room: Room) -> Decision:
    return room.model_copy(update={"left": room.left - 1}), [SeatTaken(room=room.id, version=0)]


async def test_the_bell_rings_whenever_a_document_with_events_is_saved(rooms: Aggregates[Room], store: Store) -> None:
    rings: list[None] = []
    store.bell.listen(lambda: rings.append(None))

    def told_by_hand(room: Room) -> Decision:
        envelope = SeatTaken(room=room.id, version=room.version).envelope()
        return room.model_copy(update={"outbox": (envelope,), "pending": 1}), []

    def closed(room: Room) -> Decision:
        return room.model_copy(update={"left": 0, "outbox": (), "pending": 0}), []

    taken = SeatTaken(room="a", version=0)
    for act, expected in (
        (lambda: rooms.create(Room(id="a", left=5)), 0),
        (lambda: rooms.create(Room(id="b", left=5), taken), 1),
        (lambda: rooms.create(Room(id="b", left=5), taken), 0),  # it is there already
        (lambda: rooms.change("a", take_seat), 1),
        (lambda: rooms.change("a", closed), 0),
        (lambda: rooms.change("a", told_by_hand), 1),
        (lambda: rooms.republish("a", lambda _: []), 0),
        (lambda: rooms.republish("a", lambda _: [taken]), 1),
    ):
        rings.clear()
        await act()
        assert len(rings) == expected


async def test_created_aggregate_comes_back(rooms: Aggregates[Room], store: Store) -> None:
    assert await rooms.create(Room(id="a", left=5))
    assert await rooms.get("a") == Room(id="a", left=5, version=1)
    assert await rooms.get("b") is None
    document = await store.get("things", "a")
    assert document is not None
    assert from_millis(document["opens_at"]) == NOW


async def test_created_again_changes_nothing(rooms: Aggregates[Room]) -> None:
    await rooms.create(Room(id="a", left=5))
    assert not await rooms.create(Room(id="a", left=6), SeatTaken(room="a", version=0))
    assert [room async for room in rooms.each()] == [Room(id="a", left=5, version=1)]


async def test_events_carry_the_version_of_their_write(rooms: Aggregates[Room]) -> None:
    await rooms.create(Room(id="a", left=5), SeatTaken(room="a", version=0))
    changed = await rooms.change("a", take_seat)
    assert changed == await rooms.get("a")
    assert [envelope.data["version"] for envelope in changed.outbox] == [1, 2]
    assert (changed.left, changed.version, changed.pending, changed.announced) == (4, 2, 1, 2)
    assert changed.outbox[1].headers["ce-time"] == NOW.isoformat()
    assert changed.outbox[0].id != changed.outbox[1].id


async def test_correlation_id_of_the_logs_travels_with_the_event(rooms: Aggregates[Room]) -> None:
    with bound_contextvars(correlation_id="abc"):
        await rooms.create(Room(id="a", left=5), SeatTaken(room="a", version=0))
    room = await rooms.get("a")
    assert room is not None
    assert room.outbox[0].headers["correlation_id"] == "abc"


async def test_change_without_events_leaves_nothing_to_announce(rooms: Aggregates[Room]) -> None:
    await rooms.create(Room(id="a", left=5))
    changed = await rooms.change("a", lambda room: (room.model_copy(update={"left": 4}), ()))
    assert (changed.left, changed.version, changed.pending, changed.announced) == (4, 2, 0, 0)


async def test_change_to_the_same_writes_nothing(rooms: Aggregates[Room]) -> None:
    await rooms.create(Room(id="a", left=5))
    await rooms.change("a", lambda room: (room.model_copy(update={"left": 5}), ()))
    assert await rooms.get("a") == Room(id="a", left=5, version=1)


async def test_change_of_what_is_missing_says_so(rooms: Aggregates[Room]) -> None:
    with pytest.raises(NotFoundError):
        await rooms.change("a", take_seat)


async def test_what_the_decision_raises_comes_through_and_writes_nothing(rooms: Aggregates[Room]) -> None:
    class FullError(Exception):
        pass

    def refuse(room: Room) -> Decision:
        raise FullError

    await rooms.create(Room(id="a", left=0))
    with pytest.raises(FullError):
        await rooms.change("a", refuse)
    assert await rooms.get("a") == Room(id="a", left=0, version=1)


async def test_fields_of_a_newer_replica_are_kept(rooms: Aggregates[Room], store: Store) -> None:
    await store.insert("things", {"_id": "a", "left": 5, "opens_at": 0, "colour": {"ca": "blau"}})
    await rooms.change("a", take_seat)
    document = await store.get("things", "a")
    assert document is not None
    assert document["colour"] == {"ca": "blau"}


async def test_aggregates_are_found_by_condition(rooms: Aggregates[Room]) -> None:
    for name, left in (("a", 1), ("b", 0), ("c", 3)):
        await rooms.create(Room(id=name, left=left))
    assert [room.id async for room in rooms.each({"left": greater(0)}, order=[("left", -1)])] == ["c", "a"]


async def test_fifty_changes_at_once_all_happen(rooms: Aggregates[Room]) -> None:
    await rooms.create(Room(id="a", left=50))
    await asyncio.gather(*(rooms.change("a", take_seat) for _ in range(50)))
    room = await rooms.get("a")
    assert room is not None
    assert (room.left, len(room.outbox)) == (0, 50)
    assert [envelope.data["version"] for envelope in room.outbox] == list(range(2, 52))


async def test_changes_by_several_replicas_all_happen(store: Store) -> None:
    replicas = [Aggregates(store, "things", Room) for _ in range(5)]
    await replicas[0].create(Room(id="a", left=50))
    await asyncio.gather(*(replicas[i % 5].change("a", take_seat) for i in range(50)))
    room = await replicas[0].get("a")
    assert room is not None
    assert (room.left, len({envelope.id for envelope in room.outbox})) == (0, 50)


async def test_change_that_others_always_overtake_gives_up(rooms: Aggregates[Room], store: Store) -> None:
    class Overtaken(Aggregates[Room]):
        async def get(self, aggregate_id: str) -> Room | None:
            room = await super().get(aggregate_id)
            await store.update("things", aggregate_id, increment={"left": 10})
            return room

    await rooms.create(Room(id="a", left=0))
    with pytest.raises(ConflictError):
        await Overtaken(store, "things", Room).change("a", take_seat)
    room = await rooms.get("a")
    assert room is not None
    assert room.left % 10 == 0


async def test_what_is_kept_is_read_again_and_parsed_only_when_it_was_written(store: Store) -> None:
    keeping = Aggregates(store, "things", Room, clock=lambda: NOW, keep=2)
    elsewhere = Aggregates(store, "things", Room, clock=lambda: NOW)
    for name in "abc":
        await keeping.create(Room(id=name, left=5))
    first = await keeping.get("a")
    assert await keeping.get("a") is first
    await elsewhere.change("a", take_seat)
    assert (await keeping.get("a")) == (await elsewhere.get("a")), "never what it was before"
    await store.delete("things", {"_id": "a"})
    assert await keeping.get("a") is None
    kept = [await keeping.get(name) for name in "bc"]
    assert [await keeping.get(name) for name in "bc"] == kept
    await elsewhere.create(Room(id="a", left=1))
    await keeping.get("a")
    assert len(keeping._kept) == 2, "no more than it was told to keep"
