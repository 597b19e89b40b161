"""Every answer of every route carries the headers that keep browsers from doing harm."""

import httpx
import pytest

from shared.staff import Role
from shared.web.page_routes import own_path
from tests.security.people import office_cookie
from tests.security.routes import Route, all_routes
from tests.support.world import C, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROUTES = all_routes()


def faults(answer: httpx.Response, *, personal: bool) -> list[str]:
    """What is missing of an answer's headers."""
    headers = answer.headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers.get("content-security-policy", "").split(";"))
    expected = {
        "default-src 'none'": policy.get("default-src") == "'none'",
        "base-uri 'none'": policy.get("base-uri") == "'none'",
        "frame-ancestors 'none'": policy.get("frame-ancestors") == "'none'",
        "no unsafe-inline": "unsafe" not in headers.get("content-security-policy", ""),
        "no foreign source": not any("http" in of for of in policy.values()),
        "nosniff": headers.get("x-content-type-options") == "nosniff",
        "no-referrer": headers.get("referrer-policy") == "no-referrer",
        "COOP": headers.get("cross-origin-opener-policy") == "same-origin",
        "no-store": not personal or headers.get("cache-control") == "no-store",
        "no server's name": "server" not in headers or "/" not in headers["server"],
        "no open door for other origins": "access-control-allow-origin" not in headers or not personal,
        "redirects to itself only": own_path(headers.get("location", "/")) == headers.get("location", "/"),
        "not a fault of ours": answer.status_code < 500,
    }
    if answer.headers.get("content-type", "").startswith("text/html"):
        expected["form-action"] = "form-action" in policy
    for cookie in headers.get_list("set-cookie"):
        expected["HttpOnly"] = "httponly" in cookie.lower()
        expected["SameSite"] = "samesite=lax" in cookie.lower() or "samesite=strict" in cookie.lower()
    return [name for name, holds in expected.items() if not holds]


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_a_route_answers_with_safe_headers(world: World, route: Route) -> None:
    api = world.installation.api
    for cookies in ({}, office_cookie(world.installation, Role.ADMIN)):
        answer = await api.request(route.method, route.filled(), headers=cookies)
        assert faults(answer, personal=route.is_personal) == [], f"{answer.status_code} {answer.text[:300]}"


@pytest.mark.parametrize(
    "purpose", ["registration", "join", "survey", "support", "following", "preferences", "membership"]
)
async def test_a_personal_page_is_stored_by_nobody_and_found_by_no_search(world: World, purpose: str) -> None:
    answer = await world.installation.api.get(world.link(purpose))
    assert answer.status_code == 200
    assert faults(answer, personal=True) == []
    assert '<meta name="robots" content="noindex' in answer.text or "noindex" in answer.headers.get("x-robots-tag", "")


async def test_an_answer_without_content_says_no_type_of_it(world: World) -> None:
    installation = world.installation
    description = (await installation.api.get("/api/v1/openapi.json")).json()
    silent = {
        f"{method.upper()} {path}"
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
        if "204" in operation["responses"]
    }
    assert silent == {"DELETE /api/v1/suppressions/{id}"}, "each is to be asked here"
    stop = {"List-Unsubscribe": "One-Click"}
    assert (await installation.api.post(world.link("preferences", C), data=stop)).status_code == 200
    (suppression,) = [
        each for each in (await installation.staff("GET", "/suppressions"))["items"] if each["address"] == C
    ]
    headers = {"Authorization": f"Bearer {installation.staff_token}"}
    lifted = await installation.api.delete(f"/api/v1/suppressions/{suppression['id']}", headers=headers)
    assert (lifted.status_code, lifted.content) == (204, b"")
    assert "content-type" not in lifted.headers


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/office/nowhere", "/mailbox", "/%2e%2e/etc/passwd"])
async def test_what_belongs_to_no_service_has_them_too(world: World, path: str) -> None:
    answer = await world.installation.api.get(path)
    wanted = set(faults(answer, personal=False)) - {"form-action", "base-uri 'none'"}
    assert wanted == set()


async def test_an_address_says_which_methods_it_takes_instead(world: World) -> None:
    """Also where one router's routes came into another's: `/office/audit/…` of three services answered 500 so."""
    api, taken = world.installation.api, dict[str, set[str]]()
    for route in ROUTES:
        taken.setdefault(route.filled(), set()).add(route.method)
    for path, methods in taken.items():
        for accepted in ("text/html", "application/json"):
            answer = await api.request("PROPFIND", path, headers={"Accept": accepted})
            assert answer.status_code == 405, f"{path}: {answer.status_code} {answer.text[:200]}"
            assert methods <= set(answer.headers["allow"].split(", ")), path
