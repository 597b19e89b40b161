"""The command line. It loads only the command that runs, so that `--help` answers at once."""

import os
from importlib import import_module

import click

from deploy.environment import adopt_environment
from deploy.settings import EXIT_BROKEN_SETTING, BrokenSettingError
from deploy.unknown_settings import unknown_settings

COMMANDS = {
    "up": "Start everything on this machine behind one address.",
    "demo": "Play a year of the reference programmes, to look at.",
    "run": "Run one service as a process of its own.",
    "streams": "Make and show the broker's streams and durable consumers.",
    "deadletters": "List, show, replay or drop messages that failed.",
    "office": "Print a link into the office, when nobody can sign in.",
    "audit": "Check that nobody altered the record of what the office did.",
    "backup": "Copy the data of the single-machine run, also while it runs.",
    "person": "Export or erase what all services keep of one person.",
    "entities": "Import the directory of local entities.",
    "reconcile": "Find and repair what one service knows and another lacks.",
    "events": "Print the catalogue of events.",
    "openapi": "Print the joined OpenAPI description of the JSON API.",
    "health": "Ask a service whether it can do its work.",
    "version": "Print the version.",
}
"""Name to the line in the list of commands. Each is the function of that name in `deploy.commands.<name>`."""
ADOPTING_ENVIRONMENT = frozenset(
    {"streams", "deadletters", "person", "entities", "office", "audit", "reconcile", "health"}
)
"""Commands that find the installation in DIJOUS_DATA by themselves."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click calls it so
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click calls it so
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in ADOPTING_ENVIRONMENT:
            adopt_environment()
        command: click.Command = getattr(import_module(f"deploy.commands.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click calls it so
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main_group() -> None:
    """Dijous runs programmes of short online sessions for local councils.

    \b
    On one machine:
      dijous up                     everything on http://127.0.0.1:8080, data in ./var
      dijous demo                   the same with a year of the reference programmes
    \b
    Each service alone, against a broker and a database of yours:
      export DIJOUS_NATS_URL=nats://broker:4222 DIJOUS_STORE_URL=mongodb://db/?replicaSet=rs0
      export DIJOUS_SECRET=… DIJOUS_STAFF_TOKEN=… DIJOUS_PUBLIC_URL=https://dijous.example
      dijous streams apply          once, and after every upgrade
      dijous run registration --port 8001
    \b
    When something is wrong:
      dijous health http://127.0.0.1:8080
      dijous deadletters list
      dijous reconcile
      dijous office link            when nobody can sign in to the office

    Settings are read from the environment; a broken one gets one line and the exit code is 2. Beside a `dijous up`,
    streams, deadletters, person, entities, office, audit, reconcile and health find it by its data folder.
    `dijous COMMAND --help` explains each command.
    """
    for line in unknown_settings(os.environ):
        click.echo(line, err=True)


def main() -> None:
    try:
        main_group(prog_name="dijous")
    except BrokenSettingError as error:
        click.echo(str(error), err=True)
        raise SystemExit(EXIT_BROKEN_SETTING) from None


if __name__ == "__main__":
    main()
