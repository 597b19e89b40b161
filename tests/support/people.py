"""`dijous person` beside an installation, and whether anything of a person still lies in it."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext

from shared.messaging.streams import STREAMS
from tests.support.embedded import DIJOUS, Embedded

MOST_SECONDS = 60


async def run_person(installation: Embedded, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `dijous person …` beside the installation."""
    command = [DIJOUS, "person", *arguments]
    environment = {"DIJOUS_DATA": str(installation.data), "PATH": "/usr/bin:/bin"}
    run = partial(subprocess.run, env=environment, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    return await asyncio.to_thread(run, command)


async def person(installation: Embedded, *arguments: str) -> str:
    """What `dijous person …` says, which does what it is to do."""
    done = await run_person(installation, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def kept_of(installation: Embedded, email: str) -> Any:
    """What `dijous person export` finds, by service."""
    return json.loads(await person(installation, "export", email))


async def jetstream(installation: Embedded) -> tuple[Client, JetStreamContext]:
    """A connection to the installation's broker, to be closed."""
    settings = dict(line.split("=", 1) for line in (installation.data / "environment").read_text().splitlines())
    client = await nats.connect(settings["DIJOUS_NATS_URL"])
    return client, client.jetstream()


async def messages(js: JetStreamContext) -> list[bytes]:
    """Data and headers of every message of every stream."""
    found = []
    for stream in STREAMS:
        state = (await js.stream_info(stream.name)).state
        for sequence in range(state.first_seq, state.last_seq + 1) if state.messages else ():
            try:
                message = await js.get_msg(stream.name, sequence)
            except nats.js.errors.NotFoundError:
                continue
            found.append((message.data or b"") + str(message.headers).encode())
    return found


def stored(installation: Embedded) -> Iterator[tuple[Path, bytes]]:
    """Every byte of the databases, the broker's store and the logs, as they lie there while it runs."""
    folders = ("*.sqlite3*", "nats/**/*", "logs/*")
    for path in [path for folder in folders for path in installation.data.glob(folder) if path.is_file()]:
        with suppress(FileNotFoundError):  # the broker writes beside and renames
            if not path.name.startswith("mailbox"):
                yield path, path.read_bytes()


def finds(data: bytes, *words: str) -> bool:
    return any(word.encode() in data for word in words)
