"""`dijous streams`: make and show the broker's streams and durable consumers."""

import asyncio

import click
import nats.errors

from deploy.topology import consumers
from shared.messaging.streams import StreamRow, apply_streams, show_streams

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
    try:
        changes = asyncio.run(apply_streams(nats_url, consumers(), replicas=replicas))
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise unreachable(nats_url, error) from error
    for change in changes:
        click.echo(change)
    click.echo(f"{len(changes)} changes" if changes else "nothing to change")


@streams.command()
@nats_url
def show(nats_url: str) -> None:
    """Show how full the streams are and how far each consumer has come."""
    try:
        rows = asyncio.run(show_streams(nats_url, consumers()))
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise unreachable(nats_url, error) from error
    for row in rows:
        click.echo(_table_of(row))


def unreachable(nats_url: str, error: Exception) -> click.ClickException:
    """One clear line instead of a traceback; a password in the address is left out."""
    return click.ClickException(f"the broker at {nats_url.rpartition('@')[2]}: {str(error) or type(error).__name__}")


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
