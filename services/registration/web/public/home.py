"""The start page and the page of each programme: the next session first, what comes, the archive."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.registration.usecases.sessions import When
from services.registration.web.public.front import Front, Shown
from services.registration.web.public.structured import event_data
from shared.web.page_routes import PageRouter, page_router

_COMING_AT_HOME = 12
_COMING_OF_PROGRAMME = 30
_PAST_AT_HOME = 5
_PAST_OF_PROGRAMME = 30


def routes(front: Front) -> PageRouter:
    """`/` and `/programmes/{slug}`."""
    router = page_router(front.pages)

    @router.get("/")
    async def home(request: Request) -> HTMLResponse:
        programmes = await front.programmes()
        coming = await front.sessions(programmes, when=When.UPCOMING, limit=_COMING_AT_HOME)
        past = await front.sessions(programmes, when=When.PAST, limit=_PAST_AT_HOME)
        return front.pages.render(
            request,
            "public/home.html",
            programmes=list(programmes.values()),
            **_listed(front, request, coming),
            past=past,
        )

    @router.get("/programmes/{slug}")
    async def programme(request: Request, slug: str) -> HTMLResponse:
        found = await front.use_cases.programmes.get(slug)
        coming = await front.sessions({slug: found}, when=When.UPCOMING, limit=_COMING_OF_PROGRAMME, programme=slug)
        past = await front.sessions({slug: found}, when=When.PAST, limit=_PAST_OF_PROGRAMME, programme=slug)
        return front.pages.render(
            request,
            "public/programme.html",
            programme=found,
            **_listed(front, request, coming),
            past=past,
            may_have_more=len(past) == _PAST_OF_PROGRAMME or len(coming) == _COMING_OF_PROGRAMME,
        )

    return router


def _listed(front: Front, request: Request, coming: list[Shown]) -> dict[str, Any]:
    """The next session that takes place apart from the others."""
    following = next((each for each in coming if not each.is_cancelled), None)
    language = front.pages.language(request)
    return {
        "following": following,
        "coming": [each for each in coming if each is not following],
        "feeds": front.links.page(""),
        "data": event_data(following, front.links, language) if following else "",
    }
