"""The list of all sessions with its search; the page of each is with its registrations."""

from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.registration.sessions.presented import SessionSite
from services.registration.sessions.search import SearchQuery, in_reading_order, search
from shared.web.page_routes import PageRouter, page_router

PAGE_SIZE = 20
_MAX_TEXT = 100


def routes(site: SessionSite) -> PageRouter:
    router = page_router(site.pages)

    @router.get("/sessions")
    async def index(request: Request) -> HTMLResponse:
        programmes = await site.programmes.by_slug()
        zones = {slug: ZoneInfo(programme.time_zone) for slug, programme in programmes.items()}
        entries, asked = await site.sessions.index(), _query(request)
        years = {entry.year(zones[entry.programme]) for entry in entries if entry.programme in zones}
        found = in_reading_order(search(entries, asked, zones), site.clock())
        pages = max(1, -(-len(found) // PAGE_SIZE))
        page = min(asked.page, pages)
        shown_ids = [entry.session_id for entry in found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
        shown = await site.some(shown_ids, programmes)
        return site.pages.render(
            request,
            "public/sessions.html",
            programmes=list(programmes.values()),
            years=sorted(years, reverse=True),
            asked=asked,
            values=asked.values,
            coming=[each for each in shown if not each.is_past],
            past=[each for each in shown if each.is_past],
            count=len(found),
            page=page,
            pages=pages,
        )

    return router


def _query(request: Request) -> SearchQuery:
    """Nonsense in the address is ignored."""
    asked = request.query_params
    page = asked.get("page", "")
    return SearchQuery(
        text=asked.get("q", "").strip()[:_MAX_TEXT],
        programme=asked.get("programme", ""),
        year=asked.get("year", ""),
        page=max(1, int(page)) if page.isdecimal() and len(page) < 5 else 1,
    )
