"""Seats, waiting lists, moves, petitions and memberships in any order of steps, deaths and sweeps, on the real store.

The people registered are those who ask, and the contacts of those who take part: who leaves gives up seats.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import hypothesis.strategies as st
import pytest
from faststream.nats import NatsBroker
from hypothesis import HealthCheck, settings
from hypothesis.stateful import initialize, invariant, rule

from services.registration.memberships.domain import Membership
from services.registration.petitions.domain import Petition
from services.registration.usecases import AGGREGATES
from shared.events.vocabulary import PetitionState as S
from shared.messaging.lease import LEASES
from shared.messaging.outbox import OutboxRelay
from shared.problems import Problem
from shared.storage.collection import Documents
from tests.integration.registration.asking import OFFER, ask, assert_sound, publish, the_offer
from tests.integration.registration.conftest import STAFF
from tests.integration.registration.crashing import CrashedError
from tests.integration.registration.test_seat_machine import CRASH, PEOPLE, SeatMachine

EXAMPLES = "DIJOUS_TEST_MACHINE_EXAMPLES"
FAR = "2027-{month:02}-02T10:00:00+01:00"
"""Every step that lets a term run out moves the clock: sessions stay to come."""
PHASES = ("training", "design", "execution")
WHICH = st.integers(0, 99)
PLACES = st.integers(0, 4)
HOLDING = (S.OFFERED, S.ACCEPTED)
Step = Callable[[], Coroutine[Any, Any, None]]


class Accepting:
    """A broker that takes every message."""

    _nc = SimpleNamespace(max_payload=1_000_000)

    async def publish(self, *_: object, **__: object) -> None: ...


TAKES_ALL = cast(NatsBroker, SimpleNamespace(connection=SimpleNamespace(is_connected=True, jetstream=Accepting)))


class SupportMachine(SeatMachine):
    """One session, one offer, one programme with phases."""

    @initialize(capacity=st.none() | st.integers(1, 4))
    def schedule(self, capacity: int | None) -> None:
        self.session = self._run(self.office.scheduled(capacity=capacity, starts_at=FAR.format(month=11)))
        self.capacity = capacity
        phases = [{"key": key, "text": {"ca": key}} for key in PHASES]
        self._run(self.office.staff("PATCH", "/programmes/dijous", {"phases": phases}))
        self._run(publish(self.office, places=2, offer_days=1, rule={"per_entity": 2}))
        for person in range(3):
            self.ask(person, None)
        self.select(None, None)
        for _ in range(2):  # the first accepts and takes part
            [first, *_] = [each for each in self._petitions() if each.state in HOLDING]
            self._run(self._steps(first)[0]())

    def _sweep(self) -> Coroutine[Any, Any, None]:
        async def everything() -> None:
            await self.office.sweep()
            await self.office.use_cases.support.placing.recover()
            await self.office.use_cases.membership.leaving.sweep()
            await self.office.use_cases.support.placing.recover()

        return everything()

    def _petitions(self) -> list[Petition]:
        return cast(list[Petition], self._run(self.office.store.petitions.of_offer(OFFER)))

    def _petition(self, which: int, *states: S) -> Petition | None:
        """One of those that stand so."""
        found = [each for each in self._petitions() if each.state in (states or S)]
        return found[which % len(found)] if found else None

    def _memberships(self) -> list[Membership]:
        async def found() -> list[Membership]:
            return [each async for each in self.office.store.members.of_programme("dijous")]

        return cast(list[Membership], self._run(found()))

    def _staff(self, method: str, path: str, body: Any) -> Coroutine[Any, Any, None]:
        """The office's call; what is not possible now is refused."""

        async def call() -> None:
            answer = await self.office.api.request(method, f"/api/v1{path}", json=body, headers=STAFF)
            assert answer.status_code < 500, answer.text
            assert answer.status_code != 400, answer.text

        return call()

    def _council(self, step: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None]:
        async def call() -> None:
            with suppress(Problem):
                await step

        return call()

    @rule(month=st.integers(10, 12), crash=CRASH)
    def move(self, month: int, crash: int | None) -> None:
        body = {"starts_at": FAR.format(month=month)}
        self._mortal(self._staff("POST", f"/sessions/{self.session}/reschedule", body), crash)

    @rule(person=PEOPLE, crash=CRASH)
    def ask(self, person: int, crash: int | None) -> None:
        async def call() -> None:
            await ask(self.office, person, email=f"person{person}@alamus.example")

        self._mortal(call(), crash)

    @rule(places=st.none() | PLACES, crash=CRASH)
    def select(self, places: int | None, crash: int | None) -> None:
        self._mortal(self._staff("POST", f"/offers/{OFFER}/select", {"places": places}), crash)

    @rule(places=PLACES, crash=CRASH)
    def change_places(self, places: int, crash: int | None) -> None:
        self._mortal(self._staff("PUT", f"/offers/{OFFER}", self._terms(places)), crash)

    def _terms(self, places: int) -> dict[str, Any]:
        offer = self._run(the_offer(self.office)).model_dump(mode="json")
        return {**{key: offer[key] for key in ("title", "questions", "rule", "offer_days")}, "places": places}

    @rule(which=WHICH, how=WHICH, crash=CRASH)
    def go_on_with_a_petition(self, which: int, how: int, crash: int | None) -> None:
        if petition := self._petition(which):
            steps = self._steps(petition)
            self._mortal(steps[how % len(steps)](), crash)

    def _steps(self, petition: Petition) -> Sequence[Step]:
        """Those that its state allows, the likelier ones more than once."""
        path = f"/petitions/{petition.id}"
        decide = [
            partial(self._staff, "POST", f"{path}/decide", {"state": state, "reason": "Ho diu la junta."})
            for state in (S.OFFERED, S.ACCEPTED, S.RESERVE, S.DECLINED)
        ]
        review = partial(self._staff, "POST", f"{path}/review", {})
        accept, withdraw = partial(self._accepted, petition), partial(self._withdrawn, petition)
        start = partial(self._staff, "POST", "/memberships", {"programme": "dijous", "petition": petition.id})
        steps: dict[S, Sequence[Step]] = {
            S.RECEIVED: [*decide, review, withdraw],
            S.UNDER_REVIEW: [*decide, withdraw],
            S.RESERVE: [withdraw],
            S.OFFERED: [accept, accept, accept, withdraw],
            S.ACCEPTED: [start, start, withdraw],
        }
        return steps.get(petition.state, [review])

    def _accepted(self, petition: Petition) -> Coroutine[Any, Any, None]:
        return self._council(self.office.use_cases.support.petitions.accept(petition, "Joan Pons", "Alcalde"))

    def _withdrawn(self, petition: Petition) -> Coroutine[Any, Any, None]:
        return self._council(self.office.use_cases.support.petitions.withdraw(petition))

    @rule()
    def let_terms_run_out(self) -> None:
        self.office.clock.move(days=2)

    @rule(which=WHICH, other=WHICH, crash=CRASH)
    def accept_withdraw_and_expire_at_once(self, which: int, other: int, crash: int | None) -> None:
        taking, leaving = self._petition(which, S.OFFERED), self._petition(other, S.OFFERED, S.ACCEPTED, S.RESERVE)

        async def together() -> None:
            steps = [self._accepted(taking)] if taking else []
            steps += [self._withdrawn(leaving)] if leaving else []
            done = await asyncio.gather(*steps, self._sweep(), return_exceptions=True)
            for each in done:
                if isinstance(each, BaseException):
                    raise each

        self._mortal(together(), crash)

    @rule(which=WHICH, how=st.sampled_from([*PHASES, "left", "left", "finished"]), crash=CRASH)
    def go_on_with_a_membership(self, which: int, how: str, crash: int | None) -> None:
        if members := self._memberships():
            path = f"/memberships/{members[which % len(members)].id}"
            is_phase = how in PHASES
            method, to = ("POST", f"{path}/advance") if is_phase else ("PATCH", path)
            self._mortal(
                self._staff(method, to, {"phase": how, "state": "doing"} if is_phase else {"state": how}), crash
            )

    @rule()
    def everything_settles(self) -> None:
        super().everything_settles()
        self._run(assert_sound(self.office))
        petitions = {each.id: each for each in self._petitions()}
        for membership in self._memberships():
            assert membership.unsettled == 0
            assert not membership.left_in_first or petitions[membership.petition_id].state is S.WITHDRAWN

    @invariant()
    def places_never_oversold(self) -> None:
        offer, petitions = self._run(the_offer(self.office)), self._petitions()
        assert offer.places is not None
        assert offer.taken <= offer.places
        assert sum(each.state in HOLDING for each in petitions) <= offer.places

    @invariant()
    def who_takes_part_was_accepted_and_is(self) -> None:
        """Each from one petition of its own, and no petition brings two in."""
        petitions, members = {each.id: each for each in self._petitions()}, self._memberships()
        for membership in members:
            origin = petitions[membership.petition_id]
            assert any(step.state is S.ACCEPTED for step in origin.history)
            assert origin.state is S.ACCEPTED or not membership.is_active
            assert origin.entity == membership.entity
        assert len({each.petition_id for each in members}) == len(members)

    def teardown(self) -> None:
        try:
            if hasattr(self, "session"):
                self.everything_settles()
                self._run(self._everything_is_told())
        finally:
            super().teardown()

    async def _everything_is_told(self) -> None:
        """Every outbox empties, and every record of an act goes to the audit, although the relay dies on the way."""
        documents = self.office.documents
        await documents.prepare({LEASES: []})
        for crash in (3, 1, None):
            self.store.restart(crash)
            relay = OutboxRelay(
                self.store, TAKES_ALL, service="registration", collections=AGGREGATES, clock=self.office.clock
            )
            with suppress(CrashedError):
                await relay._try_pass()
            self.office.clock.move(minutes=1)  # the lease of who died is over
        for name in AGGREGATES:
            waiting = [each async for each in Documents(documents, name, dict).each()]
            assert not [each for each in waiting if each["pending"] or each["outbox"] or each["records"]], name
        assert (await self.office.use_cases.audit.read_chain()).fault is None


class SupportMachineInFull(SupportMachine):
    """The same, as long as it is asked for."""


def _settings(examples: int, steps: int) -> settings:
    checks = list(HealthCheck)
    return settings(max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks)


TestSupport = SupportMachine.TestCase
TestSupport.settings = _settings(6, 25)
TestSupportInFull = pytest.mark.skipif(
    EXAMPLES not in os.environ, reason=f"1,000 × 50 steps take half an hour: {EXAMPLES}=1000 takes them"
)(SupportMachineInFull.TestCase)
TestSupportInFull.settings = _settings(int(os.environ.get(EXAMPLES, "1")), 50)
