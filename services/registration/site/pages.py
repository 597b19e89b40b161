"""The start page, programmes' pages, notices, robots.txt, sitemap and icon."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from services.registration.offers.usecases import Offers
from services.registration.sessions.json_ld import event_data
from services.registration.sessions.presented import PresentedSession, SessionSite
from services.registration.sessions.store import When
from shared.security.links import FOLLOWING_LINK_LIFE, SESSION_LINKS_LIFE, SUPPORT_LINK_LIFE
from shared.web.page_routes import PageRouter, page_router
from shared.web.sitemaps import MAX_AGE_SECONDS, sitemap

_COMING_AT_HOME = 12
_COMING_OF_PROGRAMME = 30
_PAST_AT_HOME = 5
_PAST_OF_PROGRAMME = 30

PERSONAL = (
    "/registration/",
    "/join/",
    "/survey/",
    "/support/",
    "/following/",
    "/preferences/",
    "/petition/",
    "/office",
    "/api/",
    "/mailbox",
)
"""Closed to search engines."""

PAGES = ("/", "/sessions", "/proposals", "/results", "/open-data", "/accessibility", "/privacy", "/legal")
SITEMAPS = ("/sitemap.xml", "/proposals/sitemap.xml", "/results/sitemap.xml")
"""One of each service."""

STATEMENT_PREPARED = datetime(2026, 11, 26, 12, tzinfo=UTC)
STATEMENT_REVIEWED = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""The last comparison of the accessibility statement with what the tests of the pages find: at least once a year."""

_ICON = (Path(__file__).parent / "favicon.svg").read_bytes()
_CACHED = {"cache-control": f"public, max-age={MAX_AGE_SECONDS}"}


def routes(site: SessionSite, offers: Offers) -> PageRouter:
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
            offers=[offer for offer in await offers.of(slug) if offer.is_shown(site.clock())],
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


def notice_routes(site: SessionSite) -> PageRouter:
    """Notices, and files for machines: seldom needed, so matched last."""
    router = page_router(site.pages)
    for name in ("accessibility", "privacy", "legal"):
        router.get(f"/{name}")(_notice(site, f"public/{name}.html"))

    @router.get("/robots.txt")
    async def robots() -> PlainTextResponse:
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in PERSONAL)]
        lines += ["", *(f"Sitemap: {site.links.page(path)}" for path in SITEMAPS), ""]
        return PlainTextResponse("\n".join(lines), headers=_CACHED)

    @router.get("/sitemap.xml")
    async def pages() -> Response:
        listed: list[tuple[str, datetime | None]] = [(path, None) for path in PAGES]
        listed += [(f"/programmes/{slug}", None) for slug in await site.programmes.by_slug()]
        listed += [(f"/sessions/{entry.session_id}", entry.changed_at) for entry in await site.sessions.index()]
        return sitemap(site.links.page(""), listed)

    @router.get("/favicon.svg")
    @router.get("/favicon.ico")
    async def favicon() -> Response:
        """Browsers ask for favicon.ico on pages without our frame."""
        return Response(_ICON, media_type="image/svg+xml", headers=_CACHED)

    return router


def _notice(site: SessionSite, template: str) -> Callable[[Request], Awaitable[HTMLResponse]]:
    async def notice(request: Request) -> HTMLResponse:
        owner = site.owner
        programmes = (await site.programmes.by_slug()).values()
        return site.pages.render(
            request,
            template,
            organisers=[owner.organiser] if owner.organiser else _different(p.organiser for p in programmes),
            accredited=[p.name for p in programmes if p.accredited],
            has_others=any(not p.accredited for p in programmes),
            contacts=[owner.contact] if owner.contact else _different(p.reply_to for p in programmes),
            keep_days=owner.keep_people.days,
            own_days=any(p.keep_people_days for p in programmes),
            programmes=programmes,
            link_days=SESSION_LINKS_LIFE.days,
            keep_followers_days=owner.keep_followers.days,
            keep_waiting_followers_days=owner.keep_waiting_followers.days,
            confirm_days=SUPPORT_LINK_LIFE.days,
            following_days=FOLLOWING_LINK_LIFE.days,
            address=site.links.page("/"),
            prepared=STATEMENT_PREPARED,
            reviewed=STATEMENT_REVIEWED,
        )

    return notice


def _different(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, texts)))
