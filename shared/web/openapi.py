"""OpenAPI: who may call an operation, and its problems (RFC 9457)."""

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
"""A parameter for whoever checks the token, so that the description asks for it. It checks nothing itself."""

ANYBODY_OR_STAFF: dict[str, Any] = {"security": [{}, {BEARER.scheme_name: []}]}
"""For an operation that answers everybody, and the office with more."""

LICENSE = {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}
_METHODS = {"get", "post", "put", "patch", "delete"}
_ANY = "default"


class ApiRouter(APIRouter):
    """Routes of the JSON API; their description names problem details as errors."""

    def __init__(
        self, prefix: str = "/api/v1", *, tag: str | None = None, dependencies: Sequence[Depends] = ()
    ) -> None:
        responses: dict[int | str, Any] = {_ANY: {"model": ProblemDetails, "description": "Problem details (RFC 9457)"}}
        tags: list[str | Enum] = [tag] if tag else []
        super().__init__(prefix=prefix, tags=tags, dependencies=dependencies, responses=responses)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that only this route has; those that follow from its parameters are added automatically."""
    return {status: {"model": ProblemDetails, "description": http.HTTPStatus(status).phrase} for status in statuses}


def describe_problems(app: FastAPI) -> None:
    """Complete the description of every operation: its problems with their media type, and that it is for everybody."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path, item in describe().get("paths", {}).items():
                for method in _METHODS & item.keys():
                    item[method].setdefault("security", [])
                    _add_problems(path, item[method])
        return describe()

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI documents it


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
    if operation.get("security"):
        yield http.HTTPStatus.UNAUTHORIZED
    if "{" in path:
        yield http.HTTPStatus.NOT_FOUND
    if "requestBody" in operation:
        yield http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    asks = any(parameter["in"] == "query" for parameter in operation.get("parameters", []))
    if asks or "requestBody" in operation:
        yield http.HTTPStatus.UNPROCESSABLE_ENTITY


def join_openapi(title: str, url: str, parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One OpenAPI 3.1 description of all services at `url`; their paths and schemas never clash in meaning."""
    components: dict[str, Any] = {"schemas": {}, "securitySchemes": {}}
    paths: dict[str, Any] = {}
    for part in parts:
        paths |= part.get("paths", {})
        for kind, found in components.items():
            found |= part.get("components", {}).get(kind, {})
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "license": LICENSE},
        "servers": [{"url": url}],
        "paths": paths,
        "components": components,
    }
