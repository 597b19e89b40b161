"""Leases over SQLite, each replica with its own store, wall clock and stopwatch."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.messaging.lease import LEASES, MAX_SKEW, Lease
from shared.storage.contract import StoreError
from shared.storage.sqlite import SqliteStore

LENGTH = timedelta(seconds=20)
NOW = datetime(2026, 12, 17, 10, tzinfo=UTC)
DAYS = timedelta(days=2)
"""By which a clock is set wrong in the middle of work."""


class Replica(Lease):
    """One process with a lease of its own."""

    def __init__(self, store: SqliteStore, time: "Time", *, skew: timedelta, length: timedelta) -> None:
        self.store = store
        self.skew = skew
        super().__init__(
            store, "work", clock=lambda: NOW + time.passed + self.skew, length=length, stopwatch=time.seconds
        )

    def meanwhile(self, operation: str, happens: Callable[[], Awaitable[Any]], patch: pytest.MonkeyPatch) -> None:
        """Let something happen before its next operation of this kind is carried out."""
        original = getattr(self.store, operation)

        async def late(*args: Any, **kwargs: Any) -> Any:
            patch.undo()
            await happens()
            return await original(*args, **kwargs)

        patch.setattr(self.store, operation, late)


class Time:
    """The true time, and the replicas that live in it."""

    def __init__(self, path: Path) -> None:
        self.passed = timedelta()
        self._path = path
        self._open = AsyncExitStack()

    def seconds(self) -> float:
        return self.passed.total_seconds()

    async def passes(self, seconds: float) -> None:
        self.passed += timedelta(seconds=seconds)

    async def replica(self, *, skew: timedelta = timedelta(), length: timedelta = LENGTH) -> Replica:
        store = SqliteStore(self._path)
        self._open.push_async_callback(store.close)
        await store.prepare({LEASES: []})
        return Replica(store, self, skew=skew, length=length)

    async def aclose(self) -> None:
        await self._open.aclose()


@pytest.fixture
async def time(tmp_path: Path) -> AsyncIterator[Time]:
    async with aclosing(Time(tmp_path / "service.db")) as made:
        yield made


async def test_one_that_reads_the_lease_late_does_not_take_a_renewed_one(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, other = await time.replica(), await time.replica()
    assert await holder.hold()

    async def renewal() -> None:
        await time.passes(8)
        assert await holder.hold()

    other.meanwhile("get", renewal, monkeypatch)
    assert not await other.hold()
    assert not holder.term.is_over


@pytest.mark.parametrize("ahead", [-1, 1])
async def test_no_clock_is_so_wrong_that_its_replica_takes_a_lease_that_is_renewed(time: Time, ahead: int) -> None:
    holder, other = await time.replica(), await time.replica(skew=ahead * MAX_SKEW / 2)
    assert await holder.hold()
    for _ in range(20):
        assert not await other.hold()
        other.skew += ahead * DAYS
        await time.passes(8)
        assert await holder.hold()


async def test_one_that_begins_beside_a_holder_takes_nothing_while_clocks_are_as_wrong_as_they_may_be(
    time: Time,
) -> None:
    holder = await time.replica(skew=-MAX_SKEW / 2)
    assert await holder.hold()
    while not holder.term.is_over:
        fresh = await time.replica(skew=MAX_SKEW / 2)
        assert not await fresh.hold()
        await time.passes(1)


async def test_a_released_lease_is_free_at_once(time: Time) -> None:
    holder, other = await time.replica(), await time.replica()
    assert await holder.hold()
    assert not await other.hold()
    await holder.release()
    assert holder.term.is_over
    assert await other.hold()


async def test_the_lease_of_a_holder_that_died_is_free_when_it_was_watched_for_its_length(time: Time) -> None:
    holder, other = await time.replica(), await time.replica(length=LENGTH / 4)
    assert await holder.hold()
    assert not await other.hold()
    await time.passes(8)
    assert await holder.hold()
    assert not await other.hold()
    await time.passes(19)  # the holder's length counts, whatever is set here
    assert not await other.hold()
    await time.passes(1)
    assert await other.hold()


async def test_one_that_begins_beside_a_dead_holder_waits_for_the_end_and_what_clocks_may_be_apart(time: Time) -> None:
    dead, other = await time.replica(), await time.replica()
    assert await dead.hold()
    await time.passes(8)
    assert not await other.hold()
    await time.passes(13)
    assert not await other.hold()
    await time.passes(1)
    assert await other.hold()


async def test_a_lease_that_ended_before_the_start_is_free_at_once(time: Time) -> None:
    dead = await time.replica()
    assert await dead.hold()
    await time.passes((LENGTH + MAX_SKEW).total_seconds())
    assert await (await time.replica()).hold()


async def test_a_lease_made_before_the_clock_was_set_back_is_free_after_its_length(time: Time) -> None:
    dead, other = await time.replica(skew=DAYS), await time.replica()
    assert await dead.hold()
    assert not await other.hold()
    await time.passes(LENGTH.total_seconds())
    assert await other.hold()


async def test_a_lease_of_the_version_before_is_taken_and_understood_by_it(time: Time) -> None:
    until = round(NOW.timestamp() * 1000) + 20_000
    replica = await time.replica()
    await replica.store.insert(LEASES, {"_id": "work", "lease_owner": "old", "lease_until": until})
    assert not await replica.hold()
    await time.passes(20)
    assert await replica.hold()
    taken = await replica.store.get(LEASES, "work")
    assert taken is not None
    assert (taken["lease_until"], taken["version"]) == (until + 20_000, 2)


async def test_trust_counts_from_before_the_write(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    replica, other = await time.replica(), await time.replica()
    replica.meanwhile("update", lambda: time.passes(15), monkeypatch)
    assert await replica.hold()
    await time.passes(5)
    assert replica.term.is_over
    replica.meanwhile("update", lambda: time.passes(20), monkeypatch)
    assert not await replica.hold()  # it was written, and is over
    assert not await other.hold()


async def test_trust_ends_at_once_when_another_has_taken_the_lease(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await time.replica(), await time.replica()
    assert await first.hold()
    assert not await second.hold()
    term = first.term
    await time.passes(20)
    first.meanwhile("update", second.hold, monkeypatch)
    assert not await first.hold()
    assert not second.term.is_over
    await second.release()
    assert await first.hold()
    assert term.is_over, "what was read before another had its turn is taken for the present state"


async def test_a_term_goes_on_when_nobody_else_took_the_lease_after_its_end(time: Time) -> None:
    replica = await time.replica()
    assert await replica.hold()
    term = replica.term
    await time.passes(60)
    assert term.is_over
    assert await replica.hold()
    assert not term.is_over


async def test_a_renewal_that_fails_leaves_what_is_left_of_trust(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    replica = await time.replica()
    assert await replica.hold()
    await time.passes(10)

    async def away() -> None:
        raise StoreError("away")

    replica.meanwhile("update", away, monkeypatch)
    with pytest.raises(StoreError):
        await replica.hold()
    assert not replica.term.is_over
    await time.passes(10)
    assert replica.term.is_over


async def test_two_tasks_of_a_replica_renew_it_together(time: Time) -> None:
    replica = await time.replica()
    assert await asyncio.gather(replica.hold(), replica.hold()) == [True, True]
    await time.passes(10)
    assert await asyncio.gather(replica.hold(), replica.hold()) == [True, True]
