"""`dijous health`: the container's health check, and a person's."""

import http.client
import os

import click

from deploy.health import ask


@click.command()
@click.argument("url", default=lambda: f"http://127.0.0.1:{os.environ.get('DIJOUS_PORT') or '8080'}")
@click.option("--live", is_flag=True, help="Ask only whether the process answers, not whether it can do its work.")
def health(url: str, live: bool) -> None:
    """Ask the service at URL whether it can do its work; the exit code is 0 when it can.

    \b
    Examples:
      dijous health                           the single-machine run of DIJOUS_DATA, at DIJOUS_PORT (8080)
      dijous health http://127.0.0.1:8001     one service
    """
    status, body = ask(url, "/health/live" if live else "/health/ready")
    for name, state in body.get("checks", {}).items():
        click.echo(f"{name:<32} {state}")
    click.echo(body.get("status", "no answer"))
    if status != http.client.OK:
        raise SystemExit(1)
