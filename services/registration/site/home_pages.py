"""The start page and the page of each programme: the next session first, what comes, the archive."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.registration.sessions.json_ld import event_data
from services.registration.sessions.presented import PresentedSession, SessionSite
from services.registration.sessions.store import When
from shared.web.page_routes import PageRouter, page_router

_COMING_AT_HOME = 12
_COMING_OF_PROGRAMME = 30
_PAST_AT_HOME = 5
_PAST_OF_PROGRAMME = 30


def routes(site: SessionSite) -> PageRouter:
    router = page_router(site.pages)

    @router.get("/")
    async def home(request: Request) -> HTMLResponse:
        programmes = await site.programmes.by_slug()
        coming = await site.listed(programmes, when=When.UPCOMING, limit=_COMING_AT_HOME)
        past = await site.listed(programmes, when=When.PAST, limit=_PAST_AT_HOME)
        return site.pages.render(
            request,
            "public/home.html",
            programmes=list(programmes.values()),
            **_listed(site, request, coming),
            past=past,
        )

    @router.get("/programmes/{slug}")
    async def programme(request: Request, slug: str) -> HTMLResponse:
        found = await site.programmes.get(slug)
        coming = await site.listed({slug: found}, when=When.UPCOMING, limit=_COMING_OF_PROGRAMME, programme=slug)
        past = await site.listed({slug: found}, when=When.PAST, limit=_PAST_OF_PROGRAMME, programme=slug)
        return site.pages.render(
            request,
            "public/programme.html",
            programme=found,
            **_listed(site, request, coming),
            past=past,
            may_have_more=len(past) == _PAST_OF_PROGRAMME or len(coming) == _COMING_OF_PROGRAMME,
        )

    return router


def _listed(site: SessionSite, request: Request, coming: list[PresentedSession]) -> dict[str, Any]:
    following = next((each for each in coming if not each.is_cancelled), None)
    language = site.pages.language(request)
    return {
        "following": following,
        "coming": [each for each in coming if each is not following],
        "feeds": site.links.page(""),
        "data": event_data(following, site.links, language) if following else "",
    }
