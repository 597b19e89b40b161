"""Entering several contexts at the same time, and leaving them at the same time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager


@asynccontextmanager
async def together(contexts: Sequence[AbstractAsyncContextManager[None]]) -> AsyncIterator[None]:
    """All contexts entered at once; on exit all are left at once, so the slowest decides how long it takes.

    Raises:
        ExceptionGroup: some could not be entered; those that could have been left again.
    """
    leave = asyncio.Event()
    entered = [asyncio.Event() for _ in contexts]

    async def live(context: AbstractAsyncContextManager[None], is_entered: asyncio.Event) -> None:
        async with context:
            is_entered.set()
            await leave.wait()

    async with asyncio.TaskGroup() as group:
        for context, is_entered in zip(contexts, entered, strict=True):
            group.create_task(live(context, is_entered))
        try:
            for is_entered in entered:
                await is_entered.wait()
            yield
        finally:
            leave.set()
