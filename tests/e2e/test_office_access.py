"""Who is removed from the office, may do less there or signs out is known in every service within moments, whatever the
cookie says."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.embedded import Embedded, running_embedded
from tests.support.forms import Visitor
from tests.support.links import Reader
from tests.support.probes import eventually

OF_EACH_SERVICE = ("/office", "/office/mails", "/office/proposals", "/office/results")
FOR_ADMINISTRATORS = ("/office/audit", "/office/audit/mails", "/office/audit/proposals", "/office/audit/results")
MARTA = {"name": "Marta Vila", "user_name": "marta@diputacio.example"}
PERE = {"name": "Pere Roig", "user_name": "pere@diputacio.example"}
PASSWORD = {"password": "quatre paraules que recordo", "password_again": "quatre paraules que recordo"}


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Embedded]:
    async with running_embedded(tmp_path) as installation:
        yield installation


@asynccontextmanager
async def browser(installation: Embedded) -> AsyncIterator[Visitor]:
    """A browser that keeps its cookies."""
    async with Reader(base_url=installation.url, headers={"Accept-Language": "ca"}) as http:
        yield Visitor(http, {})


async def let_in(installation: Embedded, marta: Visitor, pere: Visitor, role: str) -> str:
    """Marta adds Pere, who signs in by his one-time link; the path of his page."""
    path = await marta.done("/office/people", {**PERE, "role": role})
    link = installation.path_in((await marta.send(path, {}, to="/link")).text, "office/password")
    await pere.done(link, PASSWORD)
    return path


async def finds(visitor: Visitor, pages: Sequence[str], status: int) -> None:
    """Wait until each of the pages is answered so."""

    async def check() -> None:
        answers = {page: (await visitor.api.get(page)).status_code for page in pages}
        assert answers == dict.fromkeys(pages, status)

    await eventually(check)


async def test_whose_role_is_changed_or_who_is_removed_is_known_everywhere_within_moments(
    installation: Embedded,
) -> None:
    async with browser(installation) as marta, browser(installation) as pere:
        await marta.done(installation.first_run, {**MARTA, **PASSWORD})
        path = await let_in(installation, marta, pere, "admin")
        await finds(pere, FOR_ADMINISTRATORS, 200)

        await marta.done(path, {"role": "viewer"}, to="/role")
        await finds(pere, FOR_ADMINISTRATORS, 403)
        await finds(pere, OF_EACH_SERVICE, 200)

        await marta.done(path, {"role": "admin"}, to="/role")
        await finds(pere, FOR_ADMINISTRATORS, 200)

        await marta.done(f"{path}/remove", {})
        await finds(pere, (*OF_EACH_SERVICE, *FOR_ADMINISTRATORS), 303)
        asked = await pere.api.get("/office/mails")
        assert asked.headers["location"] == "/office/sign-in?next=/office/mails"
        await finds(marta, (*OF_EACH_SERVICE, *FOR_ADMINISTRATORS), 200)

        await let_in(installation, marta, pere, "editor")
        await finds(pere, OF_EACH_SERVICE, 200)
        await finds(pere, FOR_ADMINISTRATORS, 403)

        async with browser(installation) as thief:
            thief.api.cookies.update(pere.api.cookies)
            await finds(thief, OF_EACH_SERVICE, 200)
            form = await pere.open("/office/account")
            await pere.post("/office/account", replace(form, action="/office/sign-out"), {})
            await finds(thief, OF_EACH_SERVICE, 303)
