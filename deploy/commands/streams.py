"""`dijous streams`: make and show the broker's streams and durable consumers."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import click
import nats.errors

from deploy.topology import consumers
from shared.messaging.streams import StreamRow, apply_streams, show_streams

T = TypeVar("T")
nats_url = click.option(
    "--nats-url",
    envvar="DIJOUS_NATS_URL",
    default="nats://127.0.0.1:4222",
    show_default=True,
    show_envvar=True,
    help="The broker.",
)


@click.group()
def streams() -> None:
    """The broker's streams and durable consumers.

    Services never create them: run `dijous streams apply` before the first start and after every upgrade.
    """


@streams.command()
@nats_url
@click.option("--replicas", default=1, show_default=True, type=click.IntRange(1, 5), help="Copies of each stream.")
def apply(nats_url: str, replicas: int) -> None:
    """Create what is missing and update what differs. Running it again changes nothing."""
    changes = run_at_broker(nats_url, apply_streams(nats_url, consumers(), replicas=replicas))
    for change in changes:
        click.echo(change)
    click.echo(f"{len(changes)} changes" if changes else "nothing to change")


@streams.command()
@nats_url
def show(nats_url: str) -> None:
    """Show how full the streams are and how far each consumer has come."""
    for row in run_at_broker(nats_url, show_streams(nats_url, consumers())):
        click.echo(_table_of(row))


def run_at_broker(nats_url: str, work: Coroutine[Any, Any, T]) -> T:
    """Run the work. If the broker fails, show one clear line without the address's password, no traceback."""
    try:
        return asyncio.run(work)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        address = nats_url.rpartition("@")[2]
        raise click.ClickException(f"the broker at {address}: {str(error) or type(error).__name__}") from error


def _table_of(row: StreamRow) -> str:
    if row.messages is None:
        return f"{row.name}: missing; run `dijous streams apply`"
    lines = [f"{row.name}: {row.messages} messages, {row.size or 0:,} bytes"]
    if row.consumers:
        lines.append(f"  {'consumer':<52} {'pending':>9} {'unsettled':>9} {'redelivered':>11}")
    for consumer in row.consumers:
        figures = (consumer.pending, consumer.unsettled, consumer.redelivered)
        pending, unsettled, redelivered = ("missing" if figure is None else str(figure) for figure in figures)
        lines.append(f"  {consumer.name:<52} {pending:>9} {unsettled:>9} {redelivered:>11}")
    return "\n".join(lines)
