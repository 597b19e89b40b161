"""The four services behind one address: each request goes to the service that owns its prefix."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.routes import service_of
from shared.service import Service
from shared.settings import ServiceSettings
from shared.web.application import ReadinessCheck, make_application
from shared.web.openapi import join_openapi
from shared.web.page_routes import page_router
from shared.web.pages import Pages

TITLE = "Dijous"


@dataclass(eq=False)
class Gateway:
    """Forwards each request by prefix; the installation's own application answers all other paths."""

    services: Mapping[str, ASGIApp]
    own: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        owner = service_of(scope["path"]) if scope["type"] == "http" else None
        await (self.services[owner] if owner else self.own)(scope, receive, send)


class JoinedReadiness:
    """Ready when every service is; each check is named `<service>.<part>`."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._checks: dict[str, ReadinessCheck] = {service.name: service.readiness for service in services}

    async def check(self) -> dict[str, str]:
        found = await asyncio.gather(*(check.check() for check in self._checks.values()))
        return {
            f"{name}.{part}": state
            for name, parts in zip(self._checks, found, strict=True)
            for part, state in parts.items()
        }


def make_gateway(services: Sequence[Service], extra: Sequence[APIRouter], pages: Pages) -> Gateway:
    """The installation's application; `extra` are its own routes, `pages` the frame of the page «not found»."""
    webs = {service.name: service.web() for service in services}
    own = APIRouter(include_in_schema=False)

    @own.get("/api/v1/openapi.json")
    def description() -> dict[str, object]:
        return joined_description(list(webs.values()))

    routers = [own, *extra, page_router(pages)]
    return Gateway(webs, make_application("installation", TITLE, routers, pages.words, JoinedReadiness(services)))


def joined_description(webs: Sequence[FastAPI]) -> dict[str, Any]:
    """The OpenAPI 3.1 description of the services' whole API, at the public address."""
    url = ServiceSettings().public_url.rstrip("/")
    return join_openapi(TITLE, url, [web.openapi() for web in webs])
