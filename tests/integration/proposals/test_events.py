"""The whole service with a real broker: what it hears and what it tells."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import nats
import orjson
import pytest
from nats.aio.client import Client
from pydantic import SecretStr

from services.proposals.app import make_service
from services.proposals.settings import Settings
from shared.events import Event
from shared.events.inventory import InventoryGapFound, InventoryPublished
from shared.events.proposals import ProposalAnswered, ProposalFollowed, SupportRequested, TopicProposed
from shared.events.registration import MaterialsPublished, ProgrammeDefined, SessionEnded, SessionScheduled
from shared.events.vocabulary import Language, ProgrammeKind, SessionStatus
from shared.messaging.consuming import consumer_specs
from shared.messaging.office_access import OFFICE_PEOPLE_KIND
from shared.messaging.streams import apply_streams
from tests.integration.proposals.conftest import PROGRAMME, STAFF, STAFF_TOKEN, START
from tests.support.nats import RunningBroker, running_broker
from tests.support.probes import eventually

SESSION: dict[str, Any] = {
    "session_id": "sessiona",
    "programme": PROGRAMME,
    "title": {Language.CA: "Sessió"},
    "starts_at": START + timedelta(days=16),
    "duration_minutes": 60,
}


class House:
    """The running service, its API and its broker."""

    def __init__(self, http: httpx.AsyncClient, client: Client) -> None:
        self.http = http
        self.client = client

    async def publish(self, event: Event) -> None:
        envelope = event.envelope()
        headers = envelope.headers | {"Nats-Msg-Id": envelope.id}
        await self.client.jetstream().publish(envelope.subject, orjson.dumps(envelope.data), headers=headers)

    async def told(self, kind: type[Event]) -> list[dict[str, Any]]:
        """What was published of an event so far."""
        js = self.client.jetstream()
        state = (await js.stream_info(kind.event_stream)).state
        sequences = range(state.first_seq, state.last_seq + 1) if state.messages else ()
        messages = [await js.get_msg(kind.event_stream, n) for n in sequences]
        matching = [message for message in messages if (message.headers or {})["ce-type"] == kind.event_type()]
        return [orjson.loads(message.data or b"") for message in matching]

    async def sees(self, kind: type[Event], times: int = 1) -> list[dict[str, Any]]:
        async def check() -> None:
            found = await self.told(kind)
            assert len(found) == times, f"{len(found)} of {kind.__name__}"

        await eventually(check)
        return await self.told(kind)

    async def post(self, path: str, body: dict[str, Any], status: int) -> Any:
        async def check() -> None:
            nonlocal answer
            answer = await self.http.post(f"/api/v1/proposals{path}", json=body, headers=STAFF)
            assert answer.status_code == status, answer.text

        answer: httpx.Response
        await eventually(check)  # what it speaks of may still be on its way
        return answer.json()


@asynccontextmanager
async def running_house(broker: RunningBroker, folder: Path) -> AsyncIterator[House]:
    settings = Settings(
        store_url=f"sqlite:///{folder}",
        nats_url=broker.url,
        secret=SecretStr("s" * 32),
        staff_token=SecretStr(STAFF_TOKEN),
        inventory_seconds=3600,
    )
    service = make_service(settings)
    await apply_streams(broker.url, consumer_specs(service.events))
    client = await nats.connect(broker.url)
    transport = httpx.ASGITransport(service.web())
    try:
        async with service.running(), httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            yield House(http, client)
    finally:
        await client.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running_broker() as broker, running_house(broker, tmp_path) as house:
        await house.publish(
            ProgrammeDefined(
                version=1,
                programme=PROGRAMME,
                name={Language.CA: "Dijous"},
                kind=ProgrammeKind.SERIES,
                time_zone="Europe/Madrid",
                reminders_minutes=[],
                survey_questions=[],
                survey_days=14,
                survey_reminder_days=0,
            )
        )
        yield house


async def test_a_proposal_is_told_from_receipt_to_answer(house: House) -> None:
    body = {"programme": PROGRAMME, "title": "Contractes menors", "email": "anna@ens.example"}
    proposal_id = (await house.post("", body, 202))["id"]
    [proposed] = await house.sees(TopicProposed)
    [followed] = await house.sees(ProposalFollowed)
    assert (proposed["proposal_id"], followed["email"]) == (proposal_id, "anna@ens.example")
    assert datetime.now(UTC) - datetime.fromisoformat(proposed["created_at"]) < timedelta(minutes=5)
    assert (followed["proposal_id"], followed["role"]) == (proposal_id, "author")

    await house.publish(SessionScheduled(version=1, status=SessionStatus.SCHEDULED, **SESSION))
    await house.post(f"/{proposal_id}/schedule", {"session": "sessiona"}, 200)
    await house.post(f"/{proposal_id}/supports", {"email": "bernat@ens.example"}, 202)
    [asked] = await house.sees(SupportRequested)
    assert asked["proposal_title"] == "Contractes menors"

    ended = SessionEnded(version=2, status=SessionStatus.ENDED, ended_at=START, registrations=3, **SESSION)
    await house.publish(ended)
    await house.publish(ended)
    [answered] = await house.sees(ProposalAnswered)
    assert (answered["session_id"], answered["state"]) == ("sessiona", "answered_in_session")
    assert answered["version"] > proposed["version"]


async def test_what_the_broker_lost_is_asked_for_and_told_again(house: House) -> None:
    proposal_id = (await house.post("", {"programme": PROGRAMME, "title": "Contractes menors"}, 202))["id"]
    await house.sees(TopicProposed)
    materials = MaterialsPublished(version=7, status=SessionStatus.ENDED, **(SESSION | {"session_id": "known"}))
    await house.publish(materials)

    entries = [("known", 7), ("lost", 2)]
    await house.publish(InventoryPublished(version=0, kind="registration-sessions", entries=entries))
    await house.publish(InventoryPublished(version=0, kind=OFFICE_PEOPLE_KIND, entries=[("somebody", 1)]))
    gaps = await house.sees(InventoryGapFound, times=2)
    assert sorted((gap["consumer"], gap["keys"]) for gap in gaps) == [
        ("proposals", ["lost"]),
        ("proposals", ["somebody"]),
    ]

    await house.publish(
        InventoryGapFound(version=0, kind="proposals-proposals", consumer="notifications", keys=[proposal_id])
    )
    first, again = await house.sees(TopicProposed, times=2)
    assert first == again
