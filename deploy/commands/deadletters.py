"""`dijous deadletters`: list, show, replay or drop messages that could not be handled."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import click
from nats.js import JetStreamContext

from deploy.commands.streams import nats_url, run_at_broker
from shared.messaging.administration import administering
from shared.messaging.dead_letters import (
    NoSuchLetterError,
    StoredLetter,
    drop_letter,
    list_letters,
    replay_letters,
    show_letter,
)

T = TypeVar("T")


@click.group()
def deadletters() -> None:
    """Messages that could not be handled.

    `list` shows where and why, without personal data; `show` shows one with its data; `replay` gives it to the services
    again once the cause is repaired; `drop` forgets it.
    """


@deadletters.command("list")
@nats_url
def list_command(nats_url: str) -> None:
    """List them, without personal data."""
    letters = _at(nats_url, list_letters)
    for letter in letters:
        click.echo(_line(letter))
    click.echo(f"{len(letters)} dead letters" if letters else "no dead letters")


@deadletters.command()
@click.argument("letter_id")
@nats_url
def show(letter_id: str, nats_url: str) -> None:
    """Show one with reason, headers and data. It may hold personal data."""
    letter = _at(nats_url, partial(show_letter, letter_id=letter_id))
    click.echo(_line(letter))
    click.echo(f"reason: {letter.reason}")
    for name, value in letter.headers.items():
        click.echo(f"{name}: {value}")
    click.echo("\n" + letter.data.decode("utf-8", "backslashreplace"))


@deadletters.command()
@click.argument("letter_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them, oldest first.")
@nats_url
def replay(letter_ids: tuple[str, ...], everything: bool, nats_url: str) -> None:
    """Publish again under the original subject, then drop.

    Every service that handles the event sees it again; those that have handled it already ignore it. A message that
    several services could not handle is published once, and the letters of all of them are dropped.
    """
    _check_choice(letter_ids, everything)

    async def replay_each(js: JetStreamContext) -> None:
        async for replayed in replay_letters(js, None if everything else letter_ids):
            click.echo(f"replayed {' '.join(replayed)}")

    _at(nats_url, replay_each)


@deadletters.command()
@click.argument("letter_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@nats_url
def drop(letter_ids: tuple[str, ...], everything: bool, nats_url: str) -> None:
    """Forget them for good."""
    _check_choice(letter_ids, everything)
    chosen = [letter.id for letter in _at(nats_url, list_letters)] if everything else letter_ids
    for letter_id in chosen:
        _at(nats_url, partial(drop_letter, letter_id=letter_id))
        click.echo(f"dropped {letter_id}")


def _check_choice(letter_ids: tuple[str, ...], everything: bool) -> None:
    if everything == bool(letter_ids):
        raise click.UsageError("name the letters, or say --all")


def _at(nats_url: str, work: Callable[[JetStreamContext], Awaitable[T]]) -> T:
    async def connected() -> T:
        async with administering(nats_url) as js:
            return await work(js)

    try:
        return run_at_broker(nats_url, connected())
    except NoSuchLetterError as missing:
        raise click.ClickException(f"no dead letter {missing}, or its message has gone") from missing


def _line(letter: StoredLetter) -> str:
    return (
        f"{letter.id:<8} {letter.failed_at:%Y-%m-%d %H:%M:%S} {letter.consumer} {letter.error} "
        f"after {letter.deliveries} deliveries, {letter.stream} {letter.sequence}"
    )
