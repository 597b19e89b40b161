"""`dijous office`: the way in for the first administrator, where the services run apart."""

import asyncio

import click

from deploy.composition import compose


@click.group()
def office() -> None:
    """The people of the programme office."""


@office.command("first-run")
def first_run() -> None:
    """Print the link at which the first administrator is made; it replaces the one printed before.

    Reads the settings of the registration service.

    \b
    Example:
      docker compose exec registration dijous office first-run
    """
    link = asyncio.run(_link())
    click.echo(link or "The office has an administrator, who adds the others in /office/people.")


async def _link() -> str | None:
    from services.registration.settings import Settings
    from services.registration.usecases.signing_in import first_run_link
    from shared.clock import clock_from

    settings, service = Settings(), compose("registration")
    try:
        await service.store.prepare(service.collections)
        return await first_run_link(service.store, settings.public_url, clock_from(settings.clock_offset_file))
    finally:
        await service.store.close()
