"""The joined OpenAPI description: who may call what, and what may go wrong."""

import secrets
from typing import Any

import pytest

from deploy.composition import compose
from deploy.embedded.gateway import joined_description
from deploy.routes import SERVICES
from tests.security.matrix import MATRIX
from tests.security.routes import Access, Route

STAFF = {"staffToken": []}
MAY_ASK_AS_STAFF = {
    Route("GET", "/api/v1/sessions"),
    Route("GET", "/api/v1/sessions/{session_id}"),
    Route("POST", "/api/v1/sessions/{session_id}/registrations"),
}


@pytest.fixture
def description(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("DIJOUS_SECRET", secrets.token_hex(32))
    monkeypatch.setenv("DIJOUS_STAFF_TOKEN", secrets.token_hex(16))
    monkeypatch.setenv("DIJOUS_PUBLIC_URL", "https://dijous.example/")
    return joined_description([compose(name).web() for name in SERVICES])


def operations(description: dict[str, Any]) -> dict[Route, Any]:
    """Every operation by its route."""
    return {
        Route(method.upper(), path): operation
        for path, item in description["paths"].items()
        for method, operation in item.items()
    }


def test_the_operations_of_the_office_ask_for_its_token_and_no_other_does(description: dict[str, Any]) -> None:
    assert description["components"]["securitySchemes"]["staffToken"]["scheme"] == "bearer"
    for route, operation in operations(description).items():
        if MATRIX[route] is Access.TOKEN:
            assert operation.get("security") == [STAFF], route
        else:
            assert operation["security"] == ([{}, STAFF] if route in MAY_ASK_AS_STAFF else []), route
        assert ("401" in operation["responses"]) == bool(operation.get("security")), route


def test_it_says_where_the_api_is_and_under_which_licence(description: dict[str, Any]) -> None:
    assert description["servers"] == [{"url": "https://dijous.example"}]
    assert description["info"]["license"] == {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}


def test_a_service_s_own_description_is_of_the_address_that_it_comes_from(description: dict[str, Any]) -> None:
    for name in SERVICES:
        own = compose(name).web().openapi()
        assert own["servers"] == [{"url": "/"}]
        assert all("security" in operation for operation in operations(own).values())


def test_what_follows_from_the_parameters_is_described(description: dict[str, Any]) -> None:
    for route, operation in operations(description).items():
        assert ("404" in operation["responses"]) == ("{" in route.path), route
        has_body = "requestBody" in operation
        assert ("413" in operation["responses"]) == has_body, route
        asks = any(parameter["in"] == "query" for parameter in operation.get("parameters", []))
        assert ("422" in operation["responses"]) == (has_body or asks), route


def test_every_problem_is_described_as_one(description: dict[str, Any]) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    for route, operation in operations(description).items():
        for status, response in operation["responses"].items():
            if status == "default" or int(status) >= 400:
                assert response["content"] == problem, (route, status)
