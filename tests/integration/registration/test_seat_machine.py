"""Seats under any order of registering, cancelling, changing the limit, crashing and sweeping, on the real store."""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.registration.registrations.domain import Place, RegistrationState
from tests.integration.registration.conftest import PROGRAMME, MovingClock, open_office
from tests.integration.registration.crashing import (
    CrashedError,
    assert_never_oversold,
    assert_settled,
    crash_between_writes,
)

PEOPLE = st.integers(0, 7)
CAPACITY = st.none() | st.integers(1, 5)
CRASH = st.one_of(st.none(), st.integers(0, 5))


class SeatMachine(RuleBasedStateMachine):
    """One session; `crash` is the write before which the process dies, if it does."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="dijous-seats-")
        self._runner = asyncio.Runner()
        self._opening = open_office(Path(self._folder.name), MovingClock())
        self.office = self._run(anext(self._opening))
        self._run(self.office.staff("POST", "/programmes", PROGRAMME, expect=201))
        self.store = crash_between_writes(self.office)
        self.seated = 0
        self.capacity: int | None = None
        self.delayed: set[int] = set()

    def _run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(step)

    def _mortal(self, step: Coroutine[Any, Any, Any], crash: int | None) -> bool:
        """Whether the step came to its end."""
        self.store.restart(crash)
        try:
            self._run(step)
        except CrashedError:
            return False
        finally:
            self.store.restart()
        return True

    @initialize(capacity=st.none() | st.integers(1, 4))
    def schedule(self, capacity: int | None) -> None:
        self.session = self._run(self.office.scheduled(capacity=capacity))
        self.capacity = capacity

    @rule(person=PEOPLE, crash=CRASH)
    def register(self, person: int, crash: int | None) -> None:
        is_new = self._run(self._is_out(person))
        if not self._mortal(self.office.register(self.session, person), crash):
            self.delayed.add(person)
        elif is_new:
            self.delayed.discard(person)

    async def _is_out(self, person: int) -> bool:
        """Whether the person is neither seated nor waiting, nor has a place for a request that died."""
        email = f"person{person}@alamus.example"
        states = {item.email: item.state for item in await self.office.registrations(self.session)}
        member = self.office.use_cases.registrations.id_of(self.session, email)
        place, _ = (await self.office.roster(self.session)).place_of(member)
        return states.get(email, RegistrationState.CANCELLED) is RegistrationState.CANCELLED and place == Place.LEFT

    @rule(person=PEOPLE, crash=CRASH)
    def cancel(self, person: int, crash: int | None) -> None:
        with suppress(StopIteration, RuntimeError):  # who never came has no link
            self._mortal(self.office.cancel(self.session, person), crash)

    @rule(capacity=CAPACITY, crash=CRASH)
    def change_capacity(self, capacity: int | None, crash: int | None) -> None:
        self._mortal(self._patch(capacity), crash)

    @rule(capacity=CAPACITY, people=st.lists(PEOPLE, min_size=1, max_size=4))
    def change_capacity_and_register_at_once(self, capacity: int | None, people: list[int]) -> None:
        async def together() -> None:
            first, *others = people
            known = {registration.email for registration in await self.office.registrations(self.session)}
            leaving = [self.office.cancel(self.session, first)] if f"person{first}@alamus.example" in known else []
            registering = [self.office.register(self.session, person) for person in others]
            await asyncio.gather(*registering[:1], self._patch(capacity), *leaving, *registering[1:])

        self.delayed.update(people)
        self._run(together())

    def _patch(self, capacity: int | None) -> Coroutine[Any, Any, Any]:
        return self.office.staff("PATCH", f"/sessions/{self.session}", {"capacity": capacity})

    @rule(people=st.lists(PEOPLE, min_size=2, max_size=4))
    def register_at_once(self, people: list[int]) -> None:
        async def together() -> None:
            await asyncio.gather(*(self.office.register(self.session, person) for person in people))

        self.delayed.update(people)  # in what order they were heard is anybody's guess
        self._run(together())

    @rule(people=st.lists(PEOPLE, min_size=2, max_size=3, unique=True))
    def cancel_and_register_at_once(self, people: list[int]) -> None:
        async def together() -> None:
            first, *others = people
            known = {registration.email for registration in await self.office.registrations(self.session)}
            leaving = [self.office.cancel(self.session, first)] if f"person{first}@alamus.example" in known else []
            await asyncio.gather(*leaving, *(self.office.register(self.session, person) for person in others))

        self.delayed.update(people[1:])
        self._run(together())

    @rule(crash=CRASH)
    def sweep(self, crash: int | None) -> None:
        self._mortal(self._sweep(), crash)

    def _sweep(self) -> Coroutine[Any, Any, None]:
        return self.office.sweep()

    @rule()
    def everything_settles(self) -> None:
        self._run(self._sweep())
        self._run(assert_settled(self.office, self.session))
        self._run(self._assert_in_turn())

    @invariant()
    def never_oversold(self) -> None:
        """With a limit, more than before sit only within it; also in the middle of a crash. Who has a seat on the
        roster alone sits."""
        capacity = self._run(self.office.session(self.session)).capacity
        if capacity is not None and self.capacity is not None:
            most = max(self.seated, self.capacity, capacity)
            self._run(assert_never_oversold(self.office, self.session, most))
        roster = self._run(self.office.roster(self.session))
        self.seated = roster.capacity - roster.seats_free
        self.capacity = capacity

    async def _assert_in_turn(self) -> None:
        """Nobody who came later sits while somebody waits; a request that died was not heard when it came."""
        delayed = {f"person{number}@alamus.example" for number in self.delayed}
        heard = [item for item in await self.office.registrations(self.session) if item.email not in delayed]
        seated = [item.arrived_at for item in heard if item.state is RegistrationState.REGISTERED]
        waiting = [item.arrived_at for item in heard if item.state is RegistrationState.WAITING]
        assert not seated or not waiting or max(seated) < min(waiting)

    def teardown(self) -> None:
        try:
            if hasattr(self, "session"):
                self.everything_settles()
        finally:
            with suppress(StopAsyncIteration):
                self._run(anext(self._opening))
            self._runner.close()
            self._folder.cleanup()


TestSeats = SeatMachine.TestCase
TestSeats.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
