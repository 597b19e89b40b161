"""All sessions, to search and to leaf through; the page of each is with its registrations."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.registration.sessions.presented import SessionSite
from services.registration.sessions.search import IndexEntry, SearchQuery, in_reading_order, search
from shared.web.page_routes import PageRouter, page_router

PAGE_SIZE = 20
_MAX_TEXT = 100


@dataclass(frozen=True, slots=True)
class PageQuery:
    wanted: SearchQuery
    page: int

    @classmethod
    def of(cls, request: Request) -> "PageQuery":
        """What the address asks for; nonsense is as good as nothing."""
        asked = request.query_params
        page = asked.get("page", "")
        return cls(
            SearchQuery(asked.get("q", "").strip()[:_MAX_TEXT], asked.get("programme", ""), asked.get("year", "")),
            page=max(1, int(page)) if page.isdecimal() and len(page) < 5 else 1,
        )

    @property
    def values(self) -> dict[str, str]:
        return {"q": self.wanted.text, "programme": self.wanted.programme, "year": self.wanted.year}

    def address(self, page: int) -> str:
        asked = {name: value for name, value in self.values.items() if value}
        return "/sessions?" + urlencode({**asked, "page": page})


def routes(site: SessionSite) -> PageRouter:
    router = page_router(site.pages)

    @router.get("/sessions")
    async def index(request: Request) -> HTMLResponse:
        programmes = await site.programmes.by_slug()
        zones = {slug: ZoneInfo(programme.time_zone) for slug, programme in programmes.items()}
        lines, asked = await site.sessions.index(), PageQuery.of(request)
        found = in_reading_order(search(lines, asked.wanted, zones), site.clock())
        page, pages = _place(found, asked)
        shown = await site.some([line.session_id for line in _cut(found, page)], programmes)
        return site.pages.render(
            request,
            "public/sessions.html",
            programmes=list(programmes.values()),
            years=sorted({line.year(zones[line.programme]) for line in lines if line.programme in zones}, reverse=True),
            asked=asked,
            values=asked.values,
            coming=[each for each in shown if not each.is_past],
            past=[each for each in shown if each.is_past],
            count=len(found),
            page=page,
            pages=pages,
        )

    return router


def _place(found: Sequence[IndexEntry], asked: PageQuery) -> tuple[int, int]:
    pages = max(1, -(-len(found) // PAGE_SIZE))
    return min(asked.page, pages), pages


def _cut(found: Sequence[IndexEntry], page: int) -> Sequence[IndexEntry]:
    return found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
