"""Events as the broker brings them, without a broker."""

from faststream.nats import NatsRouter

from shared.events import Event
from shared.messaging.consuming import durable_subscribers


async def handle(routes: NatsRouter, event: Event) -> None:
    """Let the handler of an event among a service's routes handle it."""
    [handler] = [sub.calls[0].handler for sub in durable_subscribers(routes) if sub.event is type(event)]
    await handler(event)
