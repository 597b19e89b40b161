"""`dijous person`: what is kept of one person in all services, for who asked the office to see or to erase it."""

import json
import time
from typing import Any

import click
import httpx

from deploy.commands.options import token_option, url_option

NOUNS = {"registration": "registrations", "proposals": "followers", "notifications": "recipients"}
"""Who keeps addresses, each under its noun of the API."""
OWNERS, LEARNERS = ("registration", "proposals"), ("notifications",)
"""To whom people give their address, and who is told of it by these."""
CALL_SECONDS = 60.0
MOST_SECONDS = 60.0
PAUSE_SECONDS = 1.0


@click.group()
def person() -> None:
    """What is kept of one person, by their mail address, in all services.

    For who asks the office in writing; with the link of any of their mails people do it by themselves. Answers to
    surveys are nobody's, so there is nothing to be found. The accounts of the office are not touched: an administrator
    removes them at /office/people.
    """


@person.command()
@click.argument("address")
@url_option
@token_option
def export(address: str, url: str, staff_token: str) -> None:
    """Print all that is kept with ADDRESS, as JSON.

    \b
    Example:
      dijous person export nuria.puig@alamus.example > nuria.json
    """
    kept = _Installation(url, staff_token, address).kept()
    click.echo(json.dumps(kept, indent=2, ensure_ascii=False))


@person.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask before.")
@url_option
@token_option
def erase(address: str, yes: bool, url: str, staff_token: str) -> None:
    """Erase ADDRESS and the name that goes with it everywhere, and wait until nothing is found any more.

    Registrations, proposals and supports stay without the person; a seat in a session to come goes to who waits. That
    the address wanted or took no mails is forgotten too. It cannot be undone, except from a backup: erase again after
    restoring one. Erasing once more does no harm.

    \b
    Example:
      dijous person erase nuria.puig@alamus.example
    """
    if not yes:
        click.confirm(f"Erase all that is kept of {address}? It cannot be undone", abort=True)
    _Installation(url, staff_token, address).erase()
    click.echo("erased: nothing is kept any more in " + ", ".join(NOUNS))


class _Installation:
    """The services' side of the office, asked about one person."""

    def __init__(self, url: str, staff_token: str, address: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {staff_token}", "Accept-Language": "en"}
        self._address = address

    def ask(self, service: str, verb: str) -> dict[str, Any]:
        """The answer of a service; the address travels in the body, never in the URL."""
        path = f"{self._url}/api/v1/{NOUNS[service]}/{verb}"
        try:
            answer = httpx.post(path, json={"email": self._address}, headers=self._headers, timeout=CALL_SECONDS)
        except httpx.HTTPError as error:
            raise click.ClickException(f"{self._url} does not answer: {error}") from error
        if answer.is_error:
            raise click.ClickException(f"{service}: {_refusal(answer)}")
        kept: dict[str, Any] = answer.json()
        return kept

    def kept(self) -> dict[str, dict[str, Any]]:
        """All that is kept, by service."""
        return {service: self.ask(service, "export") for service in NOUNS}

    def erase(self) -> None:
        """Erase until nothing is found and the broker has forgotten too; first where the others learn it from.

        Raises:
            click.ClickException: it takes too long.
        """
        until = time.monotonic() + MOST_SECONDS
        for services in (OWNERS, LEARNERS):
            while [service for service in services if not self._erased(service)]:
                if time.monotonic() > until:
                    raise click.ClickException("not all is erased yet; it goes on by itself: run this once more later")
                time.sleep(PAUSE_SECONDS)

    def _erased(self, service: str) -> bool:
        """Whether nothing was left to be erased at this turn."""
        answer = self.ask(service, "erase")
        return not answer["erased"] and not answer["unfinished"]


def _refusal(answer: httpx.Response) -> str:
    """The problem's words, in one line."""
    problem = answer.json()
    details = [error["detail"] for error in problem.get("errors") or []]
    return " ".join([problem["title"], *details])
