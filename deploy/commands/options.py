"""What commands that call the running installation are told: where it is, and the office's token."""

import re

import click

from shared.settings import B64TOKEN, NO_B64TOKEN


def _sendable(_: click.Context, __: click.Parameter, token: str) -> str:
    if not re.fullmatch(B64TOKEN, token):
        raise click.BadParameter(f"the token {NO_B64TOKEN}")
    return token


url_option = click.option(
    "--url",
    envvar="DIJOUS_PUBLIC_URL",
    default="http://127.0.0.1:8080",
    show_default=True,
    show_envvar=True,
    help="The running installation.",
)
token_option = click.option(
    "--staff-token",
    envvar="DIJOUS_STAFF_TOKEN",
    required=True,
    show_envvar=True,
    callback=_sendable,
    help="The office's token.",
)
