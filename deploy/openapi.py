"""The OpenAPI description of the whole API, joined from those of the services."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI

from shared.settings import ServiceSettings
from shared.web.openapi import join_openapi

TITLE = "Dijous"


def joined_description(webs: Sequence[FastAPI]) -> dict[str, Any]:
    """OpenAPI 3.1 out of the services' applications, at the address under which people reach them."""
    url = ServiceSettings().public_url.rstrip("/")
    return join_openapi(TITLE, url, [web.openapi() for web in webs])
