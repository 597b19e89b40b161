"""How often somebody may ask: counted once per thing, exactly, by windows of time, without saying who."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import Request

from shared.security.rate_limits import LIMIT_COLLECTIONS, LIMITS, RateLimiter, TooOftenProblem
from shared.storage.contract import Store
from shared.storage.opening import open_store
from shared.web.client_address import client_key

HOUR = timedelta(hours=1)


class Clock:
    """A clock that the test sets."""

    now = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}", "limits")
    await store.prepare(LIMIT_COLLECTIONS)
    yield store
    await store.close()


async def passes(limits: RateLimiter, thing: str, who: str = "anna", most: int = 3) -> bool:
    try:
        await limits.hit("tries", who, thing, most=most, within=HOUR)
    except TooOftenProblem:
        return False
    return True


async def test_as_many_pass_as_are_allowed_however_many_come_at_once(store: Store) -> None:
    limits = RateLimiter(store, Clock(), secret=b"s")

    passed = await asyncio.gather(*(passes(limits, str(thing)) for thing in range(20)))

    assert sum(passed) == 3


async def test_the_same_thing_again_is_none_more(store: Store) -> None:
    limits = RateLimiter(store, Clock(), secret=b"s")

    assert all(await asyncio.gather(*(passes(limits, "one", most=1) for _ in range(20))))
    assert not await passes(limits, "two", most=1)


async def test_others_and_later_windows_count_for_themselves(store: Store) -> None:
    clock = Clock()
    limits = RateLimiter(store, clock, secret=b"s")
    assert await passes(limits, "a", most=1)

    assert await passes(limits, "b", who="bernat", most=1)
    with pytest.raises(TooOftenProblem) as refused:
        await limits.hit("tries", "anna", "b", most=1, within=HOUR)
    clock.now += timedelta(seconds=refused.value.retry_after)

    assert refused.value.retry_after == 1800
    assert await passes(limits, "b", most=1)


async def test_nothing_is_counted_where_there_is_no_limit_or_nobody_is_known(store: Store) -> None:
    limits = RateLimiter(store, Clock(), secret=b"s")

    assert all([await passes(limits, str(thing), most=0) for thing in range(5)])
    assert all([await passes(limits, str(thing), who="", most=1) for thing in range(5)])
    assert await store.count(LIMITS) == 0


async def test_what_is_over_is_forgotten(store: Store) -> None:
    clock = Clock()
    limits = RateLimiter(store, clock, secret=b"s")
    await passes(limits, "a")

    await limits.forget()
    assert await store.count(LIMITS) == 1
    clock.now += timedelta(minutes=30)
    await limits.forget()
    assert await store.count(LIMITS) == 0


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_an_origin_is_an_address_or_the_network_of_one_customer(host: str, origin: str) -> None:
    assert client_key(Request({"type": "http", "client": (host, 4711)})) == origin


def test_who_is_not_known_has_no_origin() -> None:
    assert client_key(Request({"type": "http", "client": None})) == ""
