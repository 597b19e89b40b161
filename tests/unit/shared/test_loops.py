"""Work that is done again and again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.loops import Loop
from tests.support.probes import eventually


@asynccontextmanager
async def running(loop: Loop) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(loop.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_goes_on_at_once_while_there_is_more() -> None:
    left = [3, 2, 1, 0]

    async def step() -> bool:
        return left.pop(0) > 0

    async with running(Loop("work", step, every=3600)):
        await eventually(lambda: _is(left, []))


async def test_it_rests_when_there_is_nothing_and_wakes_when_told() -> None:
    steps = 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        return False

    loop = Loop("work", step, every=3600)
    async with running(loop):
        for number in (1, 2, 3):
            await eventually(lambda n=number: _is(steps, n))  # type: ignore[misc]  # binds the number of this turn
            loop.wake()


async def test_what_comes_up_during_a_step_is_not_missed() -> None:
    steps = 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        if steps == 1:
            loop.wake()
        return False

    loop = Loop("work", step, every=3600)
    async with running(loop):
        await eventually(lambda: _is(steps, 2))


async def test_it_comes_again_after_its_pause() -> None:
    steps = 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        return False

    async with running(Loop("work", step, every=0.01)):
        await eventually(lambda: _is(steps > 3, True))


async def test_a_failing_step_does_not_end_it() -> None:
    steps = 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        if steps == 1:
            raise RuntimeError("nothing to worry about")
        return False

    async with running(Loop("work", step, every=0.01)) as task:
        await eventually(lambda: _is(steps > 2, True))
        assert not task.done()


def _is(value: object, wanted: object) -> None:
    assert value == wanted
