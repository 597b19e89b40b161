"""External dependencies of the single-machine run, if set: a broker, a database, a relay, another folder."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nats.errors

from deploy.embedded.settings import EmbeddedSettings
from deploy.settings import BrokenSettingError
from shared.messaging.administration import administering
from shared.settings import broker_servers

ANSWER_SECONDS = 2.0
_PORTS = {"nats": 4222, "tls": 4222, "mongodb": 27017, "smtp": 587, "smtps": 465}


def check_folder(store_url: str | None) -> None:
    """Make the folder for the SQLite files if the store URL names one. Raises BrokenSettingError if not writable."""
    if not store_url or not store_url.startswith("sqlite:///"):
        return
    folder = Path(store_url.removeprefix("sqlite:///"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".written"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BrokenSettingError(f"DIJOUS_STORE_URL: {folder} cannot be used: {error.strerror}") from error


def unreachable_dependencies(settings: EmbeddedSettings) -> list[str]:
    """A line for each dependency that refuses connections, its variable first. Blocks for seconds: call it outside a
    loop."""
    urls = {
        "DIJOUS_NATS_URL": settings.nats_url,
        "DIJOUS_STORE_URL": settings.store_url,
        "DIJOUS_SMTP_URL": settings.smtp_url,
    }
    lines = []
    for variable, url in urls.items():
        addresses = list(_addresses(url or ""))
        wrong = [_what_is_wrong(*address) for address in addresses]
        if addresses and all(wrong):
            lines.append(f"{variable}: {addresses[0][0]}:{addresses[0][1]} does not answer ({wrong[0]})")
        elif addresses and variable == "DIJOUS_NATS_URL" and (refusal := asyncio.run(_refusal(url or ""))):
            lines.append(f"{variable}: {refusal}")
    return lines


async def _refusal(nats_url: str) -> str:
    """Why a broker that answers refuses us, for instance a wrong password; empty if it does not."""
    try:
        async with administering(nats_url):
            return ""
    except (nats.errors.Error, OSError, TimeoutError) as error:
        return str(error) or type(error).__name__


def _addresses(url: str) -> Iterator[tuple[str, int]]:
    """Host and port of each server. None for SQLite or a malformed address, which the service itself reports."""
    scheme = url.partition("://")[0]
    for server in broker_servers(url) if scheme in ("nats", "tls") else [url]:
        parts = urlsplit(server if "://" in server else f"{scheme}://{server}")
        for host_and_port in parts.netloc.rpartition("@")[2].split(",") if parts.scheme in _PORTS else ():
            try:
                server_parts = urlsplit(f"//{host_and_port}")
                if server_parts.hostname:
                    yield server_parts.hostname, server_parts.port or _PORTS[parts.scheme]
            except ValueError:
                continue


def _what_is_wrong(host: str, port: int) -> str:
    try:
        socket.create_connection((host, port), ANSWER_SECONDS).close()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""
