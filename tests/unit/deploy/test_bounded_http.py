"""What one client may take of a server: connections, bytes, headers, time."""

import asyncio
import json
import resource
import socket
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from deploy.bounded_http import Bounds, bounded
from deploy.listening import listen
from deploy.serving import raise_open_files
from tests.support.probes import eventually

LIMIT = 5
QUICK = Bounds(LIMIT, head_seconds=0.5, body_seconds=0.5, answer_seconds=0.5)
PATIENT = Bounds(LIMIT)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


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
    """Reads what comes; answers at once, when it is told to, or at length."""

    def __init__(self) -> None:
        self.waiting = 0
        self.headers = 0
        self.disconnected = 0
        self.answers = 0
        self.may_answer = asyncio.Event()
        self.opened: Collection[object] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers = max(self.headers, len(scope["headers"]))
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            self.disconnected += 1
            return
        if scope["path"] == "/slow":
            self.waiting += 1
            await self.may_answer.wait()
        text = "a" * 20_000_000 if scope["path"] == "/long" else f"answered {len(body)}"
        await PlainTextResponse(text)(scope, receive, send)
        self.answers += 1


@asynccontextmanager
async def serving(app: Application, bounds: Bounds = PATIENT) -> AsyncIterator[tuple[str, int]]:
    listening = listen("127.0.0.1", 0)
    protocol = bounded(bounds)
    app.opened = protocol.opened
    config = uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve(sockets=[listening]))
    try:
        yield listening.getsockname()
    finally:
        server.should_exit = True
        await task


async def answer_to(address: tuple[str, int], *pieces: bytes, then: bytes = b"", every: float = 0.02) -> bytes:
    """All that comes until the server closes or resets; meanwhile `then` is sent again and again."""
    reader, writer = await asyncio.open_connection(*address)
    answer = asyncio.create_task(_read(reader))
    try:
        async with asyncio.timeout(5):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            while then and not answer.done():
                writer.write(then)
                await asyncio.wait([answer], timeout=every)
            return await answer
    except ConnectionError:  # it closed while we were writing
        return await answer
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    came = bytearray()
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            came += piece
    return bytes(came + reader._buffer)  # a reset hides what came before it


def assert_refused(answer: bytes, status: int) -> None:
    """It is one answer, in problem details, and the last one."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert json.loads(body)["status"] == status


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
        assert answer.text == "answered 0"
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
        assert {(await request).text for request in requests} == {"answered 0"}
        one_more.close()


async def test_a_body_that_never_ends_gives_way_too() -> None:
    app = Application()
    async with serving(app) as address, httpx.AsyncClient() as http:
        opened = [await _connect(address) for _ in range(LIMIT)]
        for each in opened:
            each.sendall(POST + b"Content-Length: 9\r\n\r\nhalf")
        assert (await http.get("http://{}:{}".format(*address))).text == "answered 0"
        assert [_is_closed(each) for each in opened].count(True) == 1
        for each in opened:
            each.close()


LONG = 300_000
"""Bytes, more than are read at once."""


@pytest.mark.parametrize(
    ("pieces", "then", "status"),
    [
        ([b"GET /", b"a" * 9000], b"", 414),
        ([b"GET /", b"a" * LONG], b"a" * 1000, 414),
        ([b"GET /?" + b"a" * 9000 + b" HTTP/1.1\r\n"], b"", 414),
        ([GET, b"X: "], b"a" * 10_000, 431),
        ([GET, b"a" * LONG], b"a" * 10_000, 431),
        ([GET, b"X: 1\r\n" * 101], b"", 431),
        ([GET, b"X: 1\r\n" * 20_000, b"\r\n"], b"", 431),
        ([GET, (b"X: " + b"a" * 7000 + b"\r\n") * 10, b"\r\n"], b"", 431),
        ([CHUNKED, b"1;"], b"a" * 10_000, 431),
        ([CHUNKED, b"0\r\nX: "], b"a" * 10_000, 431),
        ([CHUNKED], b"1\r\na\r\n" * 1000, 431),
        ([b"\r\n" * LONG], b"\r\n" * 10_000, 431),
        ([b"\x16\x03\x01\x02"], b"", 400),
        ([GET, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"], b"", 400),
        ([CHUNKED, b"-1\r\n"], b"", 400),
        ([b"GET /\xff HTTP/1.1\r\n\r\n"], b"", 400),
        ([b"CONNECT x:1 HTTP/1.1\r\n\r\n"], b"", 400),
    ],
)
async def test_what_is_endless_or_broken_is_refused(pieces: list[bytes], then: bytes, status: int) -> None:
    async with serving(app := Application()) as address:
        assert_refused(await answer_to(address, *pieces, then=then), status)
        assert app.answers == 0


@pytest.mark.parametrize(
    ("pieces", "then"),
    [
        ([b"G"], b""),
        ([GET], b"X: 1\r\n"),
        ([GET + b"X: "], b"a"),
        ([POST + b"Content-Length: 1000\r\n\r\n"], b"a"),
        ([CHUNKED], b"1\r\na\r\n"),
        ([CHUNKED, b"0\r\n"], b"X: 1\r\n"),
    ],
)
async def test_what_is_slow_is_refused(pieces: list[bytes], then: bytes) -> None:
    async with serving(app := Application(), QUICK) as address:
        assert_refused(await answer_to(address, *pieces, then=then), 408)

        def nobody_waits_for_the_rest() -> None:
            assert app.answers == 0
            assert app.disconnected == (1 if pieces[0].startswith(b"POST") else 0)

        await eventually(nobody_waits_for_the_rest)


@pytest.mark.parametrize(
    ("pieces", "then", "answers"),
    [
        ([], b"", 0),
        ([b"\r\n"], b"\r\n", 0),
        ([GET + b"\r\n"], b"\r\n", 1),
        ([GET + b"\r\n"], b"", 1),
    ],
)
async def test_who_asks_nothing_more_does_not_stay(pieces: list[bytes], then: bytes, answers: int) -> None:
    async with serving(Application(), QUICK) as address:
        answer = await answer_to(address, *pieces, then=then)
        assert answer.count(b"HTTP/1.1") == answers
        assert b"408" not in answer


async def test_who_does_not_take_the_answer_does_not_stay() -> None:
    async with serving(app := Application(), QUICK) as address:
        asking = await _connect(address)
        asking.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")

        def it_is_gone() -> None:
            assert app.answers == 1
            assert not app.opened

        await eventually(it_is_gone)
        asking.close()


async def test_a_long_answer_that_is_taken_arrives_whole() -> None:
    async with serving(Application()) as address, httpx.AsyncClient() as http:
        assert len((await http.get("http://{}:{}/long".format(*address))).text) == 20_000_000


async def test_an_answer_that_takes_its_time_is_waited_for() -> None:
    app = Application()
    async with serving(app, QUICK) as address:
        asking = asyncio.create_task(answer_to(address, GET.replace(b"/", b"/slow", 1), b"Connection: close\r\n\r\n"))
        await asyncio.wait([asking], timeout=3 * QUICK.head_seconds)
        app.may_answer.set()
        assert (await asking).endswith(b"answered 0")


async def test_what_is_told_behind_the_body_is_no_header() -> None:
    async with serving(app := Application()) as address:
        trailers = b"X-Forwarded-For: 1.1.1.1\r\n" * 99 + b"\r\n"
        begun = CHUNKED.replace(b"Host: x", b"Connection: close")
        assert b"answered 3" in await answer_to(address, begun, b"3\r\nabc\r\n0\r\n", trailers)
        assert app.headers == 2


async def test_requests_behind_one_another_are_answered_up_to_a_limit() -> None:
    async with serving(app := Application()) as address:
        request, last = GET + b"\r\n", GET + b"Connection: close\r\n\r\n"
        answers = await answer_to(address, request * 5 + last)
        assert answers.count(b"answered 0") == 6
        assert (await answer_to(address, request * 10_000)).count(b"answered") < 20
        assert app.answers < 30


async def test_large_bodies_and_many_headers_are_taken() -> None:
    async with serving(Application()) as address, httpx.AsyncClient() as http:
        url, headers = "http://{}:{}/".format(*address), {f"X-{n}": "a" * 500 for n in range(80)}
        for _ in range(3):  # in one connection: what one request took, the next one has again
            assert (await http.post(url, content=b"a" * 900_000, headers=headers)).text == "answered 900000"

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(2000):
                yield b"a" * 400

        assert (await http.post(url, content=pieces())).text == "answered 800000"


async def test_hundreds_of_idle_and_slow_connections_stop_nobody() -> None:
    bounds = Bounds(250)
    async with serving(Application(), bounds) as address, httpx.AsyncClient() as http:
        opened = [await _connect(address) for _ in range(500)]
        for number, each in enumerate(opened[-200:]):
            each.sendall((b"G", GET, GET + b"X: a", POST + b"Content-Length: 9\r\n\r\na")[number % 4])
        for _ in range(20):
            assert (await http.get("http://{}:{}".format(*address), timeout=10)).text == "answered 0"
        for each in opened:
            each.close()
