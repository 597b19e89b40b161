"""Services that die and come back, and callers who do not give up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import httpx

from tests.support.probes import eventually
from tests.support.stack import Stack

LEASES_RUN_OUT = timedelta(seconds=30)
"""Longer than any lease: what a dead process held is free at once for the next one."""


@asynccontextmanager
async def supervised(stack: Stack) -> AsyncIterator[list[str]]:
    """Start every service that dies again, as an operator's supervisor does; yields who died."""
    died: list[str] = []

    async def watch() -> None:
        while True:
            for service in stack.services.values():
                if not service.is_running:
                    died.append(service.name)
                    stack.move_clock(LEASES_RUN_OUT)
                    service.spawn()
                    await service.ready()
            await asyncio.sleep(0.05)

    watcher = asyncio.create_task(watch())
    try:
        yield died
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def until_acknowledged(call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Try again while the service is away, as a browser's user would."""
    answers: list[httpx.Response] = []

    async def check() -> None:
        try:
            answer = await call()
        except httpx.TransportError as error:
            raise AssertionError(f"no answer: {error!r}") from None
        assert answer.status_code < 500, answer.text
        answers.append(answer)

    await eventually(check, within=40, every=0.1)
    return answers[-1]


async def insist(act: Callable[[], Awaitable[object]], is_done: Callable[[], Awaitable[bool]]) -> None:
    """Act until it is done, as somebody does who looks before doing a thing again."""

    async def check() -> None:
        try:
            if not await is_done():
                await act()
                assert await is_done(), "not done yet"
        except httpx.TransportError as error:
            raise AssertionError(f"no answer: {error!r}") from None

    await eventually(check, within=40, every=0.1)
