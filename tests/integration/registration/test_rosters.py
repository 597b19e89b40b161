"""A roster that many write at once: few writes, and nothing decided on what has grown old meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.registration.registrations.domain import Place
from services.registration.seats.store import ROSTERS, Rosters
from services.registration.sessions.domain import Session
from shared.events.vocabulary import Language
from shared.storage.contract import Document, Store, StoreError
from shared.storage.sqlite import SqliteStore
from tests.unit.registration.test_rosters import BEGAN, request

SESSION = "session"


def session(capacity: int) -> Session:
    return Session(
        id=SESSION,
        programme="dijous-gomunicipal",
        title={Language.CA: "Treu-li suc"},
        starts_at=BEGAN,
        duration_minutes=60,
        over_at=BEGAN,
        capacity=capacity,
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = SqliteStore(tmp_path / "registration.sqlite3")
    await store.prepare({ROSTERS: []})
    yield store
    await store.close()


class MeddlingStore:
    """Passes everything on; before a roster is written, or once it was, somebody else does something before the writer
    hears of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.meddle: Any = None
        self.before: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def replace(self, collection: str, document: Document, *, expected_version: int) -> bool:
        if before := self.before:
            self.before = None
            await before()
        replaced = await self._store.replace(collection, document, expected_version=expected_version)
        if meddle := self.meddle:
            self.meddle = None
            await meddle()
        return replaced


async def test_those_who_ask_at_the_same_moment_share_a_write(store: Store) -> None:
    rosters = Rosters(store)
    await rosters.create(session(10))
    people = [request(f"p{number:02}", minute=number) for number in range(40)]
    places = await asyncio.gather(*(rosters.admit(each) for each in people))
    assert places == [Place.SEAT] * 10 + [Place.WAITING] * 30, "in the order in which they asked"
    roster = await rosters.get(SESSION)
    assert roster is not None
    assert (roster.seats_free, roster.waiting_count) == (0, 30)
    assert roster.version <= 3, "one when it was made, one for who asked first, one for all who asked meanwhile"


async def test_replicas_that_write_at_once_lose_nobody_and_oversell_nothing(store: Store) -> None:
    replicas = [Rosters(store) for _ in range(3)]
    await replicas[0].create(session(10))
    people = [request(f"p{number:02}", minute=number) for number in range(60)]
    places = await asyncio.gather(*(replicas[index % 3].admit(each) for index, each in enumerate(people)))
    assert places.count(Place.SEAT) == 10
    roster = await replicas[0].get(SESSION)
    assert roster is not None
    assert [roster.answer_to(each) for each in people] == places
    assert (roster.seats_free, roster.waiting_count) == (0, 50)


async def test_a_seat_that_another_replica_gave_meanwhile_is_freed(store: Store) -> None:
    here, elsewhere = Rosters(meddling := MeddlingStore(store)), Rosters(store)  # type: ignore[arg-type]  a store but for its type
    await here.create(session(2))
    nuria, pau = request("nuria"), request("pau")
    released: list[asyncio.Task[None]] = []

    async def pau_registers_there_and_cancels_here() -> None:
        assert await elsewhere.admit(pau) is Place.SEAT
        released.append(asyncio.create_task(here.release(pau)))
        await asyncio.sleep(0)  # it stands in line behind the one that has just written

    meddling.meddle = pau_registers_there_and_cancels_here
    await here.admit(nuria)
    await released[0]
    roster = await here.get(SESSION)
    assert roster is not None
    assert (roster.members, roster.seats_free) == ({"nuria": "seat:1", "pau": "left:1"}, 1)


async def test_where_there_is_no_roster_nobody_is_admitted(store: Store) -> None:
    assert await Rosters(store).admit(request("nuria")) is Place.CLOSED


async def test_a_store_that_is_away_is_asked_once_for_all_who_wait_together(store: Store) -> None:
    away = Away(store)
    rosters = Rosters(away)  # type: ignore[arg-type]  # no more of a store than is asked of it
    await rosters.create(session(10))
    people = [request(f"p{number:02}") for number in range(20)]
    outcomes = await asyncio.gather(*(rosters.admit(each) for each in people), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreError}
    assert away.asked == 2, "by who came first, then for all who came meanwhile"


class Away:
    """Reads and writes nothing any more once there is a roster."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = 0

    async def insert(self, collection: str, document: Document) -> bool:
        return await self._store.insert(collection, document)

    async def get(self, collection: str, document_id: str) -> Document | None:
        self.asked += 1
        await asyncio.sleep(0)
        raise StoreError("away")


async def test_a_request_is_left_out_although_another_replica_wrote_first(store: Store) -> None:
    meddling = MeddlingStore(store)
    here, there = Rosters(meddling), Rosters(store)  # type: ignore[arg-type]  # no more of a store than is asked of it
    await here.create(session(9))
    first, second, third = (request(name) for name in ("first", "second", "third"))
    await here.admit(first)
    here.note_entered(first)
    meddling.before = lambda: there.admit(second)
    await here.admit(third)
    roster = await here.get(SESSION)
    assert roster is not None
    assert set(roster.entering) == {"second", "third"}
