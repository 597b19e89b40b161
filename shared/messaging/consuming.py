"""Event handlers and the durable consumers that they need."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import orjson
from faststream import AckPolicy
from faststream.nats import JStream, NatsRouter, PullSub
from faststream.nats.broker.registrator import NatsRegistrator
from faststream.nats.message import NatsMessage

from shared.events import Event
from shared.messaging.retrying import PermanentError
from shared.messaging.subscriber import FETCH_SECONDS, DurableSubscriber

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class ConsumerSpec:
    """A durable consumer: a service and the event that it handles."""

    service: str
    event: type[Event]

    @property
    def durable(self) -> str:
        """`<service>-<event name with dashes>`, e.g. `notifications-sessions-session-ended`."""
        name = f"{self.service}-{self.event.event_name.replace('.', '-')}"
        return name if self.event.event_schema == 1 else f"{name}-v{self.event.event_schema}"

    @property
    def stream(self) -> str:
        return self.event.event_stream.value


def consumes(
    router: NatsRouter, event: type[E], *, by: str, max_workers: int = 1
) -> Callable[[Callable[[E], Awaitable[None]]], Callable[[E], Awaitable[None]]]:
    """Let the decorated `async def on_<event>(event)` handle every `event` for the service `by`.

    The handler may run long and must be idempotent: an event may come twice, and late. If it raises, the broker
    delivers the event again after a growing pause; PermanentError makes it a dead letter at once. With `max_workers`
    above 1 several events are handled at a time, in no order.
    """
    spec = ConsumerSpec(by, event)

    def register(handler: Callable[[E], Awaitable[None]]) -> Callable[[E], Awaitable[None]]:
        subscriber = router.subscriber(
            event.subject_filter(),
            stream=JStream(spec.stream, declare=False),
            durable=spec.durable,
            pull_sub=PullSub(batch_size=1, timeout=FETCH_SECONDS),
            ack_policy=AckPolicy.MANUAL,
            decoder=_decoder(event),
            # With replies, a stranger's `reply_to` header would decide where the service publishes.
            no_reply=True,
        )
        # The framework's factory decides the class; ours differs in two methods and has the same layout.
        subscriber.__class__ = DurableSubscriber
        durable = cast(DurableSubscriber, subscriber)
        durable.event, durable.service, durable.workers = event, by, max_workers
        durable.durable, durable.trouble = spec.durable, "not started"
        subscriber(handler)
        return handler

    return register


@dataclass(frozen=True, slots=True)
class EventTable:
    """The events that a service handles: `on(SessionEnded, use_case)`, one line each."""

    router: NatsRouter
    service: str

    def __call__(self, event: type[E], use_case: Callable[[E], Awaitable[object]], *, max_workers: int = 1) -> None:
        """Let a use case handle every `event`, as a handler of `consumes`."""

        async def handle(event: Any) -> None:
            await use_case(event)

        handle.__annotations__["event"] = event  # tells the framework what the decoder returns
        consumes(self.router, event, by=self.service, max_workers=max_workers)(handle)


def _decoder(event: type[E]) -> Callable[[NatsMessage], Awaitable[E]]:
    async def decode(message: NatsMessage) -> E:
        """Raises PermanentError for another type or no JSON, ValidationError for a breach of the event's schema."""
        if (sent := message.headers.get("ce-type", "")) != event.event_type():
            raise PermanentError(f"unknown type {sent!r}, expected {event.event_type()!r}")
        try:
            data = orjson.loads(message.body)
        except orjson.JSONDecodeError as error:
            raise PermanentError(f"not JSON: {error.msg} at {error.pos}") from None
        return event.model_validate(data)

    return decode


def durable_subscribers(registrator: NatsRegistrator) -> list[DurableSubscriber]:
    """The durable subscribers of a router or of a broker with its routers, by name."""
    found = [sub for sub in cast(list[Any], registrator.subscribers) if isinstance(sub, DurableSubscriber)]
    return sorted(found, key=lambda sub: sub.durable)


def consumer_specs(router: NatsRegistrator) -> list[ConsumerSpec]:
    """The durable consumers that the router's handlers need at the broker."""
    return [ConsumerSpec(sub.service, sub.event) for sub in durable_subscribers(router)]
