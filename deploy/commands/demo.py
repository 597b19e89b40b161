"""`dijous demo`: play the reference programmes through."""

import asyncio
import os
import shutil
from pathlib import Path

import click
import httpx

from deploy.commands.up import introduce
from deploy.demo.cast import SEED, Cast
from deploy.demo.office import DemoFailedError, Office
from deploy.demo.report import Report
from deploy.demo.stage import Stage
from deploy.demo.story import play
from deploy.demo.timeline import Calendar, MovableClock
from deploy.embedded.first_run import keep_first_run_link
from deploy.embedded.folder import locked_folder
from deploy.embedded.settings import EmbeddedSettings
from deploy.embedded.supervisor import Installation, installed, run_until_stopped
from deploy.settings import BrokenSettingError, ServingSettings, explained_settings
from shared.clock import system_clock
from shared.storage.opening import open_store

MARK = "demonstration"
"""This file marks a demonstration's folder, which may be deleted."""
CALL_SECONDS = 30.0
INVENTED = f"""
Real: the names of the programmes, of the two provincial councils and of the resources, the survey's questions, and
titles and dates of the six sessions of 2023 and 2024. Drawn by the seed {SEED}: every council that takes part in
anything. Invented: people, figures, recordings and everything else."""


@click.command()
@click.option("--exit", "exit_when_done", is_flag=True, help="End after the story instead of leaving it to look at.")
def demo(exit_when_done: bool) -> None:
    """Play a year of the two reference programmes, then leave everything to look at until Ctrl-C.

    It runs in the folder `demo` of DIJOUS_DATA, made anew each time, on DIJOUS_PORT, and takes less than three minutes
    on two quiet cores. The six real sessions are moved in through the import API. A year of monthly sessions follows on
    a fast clock, one of them with 60 councils in full detail: waiting list, promotion, another date, reminders,
    attendance, survey, results, materials, and a proposal that feeds the next session. Meanwhile councils ask for a
    place in the pilot; ten are selected, go through its phases and consult those who accompany them.

    Councils are drawn from the directory by a seed, figures and people are invented, and nothing leaves this machine.

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
    calendar = Calendar(system_clock())
    clock = MovableClock(offset_file, calendar.first)
    click.echo(f"starting an installation of its own in {settings.data} …")
    async with installed(settings) as installation:
        try:
            await _play(installation, clock, calendar)
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


async def _play(installation: Installation, clock: MovableClock, calendar: Calendar) -> None:
    report = Report()
    async with httpx.AsyncClient(base_url=installation.url, timeout=CALL_SECONDS) as client:
        office = Office(client, installation.staff_token)
        results = await play(Stage(office, clock, Cast()), calendar, report)
    clock.move_to_present()
    click.echo(report.table(office.kinds, results))
    click.echo(INVENTED)


def _empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise BrokenSettingError(f"DIJOUS_DATA: {folder} holds something else than a demonstration; it is left alone")
    with locked_folder(folder):  # not while another demonstration runs in it
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / MARK).touch()
