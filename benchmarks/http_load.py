"""A small HTTP/1.1 load generator: keep-alive connections that send prepared POST bodies one after the other.

A general client (httpx) costs more than the server it measures; this one costs about 30 µs a request.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit


async def post_all(url: str, bodies: Sequence[bytes], *, connections: int, expected_status: int) -> float:
    """Seconds to send every body over that many connections.

    Raises:
        RuntimeError: an answer had another status.
    """
    waiting = iter(bodies)
    began = time.perf_counter()
    await asyncio.gather(*(_post_some(url, waiting, expected_status) for _ in range(connections)))
    return time.perf_counter() - began


async def _post_some(url: str, waiting: Iterator[bytes], expected_status: int) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    try:
        for body in waiting:
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await _read_answer(reader, expected_status)
    finally:
        writer.close()
        await writer.wait_closed()


async def _read_answer(reader: asyncio.StreamReader, expected_status: int) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
    body = await reader.readexactly(length)
    if int(lines[0].split()[1]) != expected_status:
        raise RuntimeError(f"expected {expected_status}, got {lines[0]}: {body[:300]!r}")
