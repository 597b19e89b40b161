"""`dijous entities`: the directory of local entities."""

from pathlib import Path

import click
import httpx

from deploy.commands.options import token_option, url_option

CALL_SECONDS = 60.0


@click.group()
def entities() -> None:
    """The directory of local entities: 947 councils and 45 supramunicipal bodies are shipped."""


@entities.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@url_option
@token_option
def import_command(file: Path, url: str, staff_token: str) -> None:
    """Import entities from FILE, a CSV in the shipped form; those with a known code replace it. All rows or none.

    \b
    Example:
      dijous entities import directory-2027.csv
    """
    headers = {"Authorization": f"Bearer {staff_token}", "Content-Type": "text/csv"}
    address = f"{url.rstrip('/')}/api/v1/entities/import"
    try:
        answer = httpx.post(address, content=file.read_bytes(), headers=headers, timeout=CALL_SECONDS)
    except httpx.HTTPError as error:
        raise click.ClickException(f"{url} does not answer: {error}") from error
    if answer.is_error:
        raise click.ClickException(_refusal(answer))
    click.echo(f"{answer.json()['imported']} entities imported")


def _refusal(answer: httpx.Response) -> str:
    """The problem's title, then each wrong line."""
    problem = answer.json()
    lines = [f"{error['pointer']}: {error['detail']}" for error in problem.get("errors") or []]
    return "\n".join([problem["title"], *lines])
