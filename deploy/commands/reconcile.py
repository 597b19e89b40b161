"""`dijous reconcile`: run the reconciliation between the services by hand."""

import asyncio

import click

from deploy.commands.streams import run_at_broker
from deploy.composition import compose, start_logs
from deploy.routes import SERVICES
from shared.messaging.administration import administering
from shared.service import Service
from shared.settings import ServiceSettings

CONNECT_SECONDS = 5.0


@click.command()
def reconcile() -> None:
    """Find and repair what one service knows and another lacks.

    Each owner lists what it has announced; the running services ask for what they lack, and the owner announces it
    again. They do so by themselves every half minute; this command starts it at once. The repair goes on for some
    seconds after the command has ended. Complete data stays as it is.

    \b
    Example:
      dijous reconcile
    """
    start_logs()
    nats_url = ServiceSettings().nats_url
    run_at_broker(nats_url, _sweep(nats_url, [compose(name) for name in SERVICES]))


async def _sweep(nats_url: str, services: list[Service]) -> None:
    async with administering(nats_url):  # fails at once if the broker is away; a service's own connection waits
        pass
    for service in services:
        if service.sweep is None:
            continue
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await service.broker.connect()
            await service.store.prepare(service.collections)
            await service.sweep()
        finally:
            await service.broker.stop()
            await service.store.close()
        click.echo(f"{service.name}: listed")
