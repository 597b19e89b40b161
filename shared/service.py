"""A service: its store, broker, web and loops, started and stopped together.

Each `services/<name>/app.py` composes one. `deploy` runs each as a process, or all four behind one address.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter, FastAPI
from faststream.nats import NatsBroker, NatsRouter

from shared.health import Watch
from shared.loops import Loop
from shared.messaging.consuming import consumer_specs
from shared.messaging.health import Readiness
from shared.messaging.outbox import OutboxRelay
from shared.storage.contract import Index, Store
from shared.storage.verification import verify_contract
from shared.text.catalogues import Translations
from shared.web.application import make_application

log = structlog.get_logger()


@dataclass(frozen=True)
class Service:
    name: str
    title: str
    store: Store
    broker: NatsBroker
    events: NatsRouter
    relay: OutboxRelay
    collections: Mapping[str, Sequence[Index]]
    routers: Sequence[APIRouter]
    words: Translations
    loops: Sequence[Loop] = field(default=())
    watches: Mapping[str, Watch] = field(default_factory=dict)
    """Warnings for the operator, by name."""
    sweep: Callable[[], Awaitable[None]] | None = None
    """Announces everything again for `dijous reconcile`; None if the service owns nothing."""

    @property
    def readiness(self) -> Readiness:
        return Readiness(self.broker, consumer_specs(self.events), self.store, self.relay, self.watches)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Prepare and verify the store, then consume, relay and loop; on exit finish the work in progress.

        Raises StoreError if the store fails or answers wrongly: the process must not serve.
        """
        await self.store.prepare(self.collections)
        await verify_contract(self.store)
        self.broker.include_router(self.events)
        await self.broker.start()
        endless = [("relay", self.relay.run), *((loop.name, loop.run) for loop in self.loops)]
        tasks = [asyncio.create_task(run(), name=f"{self.name} {name}") for name, run in endless]
        log.info("service started", action="service_started", service=self.name)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.broker.stop()
            await self.store.close()
            log.info("service stopped", action="service_stopped", service=self.name)

    def web(self) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            async with self.running():
                yield

        return make_application(self.name, self.title, self.routers, self.words, self.readiness, lifespan)
