"""The table of prefixes: every route of every service falls under exactly one prefix of that service."""

import secrets

import pytest
from fastapi.routing import APIRoute

from deploy.composition import compose
from deploy.routes import SERVICES, service_of


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIJOUS_SECRET", secrets.token_hex(32))
    monkeypatch.setenv("DIJOUS_STAFF_TOKEN", secrets.token_hex(16))


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("name", SERVICES)
def test_every_route_of_a_service_falls_under_one_of_its_prefixes(name: str) -> None:
    routes = [route for router in compose(name).routers for route in router.routes if isinstance(route, APIRoute)]
    assert routes
    strays = {route.path for route in routes if service_of(route.path) != name}
    assert not strays


def test_the_longest_prefix_decides() -> None:
    assert service_of("/office/results") == service_of("/office/results/abc") == "feedback"
    assert service_of("/office") == service_of("/office/sessions") == service_of("/office/resultsx") == "registration"


@pytest.mark.parametrize("path", ["/nothing", "/health/ready", "/api/v1/openapi.json", "/api/v1/sessionsx", "/mailbox"])
def test_what_belongs_to_no_service_is_nobody_s(path: str) -> None:
    assert service_of(path) is None


def test_the_start_page_is_one_page_alone() -> None:
    assert service_of("/") == "registration"
    assert service_of("/x") is None


def test_a_path_below_a_prefix_belongs_to_its_service() -> None:
    assert service_of("/api/v1/sessions/abc/registrations") == "registration"
    assert service_of("/survey/abc") == "feedback"
