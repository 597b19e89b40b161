"""`dijous demo`: play the reference programmes through."""

import asyncio
import os
import shutil
from pathlib import Path

import click
import httpx

from deploy.commands.up import introduce
from deploy.demo.office import DemoFailedError, Office
from deploy.demo.report import Report
from deploy.demo.story import FIRST_MOMENT, MovableClock, Story
from deploy.embedded.first_run import keep_first_run_link
from deploy.embedded.folder import locked_folder
from deploy.embedded.settings import EmbeddedSettings
from deploy.embedded.supervisor import Installation, installed, run_until_stopped
from deploy.settings import BrokenSettingError, ServingSettings, explained_settings
from shared.storage.opening import open_store

MARK = "demonstration"
"""This file marks a demonstration's folder, which may be deleted."""
CALL_SECONDS = 30.0


@click.command()
@click.option("--exit", "exit_when_done", is_flag=True, help="End after the story instead of leaving it to look at.")
def demo(exit_when_done: bool) -> None:
    """Play the two reference programmes through the whole job, then leave everything to look at until Ctrl-C.

    It runs in the folder `demo` of DIJOUS_DATA, made anew each time, on DIJOUS_PORT. The six real sessions are loaded
    at their own dates; one more is played with 60 councils through the API, the events and the mails: waiting list,
    promotion, another date, reminders, attendance, survey, results, materials, and a proposal that feeds the next
    session. The people are invented and nothing leaves this machine.

    \b
    Examples:
      dijous demo
      DIJOUS_PORT=8090 dijous demo --exit
    """
    with explained_settings():
        given = EmbeddedSettings()
        ServingSettings()  # the application reads it; report its errors now
    folder = given.data.absolute() / "demo"
    own = {"data": folder, "store_url": None, "nats_url": None, "smtp_url": None, "public_url": None}
    for variable in ("DIJOUS_STORE_URL", "DIJOUS_NATS_URL", "DIJOUS_SMTP_URL"):
        os.environ.pop(variable, None)
    failures: list[str] = []
    run_until_stopped(_demo(given.model_copy(update=own), exit_when_done, failures))
    if failures:
        raise click.ClickException(failures[0])


async def _demo(settings: EmbeddedSettings, exit_when_done: bool, failures: list[str]) -> None:
    _empty(settings.data)
    offset_file = settings.data / "clock"
    os.environ["DIJOUS_CLOCK_OFFSET_FILE"] = str(offset_file)
    clock = MovableClock(offset_file)
    clock.move_to(FIRST_MOMENT)
    click.echo(f"starting an installation of its own in {settings.data} …")
    async with installed(settings) as installation:
        try:
            await _play(installation, clock)
        except (DemoFailedError, httpx.HTTPError) as failure:
            failures.append(f"{failure}. Logs: {settings.data / 'logs'}")
            return
        if not exit_when_done:
            await _renew_first_run_link(installation)
            introduce(installation)
            await asyncio.Event().wait()


async def _renew_first_run_link(installation: Installation) -> None:
    """Make a new link: the first one, of the story's first day, has expired."""
    store = open_store(f"sqlite:///{installation.folder}", "registration")
    try:
        await keep_first_run_link(store, installation.url, installation.folder)
    finally:
        await store.close()


async def _play(installation: Installation, clock: MovableClock) -> None:
    report = Report()
    async with httpx.AsyncClient(base_url=installation.url, timeout=CALL_SECONDS) as client:
        office = Office(client, installation.staff_token)
        results = await Story(office, clock, report).play()
    click.echo(report.table(dict(office.kinds()), results))


def _empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise BrokenSettingError(f"DIJOUS_DATA: {folder} holds something else than a demonstration; it is left alone")
    with locked_folder(folder):  # not while another demonstration runs in it
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / MARK).touch()
