"""Erasing on every store: whatever stops it after the note, it is finished; a person who came back is left alone."""

from collections.abc import Sequence

import pytest

from shared.events.base import Event
from shared.security.erasing import Erasing, Note
from shared.storage.aggregates import Aggregate, Aggregates, NotFoundError
from shared.storage.collection import Collection
from shared.storage.contract import Store


class GuestErased(Event, name="tests.guest-erased", source="tests", key="guest"):
    guest: str


class Guest(Aggregate):
    email: str
    generation: int = 1


class Hotel:
    """The guests, and what was done about them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.guests = Aggregates(store, "things", Guest)
        self.erasing = Erasing(Collection(store, "others", Note), self.erase, self.purge)
        self.purged: list[str] = []
        self.is_broken = False

    async def erase(self, note: Note) -> Guest | None:
        def decide(guest: Guest) -> tuple[Guest, Sequence[Event]]:
            if guest.generation != note.generation or not guest.email:
                return guest, ()
            return guest.model_copy(update={"email": ""}), [GuestErased(guest=guest.id, version=0)]

        if self.is_broken:
            raise ConnectionError
        try:
            return await self.guests.change(note.id, decide)
        except NotFoundError:
            return None

    async def purge(self, key: str) -> None:
        if self.is_broken:
            raise ConnectionError
        self.purged.append(key)

    async def publish(self) -> None:
        """As the relay does."""
        await self.store.update("things", "a", assign={"outbox": [], "pending": 0})

    async def come_back(self) -> None:
        changes = {"email": "again@ens.example", "generation": 2}
        await self.guests.change("a", lambda guest: (guest.model_copy(update=changes), ()))

    async def email(self) -> str:
        guest = await self.guests.get("a")
        assert guest
        return guest.email


@pytest.fixture
async def hotel(store: Store) -> Hotel:
    hotel = Hotel(store)
    await hotel.guests.create(Guest(id="a", email="anna@ens.example"))
    return hotel


async def test_the_broker_forgets_once_the_erasure_is_published(hotel: Hotel) -> None:
    await hotel.erasing.begin("a", 1)
    assert await hotel.email() == ""
    await hotel.erasing.step()
    assert (hotel.purged, await hotel.erasing.unfinished()) == ([], 1)
    await hotel.publish()
    await hotel.erasing.step()
    assert (hotel.purged, await hotel.erasing.unfinished()) == (["a"], 0)
    await hotel.erasing.step()
    assert hotel.purged == ["a"]


async def test_what_a_crash_left_half_done_is_finished(hotel: Hotel) -> None:
    hotel.is_broken = True
    with pytest.raises(ConnectionError):
        await hotel.erasing.begin("a", 1)
    hotel.is_broken = False
    await hotel.erasing.step()
    assert await hotel.email() == ""


async def test_what_the_broker_refuses_is_tried_again(hotel: Hotel) -> None:
    await hotel.erasing.begin("a", 1)
    await hotel.publish()
    hotel.is_broken = True
    with pytest.raises(ConnectionError):
        await hotel.erasing.step()
    hotel.is_broken = False
    await hotel.erasing.step()
    assert (hotel.purged, await hotel.erasing.unfinished()) == (["a"], 0)


async def test_who_came_back_is_neither_erased_nor_purged(hotel: Hotel) -> None:
    await hotel.erasing.begin("a", 1)
    await hotel.come_back()
    await hotel.publish()
    await hotel.erasing.step()
    assert await hotel.email() == "again@ens.example"
    assert (hotel.purged, await hotel.erasing.unfinished()) == ([], 0)


async def test_who_came_back_may_be_erased_again(hotel: Hotel) -> None:
    await hotel.erasing.begin("a", 1)
    await hotel.come_back()
    await hotel.erasing.begin("a", 2)
    await hotel.publish()
    await hotel.erasing.step()
    assert (await hotel.email(), hotel.purged, await hotel.erasing.unfinished()) == ("", ["a"], 0)


async def test_an_erasure_that_comes_late_takes_no_other_ones_place(hotel: Hotel) -> None:
    await hotel.erasing.begin("a", 1)
    await hotel.come_back()
    await hotel.erasing.begin("a", 2)
    await hotel.erasing.begin("a", 1)
    await hotel.publish()
    await hotel.erasing.step()
    assert (await hotel.email(), hotel.purged) == ("", ["a"])


async def test_nobody_is_erased_without_a_trace_left_behind(hotel: Hotel) -> None:
    await hotel.erasing.begin("nobody", 1)
    await hotel.erasing.step()
    assert (hotel.purged, await hotel.erasing.unfinished()) == ([], 0)
