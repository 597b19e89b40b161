"""Every answer that a test sees is one that the API's description names."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from fastapi import FastAPI

Hook = Callable[[httpx.Response], Awaitable[None]]

_descriptions: dict[str | None, dict[str, Any]] = {}
"""By the address of the description: to write one takes longer than most tests, and a service's is always the same."""


def described(app: FastAPI) -> dict[str, list[Hook]]:
    """The `event_hooks` of a client: they fail where the application answers what its description does not say."""

    async def check(answer: httpx.Response) -> None:
        method = answer.request.method.replace("HEAD", "GET")
        if app.openapi_url not in _descriptions:
            _descriptions[app.openapi_url] = app.openapi()
        operation = operation_of(_descriptions[app.openapi_url], method, answer.request.url.path)
        if operation is None or answer.status_code >= 500:
            return
        said = operation["responses"].get(str(answer.status_code))
        assert said, f"{answer.request.method} {answer.request.url.path} is not said to answer {answer.status_code}"
        if content := said.get("content"):
            given = answer.headers["content-type"]
            assert given in content, f"{answer.status_code} is said to be other than {given}"
        else:
            assert "content-type" not in answer.headers, f"{answer.status_code} is said to have no content"

    return {"response": [check]}


def operation_of(description: dict[str, Any], method: str, path: str) -> Any:
    """The operation of a request; None where none is described. A path without parameters comes first."""
    for template in sorted(description["paths"], key=lambda each: each.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return description["paths"][template].get(method.lower())
    return None
