"""`dijous audit`: check the record of the office's acts."""

import asyncio

import click

from deploy.composition import compose
from deploy.routes import SERVICES
from shared.clock import system_clock
from shared.security.audit import AUDIT_COLLECTIONS, Audit, Chain
from shared.storage.contract import StoreError


@click.group()
def audit() -> None:
    """The record of the office's acts: each service keeps its own, at /office/audit."""


@audit.command()
@click.argument("services", nargs=-1, type=click.Choice(SERVICES))
def verify(services: tuple[str, ...]) -> None:
    """Read every entry and check each link of the chain, of all or the named services; exit code 1 if one is broken.

    The digest is that of the last entry. Keep it elsewhere: another digest in its place shows that the end was cut off
    or the whole chain written anew. The services' logs hold the digest of every entry too.

    \b
    Example:
      dijous audit verify
    """
    chains = {name: asyncio.run(_chain(name)) for name in services or SERVICES}
    for name, chain in chains.items():
        click.echo(f"{name:14} {_state(chain)}")
    if any(chain.fault for chain in chains.values()):
        raise SystemExit(1)


def _state(chain: Chain) -> str:
    if chain.fault:
        return f"BROKEN at entry {chain.fault.sequence}: {chain.fault.reason}"
    return f"whole, {chain.length} entries, the last {chain.digest}" if chain.length else "whole, no entries"


async def _chain(name: str) -> Chain:
    store = compose(name).store
    try:
        await store.prepare(AUDIT_COLLECTIONS)
        return await Audit(store, system_clock).read_chain()
    except StoreError as error:
        raise click.ClickException(f"the store of {name} does not answer: {error}") from error
    finally:
        await store.close()
