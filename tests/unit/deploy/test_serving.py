"""Whom the services take a request for, behind a proxy and without one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from deploy import serving
from deploy.listening import listen
from deploy.serving import serve
from shared.web.client_address import client_key
from tests.support.probes import eventually

SPOOFED = {"x-forwarded-for": "6.6.6.6, 203.0.113.7"}


async def who_is_it(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(client_key(Request(scope)))(scope, receive, send)


@asynccontextmanager
async def serving_at(listening: socket.socket, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "add_signal_handler", lambda *_: None)
    servers: list[serving._Server] = []
    monkeypatch.setattr(serving, "_Server", lambda config: servers.append(server := _Remembered(config)) or server)
    task = asyncio.create_task(serve(who_is_it, listening))

    def started() -> None:
        assert servers
        assert servers[0].started

    await eventually(started)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    servers[0].should_exit = True
    await task


_Remembered = serving._Server


@pytest.mark.parametrize(
    ("trusted", "client"),
    [("", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.7"), ("10.0.0.0/8", "127.0.0.1")],
)
async def test_only_a_named_proxy_may_say_who_the_client_is(
    monkeypatch: pytest.MonkeyPatch, trusted: str, client: str
) -> None:
    monkeypatch.setenv("DIJOUS_TRUSTED_PROXY", trusted)
    async with serving_at(listen("127.0.0.1", 0), monkeypatch) as url, httpx.AsyncClient() as http:
        assert (await http.get(url, headers=SPOOFED)).text == client
