"""kill -9 of registration while it carries out a selection: every place is given once, and everybody is told."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.e2e.office import Office
from tests.faults.supervision import supervised, until_acknowledged
from tests.support.probes import eventually
from tests.support.stack import Stack, running_stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNCILS = ("2500450006", "0800180001", "0800230008", "4300170005", "4300220002")
PLACES = 2
POINTS = [
    "offer-decided:1",
    "verdict-carried-out:1",
    "verdict-carried-out:3",
    "petition-withdrawn:1",
    "offer-decided:2",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("selections")
    async with running_stack(folder, DIJOUS_SEND_LEASE_SECONDS="5", DIJOUS_SWEEP_SECONDS="1") as stack:
        await Office(stack, "calls").define_programme()
        yield stack


class Call:
    """One call for petitions, lived through while registration dies."""

    def __init__(self, stack: Stack, slug: str) -> None:
        self.stack, self.slug, self.offer = stack, slug, f"calls:{slug}"
        self.headers = {"Authorization": f"Bearer {stack.environment['DIJOUS_STAFF_TOKEN']}"}

    async def staff(self, method: str, path: str, body: Any = None) -> httpx.Response:
        def call() -> Any:
            return self.stack.api.request(method, f"/api/v1{path}", json=body, headers=self.headers)

        return await until_acknowledged(call)

    async def publish(self) -> None:
        hours = {"key": "hours", "text": {"ca": "Hores"}, "kind": "number", "weight": 1}
        offer = {"programme": "calls", "slug": self.slug, "title": {"ca": "Pilot"}, "questions": [hours]}
        answer = await self.staff("POST", "/offers", {**offer, "places": PLACES})
        assert answer.status_code == 201, answer.text

    async def ask(self) -> None:
        for number, entity in enumerate(COUNCILS):
            body = {"name": f"P {number}", "email": self.address(number), "entity": entity, "consent": True}
            asked = {**body, "answers": {"hours": str(number)}}
            answer = await self.stack.api.post(f"/api/v1/offers/{self.offer}/petitions", json=asked)
            assert answer.status_code == 202, answer.text

    def address(self, number: int) -> str:
        return f"p{number}@{self.slug}.example"

    async def petitions(self) -> dict[str, dict[str, Any]]:
        """By address."""
        answer = await self.staff("GET", f"/petitions?offer={self.offer}")
        return {each["email"]: each for each in answer.json()["items"]}

    async def assert_states(self, *states: str) -> None:
        found = await self.petitions()
        assert [found[self.address(number)]["state"] for number in range(len(COUNCILS))] == [*states]

    def told(self, number: int) -> set[str]:
        return {mail.kind for mail in self.stack.mails() if mail.to == self.address(number)}


@pytest.mark.parametrize("point", POINTS)
async def test_a_selection_killed_at_any_step_gives_every_place_once(stack: Stack, point: str) -> None:
    call = Call(stack, f"call-{POINTS.index(point)}")
    await call.publish()
    await call.ask()
    registration = stack.services["registration"]
    registration.end()
    registration.spawn(failpoint=point)
    await registration.ready()
    async with supervised(stack) as died:
        await call.staff("POST", f"/offers/{call.offer}/select", {})
        await eventually(lambda: call.assert_states("reserve", "reserve", "reserve", "offered", "offered"), within=40)
        best = (await call.petitions())[call.address(4)]["id"]
        await call.staff("POST", f"/petitions/{best}/decide", {"state": "withdrawn", "reason": "Ho diuen."})
        await eventually(lambda: call.assert_states("reserve", "reserve", "offered", "offered", "withdrawn"), within=40)

        def everybody_is_told() -> None:
            """What overtook the mail before it left need not be told: of the one who withdrew, of the first reserve."""
            last = ["petition_reserve", "petition_reserve", "petition_offered", "petition_offered"]
            missing = [(number, kind) for number, kind in enumerate(last) if kind not in call.told(number)]
            assert not missing, missing

        await eventually(everybody_is_told, within=60, every=0.2)
    assert "registration" in died, f"registration never passed {point}: the test proves nothing"
