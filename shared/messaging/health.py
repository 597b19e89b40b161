"""Readiness: can this process consume, publish and store?"""

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field

import nats.errors
from faststream.nats import NatsBroker

from shared.health import OK, Watch, warning
from shared.messaging.consuming import ConsumerSpec, durable_subscribers
from shared.messaging.outbox import OutboxRelay
from shared.messaging.publishing import jetstream
from shared.storage.contract import Store, StoreError
from shared.storage.verification import try_write

CACHE_SECONDS = 1.0
ANSWER_SECONDS = 2.0
"""A check that takes longer has failed."""
RELAY_AGE_SECONDS = 15.0
"""A relay that leaves something unpublished for longer is not healthy."""


@dataclass(eq=False)
class Readiness:
    broker: NatsBroker
    specs: Sequence[ConsumerSpec]
    store: Store
    relay: OutboxRelay | None = None
    watches: Mapping[str, Watch] = field(default_factory=dict)
    """Warnings by name; they do not stop traffic."""
    _checked_at: float = -CACHE_SECONDS
    _checks: dict[str, str] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(self) -> dict[str, str]:
        """The state of each part by name (`shared.health`), at most a second old."""
        async with self._turn:
            if time.monotonic() - self._checked_at > CACHE_SECONDS:
                self._checks = await self._check_now()
                self._checked_at = time.monotonic()
            return dict(self._checks)

    async def _check_now(self) -> dict[str, str]:
        connected = bool(self.broker.running) and self.broker.connection.is_connected
        consumers, store, *watched = await asyncio.gather(
            _trouble(self._consumers(connected=connected)),
            _trouble(try_write(self.store)),
            *(_trouble(watch()) for watch in self.watches.values()),
        )
        silent = [sub.durable for sub in durable_subscribers(self.broker) if not sub.alive]
        age = self.relay.age if self.relay else 0
        return {
            "broker": OK if connected else "not connected",
            "subscribers": f"not pulling: {', '.join(silent)}" if silent else OK,
            "consumers": consumers or OK,
            "store": store or OK,
            "relay": f"events wait unpublished for {age:.0f} s" if age > RELAY_AGE_SECONDS else OK,
            **{name: warning(trouble) if trouble else OK for name, trouble in zip(self.watches, watched, strict=True)},
        }

    async def _consumers(self, *, connected: bool) -> str:
        if not connected:
            return "unknown: not connected"
        js = jetstream(self.broker)
        found = await asyncio.gather(
            *(js.consumer_info(spec.stream, spec.durable) for spec in self.specs), return_exceptions=True
        )
        missing = [
            spec.durable for spec, info in zip(self.specs, found, strict=True) if isinstance(info, nats.errors.Error)
        ]
        return f"missing at the broker: {', '.join(missing)}" if missing else ""


async def _trouble(check: Awaitable[str | None]) -> str:
    try:
        return await asyncio.wait_for(check, ANSWER_SECONDS) or ""
    except TimeoutError:
        return f"no answer within {ANSWER_SECONDS:.0f} s"
    except StoreError as error:
        return f"fails: {error}"
