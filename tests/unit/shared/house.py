"""A service's pages in small: one form, one page of the office, and everything that can go wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from shared.problems import Problem, mark
from shared.settings import ServiceSettings
from shared.staff import Role, StaffMember
from shared.storage.contract import StoreError
from shared.text.catalogues import Translations
from shared.web.application import make_application
from shared.web.link_exchange import link_path
from shared.web.page_routes import page_router
from shared.web.pages import Pages, see_other
from shared.web.staff_cookie import Access, require_role

SECRET = "a-secret-that-is-longer-than-32-characters"
TOKEN = "staff-token-of-the-tests"
CANARY = "nuria@alamus.example"
HTTP, HTTPS = "http://dijous.test", "https://dijous.test"
FORM = """{% extends "layout.html" %}{% block title %}Form{% endblock %}
{% block main %}<h1>Form</h1><form method="post">{{ csrf_field }}<button>Send</button></form>{% endblock %}"""


A_DAY = timedelta(days=1)


class LateProblem(Problem):
    """For the test."""

    status = 410
    code = "late"
    title = mark("This link has expired.")


class BusyProblem(Problem):
    """For the test."""

    status = 409
    code = "busy-thing"
    title = mark("This link has expired.")


class MovingClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2024, 4, 25, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Ready:
    """Always ready."""

    async def check(self) -> dict[str, str]:
        return {}


class Everybody:
    """Nothing was told of anybody."""

    async def present(self, member: StaffMember) -> StaffMember:
        return member


EVERYBODY = Everybody()


class House:
    """The application and a browser in front of it."""

    def __init__(self, templates: Path, public_url: str = HTTP, access: Access | None = EVERYBODY) -> None:
        (templates / "form.html").write_text(FORM)
        self.clock = MovingClock()
        settings = ServiceSettings(secret=SECRET, staff_token=TOKEN, public_url=public_url, site_name="Dijous")  # type: ignore[arg-type]  # read as secrets
        self.pages = Pages(settings, Translations(), [templates] if templates else [], clock=self.clock, access=access)
        self.sent: list[dict[str, str]] = []
        app = make_application(
            "house",
            "House",
            [self._public(), self._things(), self._mine(), self._office(), _api()],
            Translations(),
            Ready(),
        )
        self.browser = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url=public_url,
            headers={"Accept-Language": "en"},
        )

    def sign_in(self, role: Role = Role.VIEWER, version: int = 0, session: str = "s1") -> None:
        """Leave the office's cookie in the browser."""
        response = Response()
        self.pages.office.begin(response, StaffMember("m1", "Aina", role, version, session), self.clock() + A_DAY)
        name, _, rest = response.headers["set-cookie"].partition("=")
        self.browser.cookies.set(name, rest.partition(";")[0].strip('"'))

    def _public(self) -> APIRouter:
        router = page_router(self.pages)

        @router.get("/form")
        async def show(request: Request) -> Response:
            return self.pages.render(request, "form.html")

        @router.post("/form")
        async def send(request: Request) -> Response:
            self.sent.append(dict((await self.pages.form(request)).values))
            return see_other("/form")

        @router.get("/late")
        async def late() -> Response:
            raise LateProblem

        @router.get("/missing")
        async def missing() -> Response:
            raise HTTPException(404)

        @router.get("/stored")
        async def stored() -> Response:
            raise StoreError("the disk is full")

        @router.get("/broken")
        async def broken() -> Response:
            raise RuntimeError(CANARY)

        @router.get("/counted")
        async def counted(request: Request, year: Annotated[int, Query(ge=2000)]) -> Response:
            return self.pages.render(request, "form.html")

        return router

    def _things(self) -> APIRouter:
        router = page_router(self.pages)

        @router.get("/things")
        @router.get("/things/{thing}")
        @router.get("/things/{thing}/change")
        async def thing(request: Request, thing: str = "") -> Response:
            if thing == "gone":
                raise HTTPException(404)
            if request.url.path.endswith("/change"):
                raise BusyProblem
            return self.pages.render(request, "form.html")

        @router.post("/things/{thing}")
        @router.post("/things/{thing}/again")
        async def again(request: Request, thing: str) -> Response:
            await self.pages.form(request)
            raise BusyProblem

        return router

    def _mine(self) -> APIRouter:
        router = page_router(self.pages)

        @router.get("/mine/{token}")
        @router.get("/mine/{token}/data")
        async def show(request: Request, token: str) -> Response:
            page = self.pages.render(request, "form.html")
            page.headers["x-token"], page.headers["x-path"] = token, link_path(request)
            return page

        @router.post("/mine/{token}")
        async def send(request: Request, token: str) -> Response:
            if "form" in request.cookies:
                await self.pages.form(request)
            self.sent.append({"token": token})
            return see_other(request.url.path)

        return router

    def _office(self) -> APIRouter:
        router = page_router(self.pages)
        office = require_role(self.pages.office, Role.EDITOR)

        @router.get("/office/plan")
        async def plan(request: Request, member: Annotated[StaffMember, Depends(office)]) -> Response:
            return self.pages.render(request, "form.html")

        @router.post("/office/plan")
        async def keep(request: Request, member: Annotated[StaffMember, Depends(office)]) -> Response:
            self.sent.append(dict((await self.pages.form(request)).values))
            return see_other("/office/plan")

        return router


def _api() -> APIRouter:
    router = APIRouter()

    @router.get("/api/v1/broken")
    async def broken() -> None:
        raise RuntimeError(CANARY)

    @router.get("/data/late")
    async def late_data() -> None:
        raise LateProblem

    @router.get("/api/v1/late")
    async def late() -> None:
        raise LateProblem

    return router
