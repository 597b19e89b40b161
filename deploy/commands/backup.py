"""`dijous backup`: copy the data folder of a single-machine run, also while it runs."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import click

SECRETS = ("secret", "staff-token")
_PARTIAL = ".partial"


@click.command()
@click.argument("destination", type=click.Path(path_type=Path))
@click.option(
    "--data",
    envvar="DIJOUS_DATA",
    default="var",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The folder to copy (DIJOUS_DATA).",
)
def backup(destination: Path, data: Path) -> None:
    """Copy all that a `dijous up` keeps into DESTINATION, a new folder. The installation may go on running.

    Each service's database is copied as it is at one instant. The broker's store is left out: after a start the
    services announce everything again. The copy holds personal data and secrets: only you can read it.

    To restore, start with DIJOUS_DATA=DESTINATION. Mails that were sent after the backup are due in it and go out
    again, so restore soon after, or first look at what is due at /office/mails with DIJOUS_SMTP_URL unset.

    \b
    Examples:
      dijous backup /srv/backups/dijous-2026-12-17
      DIJOUS_DATA=/srv/dijous dijous backup /srv/backups/today

    With MongoDB, use its own mongodump.
    """
    databases = sorted(data.glob("*.sqlite3"))
    if not databases:
        raise click.ClickException(f"{data} holds no data of a `dijous up`: name its folder by DIJOUS_DATA")
    if destination.exists():
        raise click.ClickException(f"{destination} is there already: name a new folder")
    os.umask(0o077)
    partial = destination.with_name(destination.name + _PARTIAL)
    try:
        _copy(data, databases, partial)
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"not copied: {error}. What there is of it is in {partial}") from error
    partial.rename(destination)
    click.echo(f"copied to {destination}")


def _copy(data: Path, databases: list[Path], partial: Path) -> None:
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    for database in databases:
        copy = partial / database.name
        _copy_database(database, copy)
        click.echo(f"  {copy.name}, {copy.stat().st_size:,} bytes")
    for name in SECRETS:
        if (data / name).exists():
            shutil.copyfile(data / name, partial / name)


def _copy_database(source: Path, target: Path) -> None:
    """Copy by SQLite's online backup: one consistent state despite concurrent writes, fsynced at the end."""
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        writing.execute("PRAGMA synchronous = FULL")
        reading.backup(writing)
