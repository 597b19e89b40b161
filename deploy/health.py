"""Ask a running service for its health."""

import http.client
import json
from urllib.parse import urlsplit

import click

ANSWER_SECONDS = 5


def ask(url: str, path: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Status and JSON of the answer; 503 and an explaining check if nothing answers."""
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
