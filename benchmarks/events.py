"""How soon another service has an event: from the accepted registration to a subscriber, beside a raw publish.

Both take turns in one run, over the same stream of the same broker; the raw publish goes from this process to its
subscriber. The pauses are random, so that they meet a poll at any moment of its cycle.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import quantiles

import httpx
import nats
import orjson
from nats.aio.msg import Msg

from benchmarks.registrations import bodies, running_registration, schedule
from shared.events.registration import EntityRegistered
from shared.events.vocabulary import Language, RegistrationStatus
from shared.ids import new_id
from shared.messaging.publishing import publish_event

PROMISED_MS = 10.0
"""How much the 99th percentile of registrations may exceed that of raw events."""
ROUNDS = 300
WARM_UP = 20
LONGEST_PAUSE = 0.1
Act = Callable[[], Awaitable[tuple[str, float]]]
"""Causes an event; returns the address in it and when the wait began."""


class Subscriber:
    """Another service: it notes when each event arrives."""

    def __init__(self) -> None:
        self._arrivals: dict[str, asyncio.Future[float]] = {}

    async def note(self, message: Msg) -> None:
        now = time.perf_counter()
        self._arrival(orjson.loads(message.data)["email"]).set_result(now)

    async def wait_after(self, act: Act) -> float:
        """Seconds from the act to the arrival of its event; 0 where the event came before the answer."""
        email, began = await act()
        return max(0.0, await asyncio.wait_for(self._arrival(email), 10) - began)

    def _arrival(self, email: str) -> asyncio.Future[float]:
        return self._arrivals.setdefault(email, asyncio.get_running_loop().create_future())


async def measure(rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of the raw events, and of those of registrations."""
    async with running_registration() as (base, broker_url), httpx.AsyncClient() as http:
        client = await nats.connect(broker_url)
        js, subscriber = client.jetstream(), Subscriber()
        await js.subscribe(EntityRegistered.subject_filter(), ordered_consumer=True, cb=subscriber.note)
        url = f"{base}/api/v1/sessions/{await schedule(base, None)}/registrations"

        async def publish() -> tuple[str, float]:
            event = _somebody_registered()
            began = time.perf_counter()
            await publish_event(js, event.envelope())
            return event.email, began

        async def register() -> tuple[str, float]:
            person = orjson.loads(bodies(1)[0])
            (await http.post(url, json=person)).raise_for_status()
            return person["email"], time.perf_counter()

        raw, registered = [], []
        for _ in range(WARM_UP + rounds):
            raw.append(await subscriber.wait_after(publish))
            registered.append(await subscriber.wait_after(register))
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))
        await client.close()
    return raw[WARM_UP:], registered[WARM_UP:]


def _somebody_registered() -> EntityRegistered:
    return EntityRegistered(
        version=1,
        registration_id=new_id(),
        session_id=new_id(),
        programme="bench",
        status=RegistrationStatus.REGISTERED,
        name="Núria Puig",
        email=f"{secrets.token_hex(6)}@alamus.example",
        entity_code="2500450006",
        entity_name="Ajuntament dels Alamús",
        language=Language.CA,
    )


def _percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 99th, in milliseconds."""
    parts = quantiles(seconds, n=100)
    return 1000 * parts[49], 1000 * parts[98]


def main(rounds: int = ROUNDS) -> None:
    print(f"Events at another service, {rounds} of each; promised: p99 at most {PROMISED_MS:.0f} ms over the raw one's")
    figures = [_percentiles(seconds) for seconds in asyncio.run(measure(rounds))]
    for what, (p50, p99) in zip(("raw publish to subscriber", "registration to subscriber"), figures, strict=True):
        over = p99 - figures[0][1]
        kept = "" if over <= PROMISED_MS else "  <- not kept"
        print(f"| {what:26} | p50 {p50:6.1f} ms | p99 {p99:6.1f} ms | p99 {over:+7.1f} ms |{kept}")


if __name__ == "__main__":
    main()
