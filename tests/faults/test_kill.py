"""R1, R2 and R4: kill -9 of any process at any step loses nothing and repeats at most what was in flight.

Two seeds of each point; a seed decides at which pass the process dies and who is registered when.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from shared.clock import system_clock
from shared.security.audit import Audit
from shared.storage.opening import open_store
from tests.e2e.office import Office, person
from tests.faults.ledger import Ledger
from tests.faults.supervision import supervised, until_acknowledged
from tests.support.probes import eventually
from tests.support.stack import Stack, running_stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE = 8
SEEDS = (1, 2)
IN_FLIGHT = 64
"""Mails that may be accepted and not yet marked, the bound of R2."""
FAILPOINTS = [
    ("registration", "before-write"),
    ("registration", "after-write"),
    ("registration", "after-publish"),
    ("registration", "after-clear"),
    ("registration", "after-chain"),
    ("registration", "after-unchain"),
    ("notifications", "on-receive"),
    ("notifications", "after-handle"),
    ("notifications", "after-ack"),
    ("notifications", "after-claim"),
    ("notifications", "after-smtp-accept"),
    ("notifications", "after-mark"),
    ("feedback", "on-receive"),
    ("feedback", "before-write"),
    ("feedback", "after-write"),
    ("feedback", "after-publish"),
    ("feedback", "after-clear"),
    ("feedback", "after-handle"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path_factory.mktemp("faults"), DIJOUS_SEND_LEASE_SECONDS="5") as stack:
        await Office(stack, "faults").define_programme()
        yield stack


class Run:
    """One session lived through while something dies."""

    def __init__(self, stack: Stack, name: str, seed: int) -> None:
        self.stack = stack
        self.office = Office(stack, "faults")
        self.random = random.Random(seed)
        self.people = [f"p{number}@{name}-{seed}.example" for number in range(PEOPLE)]
        self.session = ""

    async def live(self) -> Ledger:
        """Schedule, register, remind, end; returns when everybody who was acknowledged has every mail."""
        self.session = await self._schedule()
        await asyncio.gather(*(self._register(email) for email in self.people))
        await self._everybody_has("confirmation")
        self.stack.move_clock(timedelta(hours=7))
        await self._everybody_has("reminder")
        headers = {"Authorization": f"Bearer {self.stack.environment['DIJOUS_STAFF_TOKEN']}"}
        path = f"/api/v1/sessions/{self.session}/end"
        await until_acknowledged(lambda: self.stack.api.post(path, json={}, headers=headers))
        await self._everybody_has("survey")
        return self.ledger()

    def ledger(self) -> Ledger:
        """The comparison as it stands."""
        domain = self.people[0].partition("@")[2]
        people = frozenset(self.people)
        return Ledger(people, people, [mail for mail in self.stack.mails() if mail.to.endswith(f"@{domain}")])

    async def assert_acts_recorded_once(self) -> None:
        store = open_store(self.stack.environment["DIJOUS_STORE_URL"], "registration")
        try:
            recorded = await Audit(store, system_clock).entries(subject=self.session)
        finally:
            await store.close()
        assert sorted(entry.action for entry in recorded) == ["session.ended", "session.scheduled"]

    async def _schedule(self) -> str:
        body = {
            "programme": "faults",
            "title": {"ca": "El portal de transparència"},
            "starts_at": self.office.minute(timedelta(hours=30)).isoformat(),
            "duration_minutes": 60,
            "join_url": "https://teams.example/x",
        }
        headers = {"Authorization": f"Bearer {self.stack.environment['DIJOUS_STAFF_TOKEN']}"}
        answer = await until_acknowledged(lambda: self.stack.api.post("/api/v1/sessions", json=body, headers=headers))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def _register(self, email: str) -> None:
        await asyncio.sleep(self.random.random() / 5)
        path = f"/api/v1/sessions/{self.session}/registrations"
        answer = await until_acknowledged(lambda: self.stack.api.post(path, json=person(email)))
        assert answer.status_code == 202, answer.text

    async def _everybody_has(self, kind: str) -> None:
        def check() -> None:
            missing = [to for to, lost in self.ledger().lost if lost == kind]
            assert not missing, f"{len(missing)} of {PEOPLE} have no {kind} yet"

        await eventually(check, within=90, every=0.1)


def check_ledger(ledger: Ledger, *, faults: int) -> None:
    assert ledger.lost == []
    assert ledger.unexpected == []
    assert ledger.extra <= faults * IN_FLIGHT
    ledger.check_message_ids()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("service", "point"), FAILPOINTS)
async def test_a_service_killed_at_any_step_loses_nothing(stack: Stack, service: str, point: str, seed: int) -> None:
    run = Run(stack, f"{service}-{point}", seed)
    stack.services[service].end()
    stack.services[service].spawn(failpoint=f"{point}:{run.random.randint(1, 2)}")
    async with supervised(stack) as died:
        ledger = await run.live()
        await eventually(lambda: _assert_died(died, service, point))
        await eventually(run.assert_acts_recorded_once)
    check_ledger(ledger, faults=len(died))


def _assert_died(died: list[str], service: str, point: str) -> None:
    assert service in died, f"{service} never passed {point}: the test proves nothing"


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_broker_killed_while_people_register_loses_nothing(stack: Stack, seed: int) -> None:
    run = Run(stack, "broker", seed)

    async def kill_broker() -> None:
        await asyncio.sleep(run.random.random())
        stack.broker.kill()
        await stack.broker.start()

    async with supervised(stack) as died:
        ledger, _ = await asyncio.gather(run.live(), kill_broker())
    check_ledger(ledger, faults=1 + len(died))


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_mail_server_killed_while_it_receives_loses_nothing(stack: Stack, seed: int) -> None:
    run = Run(stack, "smtp", seed)

    async def kill_mail_server() -> None:
        await asyncio.sleep(run.random.random())
        stack.smtp.kill()
        await asyncio.sleep(0.5)
        await stack.smtp.start()
        stack.move_clock(timedelta(minutes=10))  # past the back-off

    async with supervised(stack) as died:
        ledger, _ = await asyncio.gather(run.live(), kill_mail_server())
    check_ledger(ledger, faults=1 + len(died))


async def test_the_brokers_store_may_vanish(stack: Stack) -> None:
    run = Run(stack, "wiped", 1)

    async def wipe_broker() -> None:
        await asyncio.sleep(run.random.random())
        stack.broker.wipe_store()
        await stack.broker.start()
        await stack.apply_streams()

    async with supervised(stack) as died:
        ledger, _ = await asyncio.gather(run.live(), wipe_broker())
    check_ledger(ledger, faults=1 + len(died))
