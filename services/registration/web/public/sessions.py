"""All sessions, to search and to leaf through, and the page of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.registration.domain.entities import words_of
from services.registration.web.public.front import Front, Shown
from services.registration.web.public.registering import session_page
from shared.web.page_routes import PageRouter, page_router

PAGE_SIZE = 20
_ALL = 5000
_MAX_TEXT = 100


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty where it does not matter."""

    text: str
    programme: str
    year: str
    page: int

    @classmethod
    def of(cls, request: Request) -> "Search":
        """What the address asks for; nonsense is as good as nothing."""
        asked = request.query_params
        page = asked.get("page", "")
        return cls(
            text=asked.get("q", "").strip()[:_MAX_TEXT],
            programme=asked.get("programme", ""),
            year=asked.get("year", ""),
            page=max(1, int(page)) if page.isdecimal() and len(page) < 5 else 1,
        )

    @property
    def values(self) -> dict[str, str]:
        """As the form's fields have it."""
        return {"q": self.text, "programme": self.programme, "year": self.year}

    def address(self, page: int) -> str:
        """Where another page of the same search is."""
        asked = {name: value for name, value in self.values.items() if value}
        return "/sessions?" + urlencode({**asked, "page": page})

    def finds(self, shown: Shown) -> bool:
        """Whether every word begins one of the session's, whatever the accents and the language."""
        if self.programme and shown.session.programme != self.programme:
            return False
        if self.year and str(year_of(shown)) != self.year:
            return False
        wanted = words_of(self.text)
        if not wanted:
            return True
        texts = (*shown.session.title.values(), *(shown.session.description or {}).values())
        words = [word for text in texts for word in _words_of(text)]
        return all(any(word.startswith(part) for word in words) for part in wanted)


@lru_cache(maxsize=10_000)
def _words_of(text: str) -> frozenset[str]:
    """Texts stay the same from one search to the next."""
    return frozenset(words_of(text))


def year_of(shown: Shown) -> int:
    """The year in which a session begins where it is held."""
    return shown.session.starts_at.astimezone(ZoneInfo(shown.zone)).year


def routes(front: Front) -> PageRouter:
    """`/sessions` and `/sessions/{id}`."""
    router = page_router(front.pages)

    @router.get("/sessions")
    async def index(request: Request) -> HTMLResponse:
        programmes = await front.programmes()
        everything = await front.sessions(programmes, when=None, limit=_ALL)
        search = Search.of(request)
        found = [each for each in reversed(everything) if search.finds(each)]
        return front.pages.render(
            request,
            "public/sessions.html",
            programmes=list(programmes.values()),
            years=sorted({year_of(each) for each in everything}, reverse=True),
            search=search,
            values=search.values,
            **_page_of(found, search),
        )

    @router.get("/sessions/{session_id}")
    async def session(request: Request, session_id: str) -> HTMLResponse:
        return session_page(front, request, await front.session(session_id))

    return router


def _page_of(found: Sequence[Shown], search: Search) -> dict[str, Any]:
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(search.page, pages)
    start = (page - 1) * PAGE_SIZE
    return {"found": found[start : start + PAGE_SIZE], "count": len(found), "page": page, "pages": pages}
