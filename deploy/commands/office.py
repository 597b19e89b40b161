"""`dijous office`: a link into the office, when nobody can sign in."""

import asyncio

import click

from deploy.composition import compose, start_logs
from services.registration.accounts.recovery import AmbiguousAccount, RecoveryLink, make_recovery_link
from services.registration.settings import Settings
from shared.clock import clock_from
from shared.storage.contract import StoreError


@click.group()
def office() -> None:
    """The people of the programme office."""


@office.command()
@click.option("--user-name", default="", metavar="NAME", help="Whose password the link sets.")
@click.option("--lost-passkeys", is_flag=True, help="Remove the person's passkeys too: the password is enough then.")
def link(user_name: str, lost_passkeys: bool) -> None:
    """Print a link into the office. It works once and replaces the one before; the record says that it was made.

    While there is no administrator, it makes the first one. Afterwards it sets a new password for the person with the
    given user name, or for the only administrator. The old password works until then.

    Reads the settings of the registration service, or finds the installation in DIJOUS_DATA, running or not.

    \b
    Examples:
      dijous office link
      dijous office link --user-name marta@gomunicipal.example
      dijous office link --user-name marta@gomunicipal.example --lost-passkeys
      docker compose exec registration dijous office link
    """
    start_logs()
    made = asyncio.run(_make_link(user_name, lost_passkeys=lost_passkeys))
    click.echo(made.link)
    effect = f"sets a password for {made.person.name}" if made.person else "makes the first administrator"
    click.echo(f"It {effect}, once, until {made.until:%Y-%m-%d %H:%M} UTC.", err=True)


async def _make_link(user_name: str, *, lost_passkeys: bool) -> RecoveryLink:
    service, settings = compose("registration"), Settings()
    clock = clock_from(settings.clock_offset_file)
    try:
        await service.store.prepare(service.collections)
        return await make_recovery_link(
            service.store, settings.public_url, clock, user_name, lost_passkeys=lost_passkeys
        )
    except AmbiguousAccount as error:
        lines = [f"  --user-name {person.user_name}   {person.name}" for person in error.choices]
        raise click.ClickException("\n".join(["Say whose link it is to be:", *lines])) from None
    except StoreError as error:
        raise click.ClickException(f"the store does not answer: {error}") from error
    finally:
        await service.store.close()
