"""The whole service over a real broker: events in, events out, and what a vanished store of the broker costs."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nats
import orjson
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError
from pydantic import SecretStr

from services.feedback.app import make_service
from services.feedback.settings import Settings
from shared.events import Event
from shared.events.feedback import FeedbackSubmitted, ResultsPublished, SurveyClosed, SurveyOpened
from shared.events.inventory import InventoryGapFound, InventoryPublished
from shared.events.notifications import SurveyLinksPrepared
from shared.messaging.consuming import consumer_specs
from shared.messaging.office_access import OFFICE_PEOPLE_KIND
from shared.messaging.streams import apply_streams
from tests.integration.feedback.house import (
    ENGLISH,
    STAFF,
    STAFF_TOKEN,
    Clock,
    programme_defined,
    session_ended,
    session_scheduled,
    survey_token,
    token_hash,
)
from tests.support.nats import running_broker
from tests.support.probes import eventually

SESSION = "abcdefghijklmnop"


@dataclass
class Running:
    """The service on a broker."""

    client: httpx.AsyncClient
    broker: Client

    async def tell(self, event: Event) -> None:
        """Publish as another service's relay does."""
        envelope = event.envelope()
        headers = {**envelope.headers, "Nats-Msg-Id": envelope.id}
        await self.broker.jetstream().publish(envelope.subject, orjson.dumps(envelope.data), headers=headers)

    async def heard(self, event: type[Event]) -> list[dict[str, Any]]:
        """What the service published of an event."""
        js = self.broker.jetstream()
        state = (await js.stream_info(event.event_stream)).state
        found = []
        for sequence in range(state.first_seq, state.last_seq + 1):
            try:
                message = await js.get_msg(event.event_stream, sequence)
            except NotFoundError:
                continue  # an inventory that is stale by now
            if (message.headers or {}).get("ce-type") == event.event_type():
                found.append(orjson.loads(message.data or b""))
        return found

    async def hears(self, event: type[Event], times: int = 1) -> list[dict[str, Any]]:
        """Wait until an event was published so many times."""

        async def check() -> None:
            found = await self.heard(event)
            assert len(found) >= times, f"{event.__name__} was published {len(found)} times"

        await eventually(check)
        return await self.heard(event)


@asynccontextmanager
async def running_service(folder: Path) -> AsyncIterator[Running]:
    """The service as it is composed, until the block ends."""
    async with running_broker() as broker:
        settings = Settings(
            store_url=f"sqlite:///{folder}",
            nats_url=broker.url,
            secret=SecretStr("s" * 32),
            staff_token=SecretStr(STAFF_TOKEN),
            feedback_announce_seconds=0.1,
            feedback_check_seconds=0.1,
            inventory_seconds=0.5,
        )
        service = make_service(settings, clock=Clock())
        await apply_streams(broker.url, consumer_specs(service.events))
        app = service.web()
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=ENGLISH)
        connection = await nats.connect(broker.url)
        try:
            async with service.running():
                yield Running(client, connection)
        finally:
            await client.aclose()
            await connection.close()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """The service over an empty store and broker."""
    async with running_service(tmp_path) as running:
        yield running


async def test_from_the_links_to_the_results(running: Running) -> None:
    tokens = [survey_token(SESSION, random.Random(n)) for n in range(6)]
    links = SurveyLinksPrepared(
        version=1, session_id=SESSION, part=0, parts=1, hashes=[token_hash(token) for token in tokens]
    )
    for event in (links, session_ended(SESSION), session_scheduled(SESSION), programme_defined(), links):
        await running.tell(event)
    [opened, *_] = await running.hears(SurveyOpened)
    assert (opened["session_id"], opened["parts"]) == (SESSION, 1)
    for token in tokens:
        answer = await running.client.post(f"/api/v1/surveys/{token}", json={"answers": {"content": 9}})
        assert answer.status_code == 202
    counts = await running.hears(FeedbackSubmitted)
    published = await running.client.post(f"/api/v1/results/{SESSION}/publish", json={}, headers=STAFF)
    assert published.json()["n"] == 6
    [closed] = await running.hears(SurveyClosed)
    [results] = await running.hears(ResultsPublished)
    assert closed["answers"] == results["answers"] == 6
    assert counts[-1]["answers"] <= 6
    assert opened["version"] < closed["version"] < results["version"]
    assert results["questions"]["content"]["mean"] == 9.0
    assert results["questions"]["content"]["text"]["ca"], "who keeps the mean knows what was asked"


async def test_every_event_twice_changes_nothing(running: Running) -> None:
    links = SurveyLinksPrepared(version=1, session_id=SESSION, part=0, parts=1, hashes=["aa"])
    for time in (1, 2):
        for event in (programme_defined(), session_ended(SESSION), links):
            await running.tell(event)
        opened = await running.hears(SurveyOpened, times=time)
    versions = {event["version"] for event in opened}
    assert len(versions) == 1, "told again with the version that it had"


async def test_the_sweep_asks_for_unknown_sessions_and_tells_surveys_again(running: Running) -> None:
    links = SurveyLinksPrepared(version=1, session_id=SESSION, part=0, parts=1, hashes=["aa"])
    for event in (programme_defined(), session_ended(SESSION), links):
        await running.tell(event)
    [opened] = await running.hears(SurveyOpened)

    async def check() -> None:
        entries = [entry for page in await running.heard(InventoryPublished) for entry in page["entries"]]
        assert [SESSION, opened["version"]] in entries, entries

    await eventually(check)
    await running.tell(InventoryGapFound(version=0, kind="feedback-surveys", consumer="x", keys=[SESSION]))
    again = await running.hears(SurveyOpened, times=2)
    assert again[1] == opened
    await running.tell(InventoryPublished(version=0, kind="registration-sessions", entries=[("other", 3)]))
    await running.tell(InventoryPublished(version=0, kind=OFFICE_PEOPLE_KIND, entries=[("somebody", 1)]))

    async def asked() -> None:
        gaps = [gap for gap in await running.heard(InventoryGapFound) if gap["consumer"] == "feedback"]
        assert sorted(gap["keys"] for gap in gaps) == [["other"], ["somebody"]]

    await eventually(asked)


async def test_it_is_ready_once_it_consumes(running: Running) -> None:
    async def check() -> None:
        answer = await running.client.get("/health/ready")
        assert answer.status_code == 200, answer.text

    await eventually(check)
