"""The role matrix: every route has a row, every cell is tried, and what no row allows is refused."""

import httpx
import pytest

from shared.staff import Role
from tests.security.matrix import FOR_BODIES, MATRIX
from tests.security.people import anybody, form_token, office_cookie
from tests.security.routes import LINKS, OFFICE, Access, Route, all_routes
from tests.support.world import A, B, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROUTES = all_routes()
ROLES = {Access.VIEWER: Role.VIEWER, Access.EDITOR: Role.EDITOR, Access.ADMIN: Role.ADMIN}
ACTORS = ("anonymous", "link of A", "link of B", "viewer", "editor", "admin", "body", "token")
OTHER_PURPOSE = {
    "registration": "join",
    "join": "registration",
    "survey": "support",
    "support": "following",
    "following": "support",
    "preferences": "support",
    "membership": "support",
    "petition": "registration",
}


async def test_every_route_has_a_row_and_every_row_a_route() -> None:
    missing = [f"{route} …" for route in ROUTES if route not in MATRIX]
    stale = [str(route) for route in MATRIX if route not in ROUTES]
    assert not missing, "routes without a row in matrix.py:\n" + "\n".join(missing)
    assert not stale, "rows without a route:\n" + "\n".join(stale)


async def knock(world: World, route: Route, actor: str) -> httpx.Response:
    """The answer to an actor at a route, with an empty form or body and ids that nothing has."""
    installation = world.installation
    headers = anybody(installation)
    path = route.filled()
    access = MATRIX[route]
    if actor in ("viewer", "editor", "admin"):
        headers = office_cookie(installation, Role[actor.upper()])
    elif actor == "body":
        headers = office_cookie(installation, Role.EDITOR, body="diputacio-lleida")
    elif actor == "token":
        headers = {**headers, "Authorization": f"Bearer {installation.staff_token}"}
    elif actor.startswith("link") and "{token}" in route.path:
        purpose = access if access in LINKS else Access.REGISTRATION
        path = route.filled(_token(world.link(purpose, A if actor.endswith("A") else B)))
    if route.method == "GET":
        return await installation.api.get(path, headers=headers)
    if route.is_api:
        return await installation.api.request(route.method, path, headers=headers, json={})
    return await installation.api.post(path, headers=headers, data={"csrf": form_token(installation)})


def _token(link: str) -> str:
    return link.split("/")[2].partition("?")[0]


def is_refused(answer: httpx.Response) -> bool:
    """Whether who asked was turned away for who they are."""
    to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/office/sign-in?")
    return answer.status_code in (401, 403) or to_sign_in


def lets_in(route: Route, actor: str) -> bool:
    """What the matrix says."""
    access = MATRIX[route]
    if access is Access.TOKEN:
        return actor == "token"
    if access in OFFICE:
        if actor == "body":
            return route in FOR_BODIES and ROLES[access] <= Role.EDITOR
        return actor in ("viewer", "editor", "admin") and Role[actor.upper()] >= ROLES[access]
    return True


@pytest.mark.parametrize("route", [route for route in MATRIX if MATRIX[route] not in LINKS], ids=str)
async def test_a_cell_of_the_matrix(world: World, route: Route) -> None:
    """All cells of a row, each by who asks."""
    for actor in ACTORS:
        answer = await knock(world, route, actor)
        said = f"{actor}: {answer.status_code} {answer.text[:200]}"
        assert answer.status_code < 500, said
        assert is_refused(answer) is not lets_in(route, actor), said


@pytest.mark.parametrize("route", [route for route in MATRIX if MATRIX[route] in LINKS], ids=str)
async def test_a_personal_route_knows_no_role_and_no_other_link(world: World, route: Route) -> None:
    for actor in ("anonymous", "viewer", "editor", "admin", "token"):
        answer = await knock(world, route, actor)
        if answer.status_code == 303:  # such as from an address that takes forms only, back to the page with the form
            answer = await world.installation.api.get(answer.headers["location"])
        assert answer.status_code in (404, 422), f"{actor} with a link that nobody signed: {answer.status_code}"
    other = world.link(OTHER_PURPOSE[MATRIX[route]])
    headers = anybody(world.installation)
    data = {"csrf": form_token(world.installation)}
    answer = await world.installation.api.request(
        route.method, route.filled(_token(other)), headers=headers, **({"json": {}} if route.is_api else {"data": data})
    )
    assert answer.status_code in (404, 422), f"a link of another purpose: {answer.status_code}"


@pytest.mark.parametrize(
    "route", [route for route in MATRIX if MATRIX[route] in LINKS and route.method == "GET"], ids=str
)
async def test_a_personal_page_shows_its_owner_only(world: World, route: Route) -> None:
    for actor, other in (("link of A", B), ("link of B", A)):
        answer = await knock(world, route, actor)
        assert answer.status_code in (200, 303), answer.text[:200]
        for secret in (other, other.partition("@")[0].title() + " "):
            assert secret not in answer.text
