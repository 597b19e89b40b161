"""`dijous openapi`: print the API's description without a running installation."""

import json
import os

import click

from deploy.composition import compose
from deploy.embedded.gateway import joined_description
from deploy.routes import SERVICES


@click.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 description of the whole JSON API, joined from the four services.

    \b
    Example:
      dijous openapi > openapi.json
    """
    # The description does not depend on the secrets, and nothing connects.
    os.environ.setdefault("DIJOUS_SECRET", "-" * 32)
    os.environ.setdefault("DIJOUS_STAFF_TOKEN", "-" * 16)
    webs = [compose(name).web() for name in SERVICES]
    click.echo(json.dumps(joined_description(webs), indent=2, ensure_ascii=False))
