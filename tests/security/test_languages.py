"""Another language chosen beside a form keeps the form, and does nothing of what it would do."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from shared.web.office import Role
from tests.security.matrix import MATRIX
from tests.security.people import anybody, form_token, office_cookie
from tests.security.routes import LINKS, OFFICE, Route
from tests.security.test_forms import FORMS
from tests.support.forms import Visitor
from tests.support.probes import eventually
from tests.support.world import PROGRAMME, C, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRITTEN = {
    "name": "Núria Puig",
    "email": "nuria@alamus.example",
    "user_name": "nuria@example.cat",
    "role": "viewer",
    "title": "Com publiquem les subvencions?",
    "title_ca": "Un altre títol",
    "name_ca": "Un altre nom",
    "slug": "un-altre",
    "duration_minutes": "60",
    "starts_at": "2099-03-05T10:00",
    "keep_0": "1",
    "title_0": "Una de la sèrie",
    "starts_at_0": "2099-03-05T10:00",
    "reason": "Ja hi ha una guia.",
    "answer": "Sí.",
    "introduction": "Bon dia.",
    "entity": "2500450006",
    "consent": "1",
    "q-content": "9",
}
"""Something new in the fields that forms have, lest a form be refused for being empty."""
AGREED = {"only_language": "1", "confirmed": "1", "act": "save"}

BY_THEMSELVES = (
    "leases",
    "deliveries",
    "fanouts",
    "mails",
    "sqlite_sequence",
    "erasures",
    "limits",
    "counts",
    "survey_keys",
)
"""Where services write at any time: who of several processes does what, mails on their way, what is kept for a while,
the numbers of answers to be announced, keys whose links are called for. Whatever a form does is elsewhere too."""


def _address(world: World, route: Route) -> str:
    """The address of the route for something that is there."""
    access = MATRIX[route]
    token = world.link(access, C).split("/")[2].partition("?")[0] if access in LINKS else "a" * 48
    known = {
        "session_id": world.sessions["fresh"],
        "session": world.sessions["ended"],
        "slug": PROGRAMME,
        "programme": PROGRAMME,
        "proposal_id": world.proposals["received"],
        "step": "decline",
    }
    path = route.path
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    return Route(route.method, path).filled(token)


def _kept(data: Path) -> Mapping[str, list[tuple[str, str]]]:
    """Every document of every service, by file and collection."""
    found = {}
    for file in sorted(data.rglob("*.sqlite3")):
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as store:
            names = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                if name not in BY_THEMSELVES:
                    found[f"{file.name} {name}"] = store.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()
    assert found
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def at_rest(world: World) -> World:
    """The world once services have told each other everything and write nothing of themselves; no test here writes."""
    seen = [_kept(world.installation.data)]

    def check() -> None:
        seen.append(_kept(world.installation.data))
        assert seen[-1] == seen[-2], "something is still being written"
        assert '"pending":1' not in str(seen[-1]), "an event still waits in an outbox"

    await eventually(check, within=30, every=0.5)
    return world


@pytest.mark.parametrize("route", FORMS, ids=str)
async def test_another_language_chosen_beside_a_form_does_nothing(at_rest: World, route: Route) -> None:
    installation, path = at_rest.installation, _address(at_rest, route)
    is_office = MATRIX[route] in OFFICE
    headers = office_cookie(installation, Role.ADMIN) if is_office else anybody(installation)
    fields = {"csrf": form_token(installation), **WRITTEN}
    if Route("GET", route.path) in MATRIX:
        page = await installation.api.get(path, headers=headers)
        if 'method="post"' in page.text.partition("<main")[2]:
            fields = {**(await Visitor(installation.api, headers).open(path)).fields, **fields}
    before = _kept(installation.data)

    answer = await installation.api.post(f"{path}?lang=es", headers=headers, data={**fields, **AGREED})

    led_to = answer.headers.get("location", path)
    assert answer.status_code in (200, 303, 404, 409, 410, 422), answer.status_code
    assert led_to == path, "a form that no page repeats leads to its own page, and nowhere else"
    if answer.status_code in (200, 422):
        assert '<html lang="es">' in answer.text
        assert 'name="only_language"' in answer.text, "the form is not taken along to a third language"
    assert "set-cookie" not in answer.headers or "office=" not in answer.headers["set-cookie"]
    assert _kept(installation.data) == before
