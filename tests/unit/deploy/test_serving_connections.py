"""Connections are fewer than the open files, and idle ones give way."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from deploy.serving import bounded, listen, raise_open_files
from tests.support.probes import eventually

LIMIT = 5


@pytest.fixture
def open_files() -> Iterator[tuple[int, int]]:
    """The limits of this process, put back at the end."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield limits
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_process_may_open_as_many_files_as_the_system_allows(open_files: tuple[int, int]) -> None:
    _, hard = open_files
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    allowed = raise_open_files()
    assert allowed == min(hard, 65_536)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (allowed, hard)


class Application:
    """Answers at once, or when it is told to."""

    def __init__(self) -> None:
        self.waiting = 0
        self.may_answer = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            self.waiting += 1
            await self.may_answer.wait()
        await PlainTextResponse("answered")(scope, receive, send)


@asynccontextmanager
async def serving(app: Application) -> AsyncIterator[tuple[str, int]]:
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, http=bounded(LIMIT), lifespan="off", log_config=None))
    task = asyncio.create_task(server._serve(sockets=[listening]))
    yield listening.getsockname()
    server.should_exit = True
    await task


async def _connect(address: tuple[str, int]) -> socket.socket:
    connected = socket.create_connection(address)
    connected.setblocking(False)
    return connected


def _is_closed(connected: socket.socket) -> bool:
    try:
        return connected.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


async def test_the_oldest_idle_connection_gives_way_to_a_new_one() -> None:
    async with serving(Application()) as address:
        idle = [await _connect(address) for _ in range(3 * LIMIT)]

        def only_the_newest_are_open() -> None:
            assert [_is_closed(each) for each in idle] == [True] * 2 * LIMIT + [False] * LIMIT

        await eventually(only_the_newest_are_open)
        async with httpx.AsyncClient() as http:
            answer = await http.get("http://{}:{}".format(*address))
        assert answer.text == "answered"
        for each in idle:
            each.close()


async def test_a_request_under_way_gives_way_to_nobody() -> None:
    app = Application()
    async with serving(app) as address, httpx.AsyncClient() as http:
        url = "http://{}:{}/slow".format(*address)
        requests = [asyncio.create_task(http.get(url)) for _ in range(LIMIT)]

        def all_wait() -> None:
            assert app.waiting == LIMIT

        await eventually(all_wait)
        one_more = await _connect(address)

        def it_is_closed() -> None:
            assert _is_closed(one_more)

        await eventually(it_is_closed)
        app.may_answer.set()
        assert {(await request).text for request in requests} == {"answered"}
        one_more.close()
