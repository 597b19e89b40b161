import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nats
import pytest
from faststream.nats import NatsBroker, NatsRouter
from nats.js import JetStreamContext

from shared.events import Event
from shared.events.registration import SessionEnded
from shared.messaging.broker import make_broker
from shared.messaging.consuming import consumer_specs, consumes
from shared.messaging.streams import apply_streams
from shared.storage.contract import Index
from shared.storage.sqlite import SqliteStore
from tests.support.nats import RunningBroker, running_broker

Handler = Callable[[Event], Awaitable[None]]


@pytest.fixture
async def server() -> AsyncIterator[RunningBroker]:
    async with running_broker() as broker:
        yield broker


@pytest.fixture
async def broker(server: RunningBroker) -> AsyncIterator[NatsBroker]:
    await apply_streams(server.url, [])
    made = make_broker(server.url, service="registration", on_closed=closed)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def js(server: RunningBroker) -> AsyncIterator[JetStreamContext]:
    connection = await nats.connect(server.url)
    yield connection.jetstream()
    await connection.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "service.db")
    await opened.prepare({"sessions": [Index(("pending",))]})
    yield opened
    await opened.close()


def session_ended(session_id: str = "s1", *, version: int = 1) -> SessionEnded:
    return SessionEnded.model_validate(
        {
            "version": version,
            "session_id": session_id,
            "programme": "dijous",
            "title": {"ca": "Prova"},
            "starts_at": "2026-12-17T10:00:00+01:00",
            "duration_minutes": 60,
            "status": "ended",
            "ended_at": "2026-12-17T11:00:00+01:00",
            "registrations": 3,
        }
    )


def closed() -> None:
    raise AssertionError("the connection was closed for good")


@dataclass
class Consumer:
    """A service with one handler of SessionEnded that fails as it is told."""

    fail: Callable[[str, int], Awaitable[None] | None] = lambda session_id, tries: None
    seen: list[str] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=dict)
    events: list[SessionEnded] = field(default_factory=list)

    def routes(self, *, service: str = "feedback", max_workers: int = 1) -> NatsRouter:
        router = NatsRouter()

        @consumes(router, SessionEnded, by=service, max_workers=max_workers)
        async def on_session_ended(event: SessionEnded) -> None:
            tries = self.times.setdefault(event.session_id, [])
            tries.append(asyncio.get_running_loop().time())
            if waiting := self.fail(event.session_id, len(tries)):
                await waiting
            self.events.append(event)
            self.seen.append(event.session_id)

        return router


@asynccontextmanager
async def consuming(
    server: RunningBroker, consumer: Consumer, *, apply: bool = True, max_workers: int = 1
) -> AsyncIterator[NatsBroker]:
    router = consumer.routes(max_workers=max_workers)
    if apply:
        await apply_streams(server.url, consumer_specs(router))
    broker = make_broker(server.url, service="feedback", on_closed=closed)
    broker.include_router(router)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


Consuming = Callable[..., AbstractAsyncContextManager[NatsBroker]]


async def send(js: JetStreamContext, event: Event) -> None:
    envelope = event.envelope()
    await js.publish(
        envelope.subject, event.model_dump_json().encode(), headers=envelope.headers | {"Nats-Msg-Id": envelope.id}
    )
