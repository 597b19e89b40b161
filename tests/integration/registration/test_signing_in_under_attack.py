"""Whoever has the right password gets in while others guess, and who guesses does not get far."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count, cycle
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from services.registration.accounts.sign_in import first_run_token
from services.registration.accounts.sign_in_pages import KNOWN_BROWSER
from services.registration.app import make_service
from services.registration.settings import Settings
from shared.clock import system_clock
from shared.messaging.consuming import consumer_specs
from shared.messaging.streams import apply_streams
from shared.storage.opening import open_store
from tests.integration.registration.office_desk import PASSWORD, SECRET, STAFF_TOKEN, URL
from tests.support.nats import running_broker
from tests.support.probes import eventually

pytestmark = pytest.mark.usefixtures("costly_passwords")

MARTA = "marta@diputacio.example"
FOUNDER = {"name": "Marta Vila", "user_name": MARTA, "password": PASSWORD, "password_again": PASSWORD}
A_SECOND = 10
"""Wrong sign-ins."""
PLACES = 24
RIGHT_ONES = 10
MOST_BEFORE = 6
"""Wrong ones that are answered while a right one waits: what was begun before, not what waits too."""


class Browser:
    """A browser at a place on the network."""

    def __init__(self, app: FastAPI, origin: str) -> None:
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(origin, 1)), base_url=URL)
        self._token = ""

    async def submit(self, path: str, fields: dict[str, str]) -> httpx.Response:
        if not self._token:
            found = re.search(r'name="csrf" value="([^"]+)"', (await self._http.get("/office/sign-in")).text)
            assert found
            self._token = found[1]
        return await self._http.post(path, data={**fields, "csrf": self._token})

    async def sign_in(self, user_name: str, password: str) -> httpx.Response:
        return await self.submit("/office/sign-in", {"user_name": user_name, "password": password})

    def cookie(self) -> str:
        return self._http.cookies.get(KNOWN_BROWSER, "")

    def has(self, cookie: str) -> None:
        self._http.cookies.set(KNOWN_BROWSER, cookie)


class Installation:
    """The service at work, with Marta, who administers the office."""

    def __init__(self, app: FastAPI, marta: Browser) -> None:
        self._app = app
        self.marta = marta
        self._numbers = count(1)

    def browser(self, origin: str = "") -> Browser:
        """A new one, at a new place where none is given."""
        number = next(self._numbers)
        return Browser(self._app, origin or f"10.1.{number // 256}.{number % 256}")


@asynccontextmanager
async def installation(folder: Path) -> AsyncIterator[Installation]:
    async with running_broker() as broker:
        settings = Settings.model_validate(
            {
                "store_url": f"sqlite:///{folder}",
                "nats_url": broker.url,
                "secret": SECRET,
                "staff_token": STAFF_TOKEN,
                "public_url": URL,
            }
        )
        service = make_service(settings)
        await apply_streams(broker.url, consumer_specs(service.events))
        app = service.web()
        async with service.running():
            store = open_store(f"sqlite:///{folder}", "registration")
            token = await first_run_token(store, system_clock)
            await store.close()
            marta = Browser(app, "10.0.0.1")
            assert (await marta.submit(f"/office/first-run/{token}", FOUNDER)).status_code == 303
            yield Installation(app, marta)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path) as opened:
        yield opened


def from_one_place(office: Installation) -> Iterator[Browser]:
    return cycle([office.browser()])


def from_many_places(office: Installation) -> Iterator[Browser]:
    return cycle([office.browser() for _ in range(PLACES)])


def with_marta() -> Iterator[str]:
    return cycle([MARTA])


def with_others() -> Iterator[str]:
    return (f"name{number}@diputacio.example" for number in count())


@asynccontextmanager
async def attack(browsers: Iterator[Browser], names: Iterator[str]) -> AsyncIterator[list[int]]:
    """Wrong sign-ins at their pace, whether they are answered or not; their statuses."""
    statuses: list[int] = []

    async def guess(browser: Browser, name: str) -> None:
        statuses.append((await browser.sign_in(name, f"guess {time.monotonic()}")).status_code)

    async def go_on() -> None:
        async with asyncio.TaskGroup() as group:
            for browser, name in zip(browsers, names, strict=False):
                group.create_task(guess(browser, name))
                await asyncio.sleep(1 / A_SECOND)

    attacking = asyncio.create_task(go_on())
    try:
        yield statuses
    finally:
        attacking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await attacking


async def gets_in(browser: Browser, statuses: list[int]) -> None:
    before = statuses.count(422)
    assert (await browser.sign_in(MARTA, PASSWORD)).status_code == 303
    assert statuses.count(422) - before <= MOST_BEFORE


@pytest.mark.parametrize("places", [from_one_place, from_many_places])
@pytest.mark.parametrize("names", [with_marta, with_others])
async def test_who_has_the_right_password_gets_in_at_a_new_browser_while_others_guess(
    office: Installation, places: Callable[[Installation], Iterator[Browser]], names: Callable[[], Iterator[str]]
) -> None:
    async with attack(places(office), names()) as statuses:
        await _answered(statuses, 2 * PLACES)
        for _ in range(RIGHT_ONES):
            before = len(statuses)
            await gets_in(office.browser(), statuses)
            await _answered(statuses, before + A_SECOND // 2)
    assert 303 not in statuses


async def test_a_known_browser_gets_in_even_at_the_place_of_who_guesses(office: Installation) -> None:
    known = office.browser("10.9.9.9")
    known.has(office.marta.cookie())
    async with attack(cycle([office.browser("10.9.9.9")]), with_marta()) as statuses:
        for _ in range(RIGHT_ONES):
            before = len(statuses)
            await gets_in(known, statuses)
            await _answered(statuses, before + A_SECOND // 2)
    assert 429 in statuses


async def _answered(statuses: list[int], number: int) -> None:
    def enough() -> None:
        assert len(statuses) >= number

    await eventually(enough, within=30)
