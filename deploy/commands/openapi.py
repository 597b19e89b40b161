"""`dijous openapi`: print the API's description without a running installation."""

import json
import os

import click


@click.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 description of the whole JSON API, joined from the four services.

    \b
    Example:
      dijous openapi > openapi.json
    """
    from deploy.composition import compose
    from deploy.openapi import joined_description
    from deploy.routes import SERVICES

    # The description is the same whatever the secrets are; nothing is connected to.
    os.environ.setdefault("DIJOUS_SECRET", "-" * 32)
    os.environ.setdefault("DIJOUS_STAFF_TOKEN", "-" * 16)
    webs = [compose(name).web() for name in SERVICES]
    click.echo(json.dumps(joined_description(webs), indent=2, ensure_ascii=False))
