"""The server of a meeting: its address redirects to a room at another origin, as those of real ones do."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.smtp import make_certificate

ROOM = "The room of the meeting"

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def running_meeting(folder: Path) -> AsyncIterator[str]:
    """The address of a meeting, until the block ends."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(make_certificate(folder))
    door, room = free_port(), free_port()
    to_the_room = f"HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1:{room}/room\r\ncontent-length: 0"
    in_the_room = f"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {len(ROOM)}"
    async with (
        await asyncio.start_server(_answering(f"{to_the_room}\r\n\r\n"), "127.0.0.1", door, ssl=tls),
        await asyncio.start_server(_answering(f"{in_the_room}\r\n\r\n{ROOM}"), "127.0.0.1", room, ssl=tls),
    ):
        yield f"https://127.0.0.1:{door}/dijous"


def _answering(answer: str) -> Answering:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline() not in (b"\r\n", b""):
            pass
        writer.write(answer.encode())
        writer.close()

    return reply
