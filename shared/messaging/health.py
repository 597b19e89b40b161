"""Readiness that tells the truth: can this process consume, publish and store just now?"""

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from types import MappingProxyType

import nats.errors
from faststream.nats import NatsBroker

from shared.health import OK, Watch, warning
from shared.messaging.consuming import ConsumerSpec, durable_subscribers
from shared.messaging.outbox import OutboxRelay
from shared.messaging.publishing import jetstream
from shared.storage.contract import Store, StoreError

CACHE_SECONDS = 1.0
ANSWER_SECONDS = 2.0
"""A check that takes longer has failed."""
RELAY_AGE_SECONDS = 15.0
"""A relay that has left something unpublished for so long is not healthy."""


class Readiness:
    """What must hold before traffic is sent to a service."""

    def __init__(
        self,
        broker: NatsBroker,
        specs: Sequence[ConsumerSpec],
        store: Store,
        relay: OutboxRelay | None = None,
        watches: Mapping[str, Watch] = MappingProxyType({}),
    ) -> None:
        """`watches`: by name, what is told beside and keeps no traffic away."""
        self._broker = broker
        self._specs = specs
        self._store = store
        self._relay = relay
        self._watches = watches
        self._checked_at = -CACHE_SECONDS
        self._checks: dict[str, str] = {}
        self._turn = asyncio.Lock()

    async def check(self) -> dict[str, str]:
        """Each check's name with «ok», what is wrong or a warning; at most a second old."""
        async with self._turn:
            if time.monotonic() - self._checked_at > CACHE_SECONDS:
                self._checks = await self._check_now()
                self._checked_at = time.monotonic()
            return dict(self._checks)

    async def _check_now(self) -> dict[str, str]:
        consumers, store, *watched = await asyncio.gather(
            _guarded(self._consumers()),
            _guarded(self._ping_store()),
            *(_guarded(watch()) for watch in self._watches.values()),
        )
        return {
            "broker": self._connection(),
            "subscribers": self._subscribers(),
            "consumers": consumers,
            "store": store,
            "relay": self._relaying(),
            **{name: warning(trouble) if trouble else OK for name, trouble in zip(self._watches, watched, strict=True)},
        }

    def _connected(self) -> bool:
        return bool(self._broker.running) and self._broker.connection.is_connected

    def _connection(self) -> str:
        return OK if self._connected() else "not connected"

    def _subscribers(self) -> str:
        silent = [sub.durable for sub in durable_subscribers(self._broker) if not sub.alive]
        return f"not pulling: {', '.join(silent)}" if silent else OK

    async def _consumers(self) -> str:
        if not self._connected():
            return "unknown: not connected"
        js = jetstream(self._broker)

        async def missing(spec: ConsumerSpec) -> bool:
            try:
                await js.consumer_info(spec.stream, spec.durable)
            except nats.errors.Error:
                return True
            return False

        absent = await asyncio.gather(*(missing(spec) for spec in self._specs))
        names = [spec.durable for spec, is_absent in zip(self._specs, absent, strict=True) if is_absent]
        return f"missing at the broker: {', '.join(names)}" if names else OK

    async def _ping_store(self) -> str:
        await self._store.ping()
        return OK

    def _relaying(self) -> str:
        if self._relay is None or self._relay.age <= RELAY_AGE_SECONDS:
            return OK
        return f"events wait unpublished for {self._relay.age:.0f} s"


async def _guarded(check: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(check, ANSWER_SECONDS)
    except TimeoutError:
        return f"no answer within {ANSWER_SECONDS:.0f} s"
    except StoreError as error:
        return f"does not answer: {type(error).__name__}"
