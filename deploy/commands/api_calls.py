"""How commands call the running installation: its address, the office's token, one request."""

import re
from typing import Any

import click
import httpx

from shared.settings import B64TOKEN, NO_B64TOKEN

CALL_SECONDS = 60.0


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


def post(url: str, path: str, staff_token: str, *, headers: dict[str, str], **body: Any) -> httpx.Response:
    """The answer, whatever its status; `body` is passed to httpx. Raises click.ClickException if nothing answers."""
    url = url.rstrip("/")
    try:
        return httpx.post(
            f"{url}/api/v1{path}",
            headers={"Authorization": f"Bearer {staff_token}", **headers},
            timeout=CALL_SECONDS,
            **body,
        )
    except httpx.HTTPError as error:
        raise click.ClickException(f"{url} does not answer: {error}") from error
