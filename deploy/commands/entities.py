"""`dijous entities`: the directory of local entities."""

from pathlib import Path

import click

from deploy.commands.api_calls import post, token_option, url_option


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
    answer = post(url, "/entities/import", staff_token, headers={"Content-Type": "text/csv"}, content=file.read_bytes())
    result = answer.json()
    if answer.is_error:
        wrong_lines = [f"{error['pointer']}: {error['detail']}" for error in result.get("errors") or []]
        raise click.ClickException("\n".join([result["title"], *wrong_lines]))
    click.echo(f"{result['imported']} entities imported")
