"""Asking a running service how it is."""

import http.client
import json
from urllib.parse import urlsplit

import click

ANSWER_SECONDS = 5


def ask(url: str, path: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The status and the JSON that a service answers; 503 and what is wrong when it does not answer."""
    address = urlsplit(url)
    if address.scheme != "http" or not address.hostname:
        raise click.UsageError("the URL is that of a service on this network: http://host:port")
    connection = http.client.HTTPConnection(address.hostname, address.port or 80, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return http.client.SERVICE_UNAVAILABLE, {"checks": {url: f"does not answer: {error}"}}
    finally:
        connection.close()
