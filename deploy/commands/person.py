"""`dijous person`: export or erase what all services keep of one person."""

import json
import time
from dataclasses import dataclass
from typing import Any

import click

from deploy.commands.api_calls import post, token_option, url_option

NOUNS = {"registration": "registrations", "proposals": "followers", "notifications": "recipients"}
"""The services that keep addresses, each with its noun in the API."""
OWNERS, LEARNERS = ("registration", "proposals"), ("notifications",)
"""The owners get addresses from the people, the learners from the owners' events."""
MOST_SECONDS = 60.0
PAUSE_SECONDS = 1.0


@click.group()
def person() -> None:
    """What all services keep of one person, found by mail address.

    For people who ask the office in writing; with the link of any of their mails they can do it themselves. Answers to
    surveys belong to nobody, so none are found. The accounts of the office are not touched: an administrator removes
    them at /office/people.
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
    installation = _Installation(url, staff_token, address)
    kept = {service: installation.ask(service, "export") for service in NOUNS}
    click.echo(json.dumps(kept, indent=2, ensure_ascii=False))


@person.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask before.")
@url_option
@token_option
def erase(address: str, yes: bool, url: str, staff_token: str) -> None:
    """Erase ADDRESS and the name that goes with it everywhere, and wait until nothing is found any more.

    Registrations, proposals and supports stay without the person; a seat in a session to come goes to the next person
    on the waiting list. The choice of mails is forgotten too. This cannot be undone, except from a backup: erase again
    after restoring one. Erasing once more does no harm.

    \b
    Example:
      dijous person erase nuria.puig@alamus.example
    """
    if not yes:
        click.confirm(f"Erase all that is kept of {address}? It cannot be undone", abort=True)
    _Installation(url, staff_token, address).erase()
    click.echo("erased: nothing is kept any more in " + ", ".join(NOUNS))


@dataclass(frozen=True, slots=True)
class _Installation:
    url: str
    staff_token: str
    address: str

    def ask(self, service: str, verb: str) -> dict[str, Any]:
        """The service's answer; the address travels in the body, never in the URL."""
        path = f"/{NOUNS[service]}/{verb}"
        answer = post(self.url, path, self.staff_token, headers={"Accept-Language": "en"}, json={"email": self.address})
        result: dict[str, Any] = answer.json()
        if answer.is_error:
            details = [error["detail"] for error in result.get("errors") or []]
            raise click.ClickException(f"{service}: {' '.join([result['title'], *details])}")
        return result

    def erase(self) -> None:
        """Erase at the owners first, until nothing is left there and at the broker.

        Raises click.ClickException if it takes too long.
        """
        until = time.monotonic() + MOST_SECONDS
        for services in (OWNERS, LEARNERS):
            while [service for service in services if not self._erased(service)]:
                if time.monotonic() > until:
                    raise click.ClickException("not all is erased yet; it goes on by itself: run this once more later")
                time.sleep(PAUSE_SECONDS)

    def _erased(self, service: str) -> bool:
        """Whether this call found nothing left to erase."""
        answer = self.ask(service, "erase")
        return not answer["erased"] and not answer["unfinished"]
