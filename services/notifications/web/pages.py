"""The page behind the link that stops news, and the one-click request of mail programs (RFC 8058)."""

from pathlib import Path
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.notifications.domain.known import Recipient
from services.notifications.usecases import UseCases
from shared.clock import Clock
from shared.links import LinkPurpose, Links
from shared.problems import Problem
from shared.web.pages import Pages, see_other

TEMPLATES = Path(__file__).parent / "templates"
_ONE_CLICK = {"List-Unsubscribe": ["One-Click"]}


class PreferencesPage:
    """What a person may decide about the mails to their address."""

    def __init__(self, use_cases: UseCases, pages: Pages, links: Links, clock: Clock) -> None:
        self._post = use_cases.post
        self._pages = pages
        self._links = links
        self._clock = clock

    async def show(self, request: Request, token: str) -> Response:
        """How it stands, with the button that stops the news. Changes nothing."""
        try:
            return await self._present(request, await self._recipient(token))
        except Problem as problem:
            return self._pages.problem(request, problem)

    async def stop(self, request: Request, token: str) -> Response:
        """Stop the news. The signed link is the permission: mail programs send neither cookie nor form's token."""
        try:
            recipient = await self._recipient(token)
        except Problem as problem:
            return self._pages.problem(request, problem)
        await self._post.stop_news(recipient)
        if await _is_one_click(request):
            return await self._present(request, recipient)  # they do not follow redirects (RFC 8058 section 3.1)
        return see_other(request.url.path)

    async def _recipient(self, token: str) -> Recipient:
        return await self._post.recipient(self._links.read(LinkPurpose.PREFERENCES, token, self._clock()))

    async def _present(self, request: Request, recipient: Recipient) -> Response:
        has_stopped = await self._post.has_stopped_news(recipient)
        return self._pages.render(request, "preferences.html", has_stopped=has_stopped)


def routes(use_cases: UseCases, pages: Pages, links: Links, clock: Clock) -> APIRouter:
    """The pages over the use cases."""
    router = APIRouter(include_in_schema=False)
    page = PreferencesPage(use_cases, pages, links, clock)
    router.add_api_route("/preferences/{token}", page.show, methods=["GET"])
    router.add_api_route("/preferences/{token}", page.stop, methods=["POST"])
    return router


async def _is_one_click(request: Request) -> bool:
    body = (await request.body()).decode(errors="replace")
    return parse_qs(body) == _ONE_CLICK
