"""The whole service: a real broker, a real store, its handlers, loops, relay and sender."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
from nats.js import JetStreamContext
from pydantic import SecretStr, ValidationError

from services.notifications import app
from services.notifications.deliveries.store import DELIVERIES, DeliveryStore
from services.notifications.projections.store import PROGRAMMES, SESSIONS
from services.notifications.sending.sender import lateness
from services.notifications.settings import Settings
from shared.events import Event
from shared.events.notifications import BounceLifted, MailBounced, SurveyLinksPrepared
from shared.messaging.consuming import consumer_specs
from shared.messaging.publishing import publish_event
from shared.messaging.streams import apply_streams
from shared.security.audit import Audit
from shared.service import Service
from tests.integration.notifications.house import (
    END,
    SECRET,
    SESSION,
    STAFF,
    STAFF_TOKEN,
    START,
    Clock,
    person,
    programme_defined,
    registered,
    registration_id,
    registrations,
    session_ended,
    session_rescheduled,
    session_scheduled,
)
from tests.integration.notifications.test_surveys import opened
from tests.support.nats import running_broker
from tests.support.probes import eventually
from tests.support.smtp import running_smtp_server

NOBODY_LISTENS = "smtp://127.0.0.1:9"
"""A mail server that is away: deliveries stay as they are."""


class Running:
    """The running service, and a client of its broker."""

    def __init__(self, service: Service, js: JetStreamContext, clock: Clock) -> None:
        self.service = service
        self.js = js
        self.clock = clock

    async def publish(self, *events: Event) -> None:
        await asyncio.gather(*(publish_event(self.js, event.envelope()) for event in events))

    async def deliveries(self, kind: str) -> list[str]:
        found = await self.service.store.find(DELIVERIES, {"kind": kind}, limit=1000)
        return sorted(item["recipient_id"] for item in found)

    async def told(self, kind: str, people: int) -> None:
        async def all_are() -> None:
            assert await self.deliveries(kind) == registrations(range(people))

        await eventually(all_are)

    async def prepared(self) -> list[SurveyLinksPrepared]:
        state = (await self.js.stream_info("DIJOUS_SYNC")).state
        messages = [await self.js.get_msg("DIJOUS_SYNC", number) for number in range(1, state.last_seq + 1)]
        wanted = SurveyLinksPrepared.event_type()
        return [
            SurveyLinksPrepared.model_validate_json(message.data or b"")
            for message in messages
            if (message.headers or {}).get("ce-type") == wanted
        ]

    async def told_to(self, event: type[Event]) -> list[str]:
        """The bodies of the messages of that event in its stream."""
        state = (await self.js.stream_info(event.event_stream)).state
        messages = [await self.js.get_msg(event.event_stream, number) for number in range(1, state.last_seq + 1)]
        wanted = [each for each in messages if (each.headers or {}).get("ce-type") == event.event_type()]
        return [(message.data or b"").decode() for message in wanted]


@asynccontextmanager
async def running_service(folder: Path, smtp_url: str = NOBODY_LISTENS) -> AsyncIterator[Running]:
    async with running_broker() as broker:
        settings = Settings(
            store_url=f"sqlite:///{folder}",
            nats_url=broker.url,
            smtp_url=SecretStr(smtp_url),
            secret=SecretStr(SECRET),
            staff_token=SecretStr(STAFF_TOKEN),
        )
        clock = Clock()
        service = app.make_service(settings, clock=clock)
        await apply_streams(broker.url, consumer_specs(service.events))
        client = await nats.connect(broker.url)
        try:
            async with service.running():
                yield Running(service, client.jetstream(), clock)
        finally:
            await client.close()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_service(tmp_path) as running:
        yield running


async def test_events_become_deliveries_and_a_survey_goes_its_way(running: Running) -> None:
    people = 30
    await running.publish(programme_defined(), session_scheduled(), *(registered(number) for number in range(people)))
    await running.told("confirmation", people)
    await running.publish(session_rescheduled(2, START, 1, START))
    await running.told("rescheduled", people)
    running.clock.now = END
    await running.publish(session_ended(registrations=people))

    async def links_are_published() -> None:
        assert [len(part.hashes) for part in await running.prepared()] == [people]

    await eventually(links_are_published)
    await running.publish(opened(people))
    await running.told("survey", people)


async def test_it_is_ready_and_says_so(running: Running) -> None:
    async def is_ready() -> None:
        checks = await running.service.readiness.check()
        assert set(checks.values()) == {"ok"}, checks

    await eventually(is_ready)


async def test_a_mail_server_that_is_away_is_told_and_keeps_the_pages_open(running: Running) -> None:
    await running.publish(programme_defined(), session_scheduled(), registered(1))
    transport = httpx.ASGITransport(running.service.web())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

        async def warned() -> None:
            answer = await client.get("/health/ready")
            state = answer.json()["checks"]["mails"]
            assert state.startswith("warning: mails do not go out: "), state
            assert "@" not in state
            assert (answer.status_code, answer.json()["status"]) == (200, "ok")

        await eventually(warned)


async def test_mails_that_wait_for_long_are_told_by_every_replica(running: Running) -> None:
    await running.publish(programme_defined(), session_scheduled())

    async def both_are_known() -> None:  # else the confirmation might be put off by a minute until they are
        assert [len(await running.service.store.find(each)) for each in (PROGRAMMES, SESSIONS)] == [1, 1]

    await eventually(both_are_known)
    await running.publish(registered(0))
    await running.told("confirmation", 1)
    deliveries = DeliveryStore(running.service.store)
    assert await lateness(deliveries, running.clock.now, "") == ""
    running.clock.now += timedelta(minutes=16)
    assert await lateness(deliveries, running.clock.now, "") == "a mail that is due has waited for 16 min"


async def test_no_address_travels_in_what_it_publishes(running: Running) -> None:
    await running.publish(programme_defined(), session_scheduled(), registered(1))
    running.clock.now = END
    await running.publish(session_ended(registrations=1))

    async def links_are_published() -> None:
        assert await running.prepared()

    await eventually(links_are_published)
    (event,) = await running.prepared()
    assert set(event.model_dump()) == {"version", "session_id", "part", "parts", "hashes"}
    assert event.session_id == SESSION
    assert len(event.hashes[0]) == len(hashlib.sha256().hexdigest())


async def test_a_mail_that_the_server_refuses_is_published_and_so_is_that_it_was_lifted(tmp_path: Path) -> None:
    address = person(1)["email"]
    async with running_smtp_server(tmp_path / "smtp.jsonl") as smtp:
        smtp.answer("RCPT", "550 5.1.1 no such user", address=address)
        async with running_service(tmp_path, smtp.url) as running:
            await running.publish(programme_defined(), session_scheduled(), registered(1))

            async def bounce_is_published() -> None:
                assert len(await running.told_to(MailBounced)) == 1

            await eventually(bounce_is_published)
            (body,) = await running.told_to(MailBounced)
            bounced = MailBounced.model_validate_json(body)
            assert (bounced.subject_id, bounced.recipient_id) == (SESSION, registration_id(1))
            assert "@" not in body
            transport = httpx.ASGITransport(running.service.web())
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=STAFF) as client:
                lifted = await client.delete(f"/api/v1/suppressions/{bounced.suppression_id}")
                assert lifted.status_code == 204

            async def lifting_is_published() -> None:
                told = [BounceLifted.model_validate_json(body) for body in await running.told_to(BounceLifted)]
                assert [each.version > bounced.version for each in told] == [True]

            async def lifting_is_recorded() -> None:
                entries = await Audit(running.service.store, running.clock).entries()
                assert [entry.subject for entry in entries] == [bounced.suppression_id]

            await eventually(lifting_is_published)
            await eventually(lifting_is_recorded)


@pytest.mark.parametrize(
    ("name", "value"), [("smtp_url", "pigeon://relay"), ("mail_from", "Dijous <a@b.example>"), ("survey_part_size", 5)]
)
def test_a_setting_that_cannot_work_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({"secret": SECRET, "staff_token": STAFF_TOKEN, name: value})
