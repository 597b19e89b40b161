"""How far who guesses passwords gets, over hours and days."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from services.registration.accounts.domain import Account, TooManyAttemptsProblem
from services.registration.accounts.throttle import (
    COLLECTIONS,
    OF_NEWCOMERS,
    OF_RETURNING,
    SIGN_IN_ATTEMPTS,
    Caller,
    SignInThrottle,
)
from shared.staff import Role
from shared.storage.contract import Store
from shared.storage.opening import open_store
from tests.integration.registration.office_desk import StepClock

MARTA = Account(
    id="marta", user_name="marta@diputacio.example", name="Marta", role=Role.ADMIN, password_hash="x", added_at=0
)


class Guesser:
    """Tries wrong passwords, and tells which were tried."""

    def __init__(self, store: Store) -> None:
        self.clock = StepClock()
        self.throttle = SignInThrottle(store, b"a secret of the tests", self.clock)

    async def may_try(self, origin: str, account: str = MARTA.id, *, mark: str = "") -> bool:
        attempt = self.throttle.attempt(account, MARTA if account == MARTA.id else None, Caller(origin, mark))
        try:
            await self.throttle.begin(attempt)
        except TooManyAttemptsProblem:
            return False
        return True

    async def tried(self, origins: Sequence[str], account: str = MARTA.id) -> int:
        return sum([await self.may_try(origin, account) for origin in origins])


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}", "registration")
    await opened.prepare(COLLECTIONS)
    yield opened
    await opened.close()


@pytest.fixture
def guesser(store: Store) -> Guesser:
    return Guesser(store)


def places(number: int, *, name: str = "place") -> list[str]:
    return [f"{name} {each}" for each in range(number)]


@pytest.mark.parametrize("account", [MARTA.id, "nobody"])
async def test_from_one_place_five_are_tried_at_once_and_then_twelve_an_hour(guesser: Guesser, account: str) -> None:
    assert await guesser.tried(["one"] * 20, account) == 5
    tried = 0
    for _ in range(24 * 60):
        guesser.clock.move(minutes=1)
        tried += await guesser.tried(["one"] * 2, account)
    assert 24 * 12 - 10 <= tried <= 24 * 12 + 10


async def test_from_many_places_each_has_one_and_all_a_hundred_more_and_then_one_in_ten_seconds(
    guesser: Guesser,
) -> None:
    many = places(80)
    assert await guesser.tried(many * 4) == len(many) + OF_RETURNING.free
    tried = 0
    for _ in range(60):
        guesser.clock.move(seconds=10)
        tried += await guesser.tried(many)
    assert 50 <= tried <= 60
    assert await guesser.may_try("a new place"), "who comes for the first time is not among them"


async def test_from_ever_new_places_a_thousand_are_tried_and_then_one_a_second(guesser: Guesser) -> None:
    assert await guesser.tried(places(OF_NEWCOMERS.free + 20)) == OF_NEWCOMERS.free
    for second in range(20):
        guesser.clock.move(seconds=1)
        assert await guesser.tried(places(3, name=f"second {second}, place")) == 1
    known = guesser.throttle.new_mark(MARTA)
    assert await guesser.may_try("place 1", mark=known), "a browser that Marta's account knows is not among them"
    assert await guesser.may_try("place 1", "another account")


async def test_one_wrong_attempt_every_ten_minutes_locks_nobody_out(guesser: Guesser) -> None:
    for _ in range(24 * 6):
        assert await guesser.may_try("one")
        guesser.clock.move(minutes=10)
    assert await guesser.may_try("one")
    assert await guesser.may_try("another")


def test_a_mark_is_of_one_account_until_its_password_is_another(guesser: Guesser) -> None:
    mark = guesser.throttle.new_mark(MARTA)

    def is_known(person: Account | None, mark: str) -> bool:
        return guesser.throttle.attempt("an account", person, Caller("one", mark)).is_known

    assert is_known(MARTA, mark)
    assert not is_known(MARTA.model_copy(update={"id": "pere"}), mark)
    assert not is_known(MARTA.model_copy(update={"password_hash": "y"}), mark)
    assert not is_known(MARTA.model_copy(update={"password_hash": ""}), mark)
    assert not is_known(None, mark)
    assert not any(is_known(MARTA, wrong) for wrong in ("", ".", "x.", "è.è", f"{mark}x", f"x{mark}"))


async def test_each_known_browser_has_attempts_of_its_own(guesser: Guesser) -> None:
    marks = [guesser.throttle.new_mark(MARTA) for _ in range(2)]
    assert [sum([await guesser.may_try("one", mark=mark) for _ in range(20)]) for mark in marks] == [5, 5]
    assert await guesser.tried(["one"] * 20) == 5


async def test_a_good_attempt_takes_nothing_from_others(guesser: Guesser) -> None:
    for origin in places(OF_RETURNING.free * 2):
        budgets = await guesser.throttle.begin(guesser.throttle.attempt(MARTA.id, MARTA, Caller(origin)))
        await guesser.throttle.succeeded(budgets)
    assert await guesser.tried(["one"] * 20) == 5


async def test_nothing_that_is_kept_names_a_place_or_stays_for_long(guesser: Guesser, store: Store) -> None:
    await guesser.may_try("203.0.113.7")
    kept = await store.find(SIGN_IN_ATTEMPTS)
    assert kept
    assert "203.0.113.7" not in str(kept)
    guesser.clock.move(hours=3)
    await guesser.may_try("203.0.113.8", "another account")
    assert not {document["_id"] for document in kept} & {
        document["_id"] for document in await store.find(SIGN_IN_ATTEMPTS)
    }
