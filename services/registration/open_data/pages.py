"""The open data: their page for people, their tables, their catalogue for machines."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from services.registration.open_data.catalogue import DATASETS, PAGE, Catalogue
from services.registration.open_data.tables import OpenTable
from services.registration.open_data.usecases import OpenData
from services.registration.public_site import SiteOwner
from shared.clock import Clock
from shared.web.open_data import CSV, JSON, answer
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Pages

_CATALOGUES = {
    "/catalogue.ttl": ("turtle", "text/turtle; charset=utf-8"),
    "/catalogue.jsonld": ("json-ld", "application/ld+json"),
}


@dataclass(frozen=True)
class OpenDataSite:
    pages: Pages
    clock: Clock
    data: OpenData
    owner: SiteOwner

    @property
    def public_url(self) -> str:
        return self.pages.public_url.rstrip("/")

    async def table(self, request: Request, table: OpenTable, media_type: str) -> Response:
        written = await table.read(self.clock(), self.public_url)
        return answer(request, written.body, media_type)


def routes(site: OpenDataSite) -> PageRouter:
    """`/open-data…` without what other services answer, `/catalogue.…`."""
    router = page_router(site.pages)

    @router.get(PAGE)
    async def open_data(request: Request) -> HTMLResponse:
        return site.pages.render(
            request, "public/open_data.html", datasets=DATASETS, owner=site.owner, catalogues=list(_CATALOGUES)
        )

    @router.get(f"{PAGE}/sessions.csv")
    async def sessions(request: Request) -> Response:
        return await site.table(request, site.data.sessions, CSV)

    @router.get(f"{PAGE}/sessions.json")
    async def sessions_json(request: Request) -> Response:
        return await site.table(request, site.data.sessions_json, JSON)

    @router.get(f"{PAGE}/participation.csv")
    async def participation(request: Request) -> Response:
        return await site.table(request, site.data.participation, CSV)

    for path, (form, media_type) in _CATALOGUES.items():
        router.get(path)(_catalogue(site, form, media_type))
    return router


def _catalogue(site: OpenDataSite, form: str, media_type: str) -> Callable[..., Awaitable[Response]]:
    async def write(request: Request, datasets: str | None = None) -> Response:
        """With `?datasets` the datasets alone, for a body that has a catalogue already."""
        asked = (site.clock(), site.public_url)
        catalogue = Catalogue(
            site.owner,
            site.pages.site_name,
            site.public_url,
            site.pages.words,
            issued=(await site.data.sessions.read(*asked)).since or site.clock(),
            modified=await site.data.modified(*asked),
        )
        body, digest = await asyncio.to_thread(catalogue.written, form, datasets_only=datasets is not None)
        return answer(request, body, media_type, digest)

    return write
