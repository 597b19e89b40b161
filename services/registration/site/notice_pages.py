"""What a public site owes its readers: accessibility, privacy, legal notice; and what machines ask for first."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from services.registration.sessions.presented import SessionSite
from shared.security.links import FOLLOWING_LINK_LIFE, SESSION_LINKS_LIFE, SUPPORT_LINK_LIFE
from shared.web.page_routes import PageRouter, page_router
from shared.web.sitemaps import MAX_AGE_SECONDS, sitemap

PERSONAL = (
    "/registration/",
    "/join/",
    "/survey/",
    "/support/",
    "/following/",
    "/preferences/",
    "/office",
    "/api/",
    "/mailbox",
)
"""Where nothing is to be found by a search engine."""

PAGES = ("/", "/sessions", "/proposals", "/results", "/accessibility", "/privacy", "/legal")
SITEMAPS = ("/sitemap.xml", "/proposals/sitemap.xml", "/results/sitemap.xml")
"""Each service's own."""

STATEMENT_PREPARED = datetime(2026, 11, 26, 12, tzinfo=UTC)
STATEMENT_REVIEWED = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""When the accessibility statement was last compared with what the tests of the pages find: at least once a year."""

_ICON = (Path(__file__).parent / "favicon.svg").read_bytes()
_CACHED = {"cache-control": f"public, max-age={MAX_AGE_SECONDS}"}


def routes(site: SessionSite) -> PageRouter:
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
        lines = await site.sessions.index()
        listed += [(f"/sessions/{line.session_id}", line.changed_at) for line in lines]
        return sitemap(site.links.page(""), listed)

    @router.get("/favicon.svg")
    @router.get("/favicon.ico")
    async def favicon() -> Response:
        """By its second name for browsers that ask unasked, on pages that are not ours to write."""
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
            contacts=[owner.contact] if owner.contact else _different(p.reply_to for p in programmes),
            keep_days=owner.keep_people.days,
            link_days=SESSION_LINKS_LIFE.days,
            keep_followers_days=owner.keep_followers.days,
            confirm_days=SUPPORT_LINK_LIFE.days,
            following_days=FOLLOWING_LINK_LIFE.days,
            address=site.links.page("/"),
            prepared=STATEMENT_PREPARED,
            reviewed=STATEMENT_REVIEWED,
        )

    return notice


def _different(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, texts)))
