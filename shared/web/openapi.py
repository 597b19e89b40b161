"""What the OpenAPI description of a service says of who may call and of what may go wrong (RFC 9457)."""

import http
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Security
from fastapi.params import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.web.problems import PROBLEM_TYPE, ProblemDetails

BEARER = HTTPBearer(
    scheme_name="staffToken", description="The programme office's token: DIJOUS_STAFF_TOKEN.", auto_error=False
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
"""A parameter of who checks the token, so that the description says that it is asked for. The check is its own."""

ANYBODY_OR_STAFF: dict[str, Any] = {"security": [{}, {BEARER.scheme_name: []}]}
"""Of an operation that answers everybody, and the office with more."""

_METHODS = ("get", "post", "put", "patch", "delete")
_ANY = "default"


class ApiRouter(APIRouter):
    """Routes of the JSON API, whose errors are problem details and are described as such."""

    def __init__(
        self, prefix: str = "/api/v1", *, tag: str | None = None, dependencies: Sequence[Depends] = ()
    ) -> None:
        responses: dict[int | str, Any] = {_ANY: {"model": ProblemDetails, "description": "Problem details (RFC 9457)"}}
        tags: list[str | Enum] = [tag] if tag else []
        super().__init__(prefix=prefix, tags=tags, dependencies=dependencies, responses=responses)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Of a route: the problems that only it has. What follows from its parameters is added by itself."""
    return {status: {"model": ProblemDetails, "description": http.HTTPStatus(status).phrase} for status in statuses}


def describe_problems(app: FastAPI) -> None:
    """Have the application's description name the problems of every operation, with their media type."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path, operation in _operations(describe()):
                _add_problems(path, operation)
        return describe()

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI documents it


def _operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in description.get("paths", {}).items():
        yield from ((path, item[method]) for method in _METHODS if method in item)


def _add_problems(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status in _by_its_parameters(path, operation):
        responses.setdefault(str(status), {**responses[_ANY], "description": http.HTTPStatus(status).phrase})
    for status, response in responses.items():
        if status == _ANY or int(status) >= http.HTTPStatus.BAD_REQUEST:
            content = response.get("content", {})
            response["content"] = {PROBLEM_TYPE: content.get(PROBLEM_TYPE) or content["application/json"]}
    operation["responses"] = dict(sorted(responses.items()))


def _by_its_parameters(path: str, operation: dict[str, Any]) -> Iterator[int]:
    """A token may be wrong, a thing in the path not be there, a body too large, a field wrong."""
    if operation.get("security"):
        yield http.HTTPStatus.UNAUTHORIZED
    if "{" in path:
        yield http.HTTPStatus.NOT_FOUND
    if "requestBody" in operation:
        yield http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    asks = any(parameter["in"] == "query" for parameter in operation.get("parameters", []))
    if asks or "requestBody" in operation:
        yield http.HTTPStatus.UNPROCESSABLE_ENTITY
