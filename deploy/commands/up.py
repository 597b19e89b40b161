"""`dijous up`: the single-machine run."""

import asyncio
import sys

import click

from deploy.embedded.folder import FIRST_RUN_LINK
from deploy.embedded.settings import EmbeddedSettings
from deploy.embedded.supervisor import Installation, installed, run_until_stopped
from deploy.settings import ServingSettings, explained_settings


@click.command()
def up() -> None:
    """Start everything on this machine behind one address, until Ctrl-C.

    It starts a broker, the four services and a mailbox in the browser that takes every mail, so nothing leaves this
    machine. What dies is started again. A second start on the same data continues where the first one stopped.

    \b
    Settings, from the environment:
      DIJOUS_PORT         8080     the address is http://127.0.0.1:<port>; 0 for a free port
      DIJOUS_DATA         ./var    the one folder where everything is kept
      DIJOUS_STORE_URL             sqlite:///folder or mongodb://… instead of files in that folder
      DIJOUS_NATS_URL              a broker of yours instead of the one started here
      DIJOUS_SMTP_URL              a mail relay instead of the mailbox
      DIJOUS_PUBLIC_URL            where people reach it, when behind a proxy of yours; links in mails begin so
      DIJOUS_STAFF_TOKEN, DIJOUS_SECRET   made once and kept in the folder when not set
    \b
    Examples:
      dijous up
      DIJOUS_PORT=8090 DIJOUS_DATA=/srv/dijous dijous up
    """
    with explained_settings():
        settings = EmbeddedSettings()
        ServingSettings()  # the application reads it; report its errors now
    run_until_stopped(_up(settings))


async def _up(settings: EmbeddedSettings) -> None:
    async with installed(settings) as installation:
        introduce(installation)
        await asyncio.Event().wait()


def introduce(installation: Installation) -> None:
    url, folder = installation.url, installation.folder
    is_terminal = sys.stdout.isatty()  # a journal would keep what is printed
    click.echo(f"ready on {url}")
    if installation.has_mailbox:
        click.echo(f"  mailbox      {url}/mailbox (every mail; nothing leaves this machine)")
    if link := installation.first_run_link():
        shown = link if is_terminal else f"the link in {folder / FIRST_RUN_LINK}"
        click.echo(f"  office       {shown} (makes the first administrator; works once)")
    else:
        click.echo(f"  office       {url}/office")
    click.echo(f"  API          {url}/api/v1/openapi.json")
    if installation.is_new:
        shown = f"{installation.staff_token} (shown this once; kept in" if is_terminal else "(in"
        click.echo(f"  staff token  {shown} {folder / 'staff-token'})")
    click.echo(f"  data         {folder}, logs in {folder / 'logs'}")
    click.echo("Ctrl-C stops it.")
