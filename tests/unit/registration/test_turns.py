"""Who is served when more ask than can be."""

import asyncio
from datetime import timedelta

import pytest

from services.registration.accounts.domain import TooManyAttemptsProblem
from services.registration.accounts.passwords import Turns


class Desk:
    """Work that goes on until the test says so, and who had it in which order."""

    def __init__(self, *, at_once: int = 1, waiting: int = 100, patience: timedelta = timedelta(minutes=1)) -> None:
        self.turns = Turns(at_once=at_once, waiting=waiting, patience=patience)
        self.served: list[str] = []
        self._steps: list[asyncio.Event] = []

    async def ask(self, line: str, *, is_known: bool = False) -> asyncio.Task[None]:
        task = asyncio.create_task(self._work(line, is_known=is_known))
        await self._settle()
        return task

    async def finish(self, number: int = 1) -> None:
        for _ in range(number):
            self._steps.pop(0).set()
            await self._settle()

    async def _work(self, line: str, *, is_known: bool) -> None:
        async with self.turns.turn(line, is_known=is_known):
            self.served.append(line)
            self._steps.append(step := asyncio.Event())
            await step.wait()

    async def _settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)  # lets what can go on do so


async def test_who_comes_for_the_first_time_goes_before_who_has_been_here() -> None:
    desk = Desk()
    for line in ("many", "many", "many", "other", "new"):
        await desk.ask(line)
    await desk.finish(4)
    assert desk.served == ["many", "new", "other", "many", "many"]


async def test_a_known_line_goes_first() -> None:
    desk = Desk()
    for line in ("many", "new"):
        await desk.ask(line)
    await desk.ask("known", is_known=True)
    await desk.finish()
    assert desk.served == ["many", "known"]


async def test_one_line_has_one_request_at_work() -> None:
    desk = Desk(at_once=2)
    for line in ("many", "many", "other"):
        await desk.ask(line)
    assert desk.served == ["many", "other"]


async def test_when_too_many_wait_it_is_one_of_the_longest_line_who_is_refused() -> None:
    desk = Desk(waiting=3)
    many = [await desk.ask("many") for _ in range(4)]
    other = await desk.ask("other")
    assert [task.done() for task in many] == [False, False, False, True]
    with pytest.raises(TooManyAttemptsProblem):
        await many[-1]
    await desk.finish()
    assert desk.served == ["many", "other"]
    assert not other.done()


async def test_who_has_waited_for_too_long_is_refused_and_keeps_no_place() -> None:
    desk = Desk(patience=timedelta(0))
    desk.turns._at_once = 0
    waiting = await desk.ask("one")
    with pytest.raises(TooManyAttemptsProblem):
        await waiting
    desk.turns._at_once = 1
    await desk.ask("two")
    assert desk.served == ["two"]


@pytest.mark.parametrize("is_called", [False, True])
async def test_who_goes_away_keeps_nobody_waiting(is_called: bool) -> None:
    desk = Desk()
    await desk.ask("first")
    gone = await desk.ask("gone")
    if is_called:
        desk._steps.pop(0).set()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await desk.ask("next")
    if not is_called:
        await desk.finish()
    assert desk.served[-1] == "next"
