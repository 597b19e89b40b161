"""The OpenAPI description of the whole API, joined from those of the services."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI

from shared.web.openapi import join_openapi

TITLE = "Dijous"


def joined_description(webs: Sequence[FastAPI]) -> dict[str, Any]:
    """OpenAPI 3.1 out of the services' applications."""
    return join_openapi(TITLE, [web.openapi() for web in webs])
