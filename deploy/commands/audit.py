"""`dijous audit`: check the record of the office's acts."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping

import click
import nats.errors

from deploy.commands.streams import nats_url
from deploy.composition import compose
from deploy.routes import SERVICES
from shared.clock import system_clock
from shared.events.office import ActsRecorded
from shared.messaging.administration import administering, stored_messages
from shared.security.audit import AUDIT_COLLECTIONS, NOTHING_ANNOUNCED, Audit, Chain
from shared.storage.contract import StoreError


@click.group()
def audit() -> None:
    """The record of the office's acts: each service keeps its own, at /office/audit."""


@audit.command()
@click.argument("services", nargs=-1, type=click.Choice(SERVICES))
@nats_url
def verify(services: tuple[str, ...], nats_url: str) -> None:
    """Read every entry and check each link of the chain, of all or the named services; exit code 1 if one is broken.

    The broker keeps for a year what the services announced as the end of their chains. A chain that differs from it was
    cut off or written anew, or comes from an older backup. The digest is that of the last entry: a copy kept elsewhere
    shows the same for longer, and the services' logs hold the digest of every entry.

    \b
    Example:
      dijous audit verify
    """
    try:
        announced = asyncio.run(_announced(nats_url))
    except (nats.errors.Error, OSError, TimeoutError) as error:
        announced = {}
        cause = str(error) or type(error).__name__
        click.echo(f"The broker does not answer ({cause}): not compared with what was announced.", err=True)
    chains = {name: asyncio.run(_chain(name, announced.get(name, NOTHING_ANNOUNCED))) for name in services or SERVICES}
    for name, chain in chains.items():
        click.echo(f"{name:14} {_state(chain, len(announced.get(name, ())))}")
    if any(chain.fault for chain in chains.values()):
        raise SystemExit(1)


def _state(chain: Chain, announced: int) -> str:
    if chain.fault:
        return f"BROKEN at entry {chain.fault.sequence}: {chain.fault.reason}"
    if not chain.length:
        return "whole, no entries"
    return f"whole, {chain.length} entries, the last {chain.digest}; as announced {announced} times"


async def _announced(nats_url: str) -> Mapping[str, Mapping[int, str]]:
    """The digests that each service announced, by place. The first digest for a place counts."""
    found: dict[str, dict[int, str]] = defaultdict(dict)
    async with administering(nats_url) as js:
        async for message in stored_messages(js, ActsRecorded.event_stream, ActsRecorded.subject_filter()):
            event = ActsRecorded.model_validate_json(message.data or b"")
            found[event.service].setdefault(event.version, event.digest)
    return found


async def _chain(name: str, announced: Mapping[int, str]) -> Chain:
    store = compose(name).store
    try:
        await store.prepare(AUDIT_COLLECTIONS)
        return await Audit(store, system_clock).read_chain(announced)
    except StoreError as error:
        raise click.ClickException(f"the store of {name} does not answer: {error}") from error
    finally:
        await store.close()
