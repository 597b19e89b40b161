"""What is kept of who follows proposals, behind the personal link of their mails. A GET never acts."""

from collections.abc import Iterable
from datetime import datetime

import orjson
from fastapi import Request, Response

from services.proposals.domain.followers import Follower, SupportStep
from services.proposals.usecases import UseCases
from services.proposals.usecases.following import Followed
from services.proposals.web.views import PersonView
from services.proposals.web.wording import state_of
from shared.clock import Clock
from shared.events.vocabulary import FollowerRole
from shared.problems import mark
from shared.security.links import SUPPORT_LINK_LIFE
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Pages, see_other

PROPOSED = mark("You proposed it.")
SUPPORTED = mark("You support it.")
FOLLOWED = mark("You follow it.")
ASKED = mark("You have not confirmed that you support it.")


def following_routes(use_cases: UseCases, pages: Pages, clock: Clock, *, keep_days: int) -> PageRouter:
    """`/following/{token}` and what is beneath."""
    router = page_router(pages)
    mine = FollowingPages(use_cases, pages, clock, keep_days=keep_days)
    router.add_api_route("/following/erased", mine.erased)
    router.add_api_route("/following/{token}", mine.show)
    router.add_api_route("/following/{token}/data.json", mine.export)
    router.add_api_route("/following/{token}/erase", mine.erasure)
    router.add_api_route("/following/{token}/erase", mine.erase, methods=["POST"])
    return router


class FollowingPages:
    """The pages of one's own data, in the language of the holder's mails unless another was chosen."""

    def __init__(self, use_cases: UseCases, pages: Pages, clock: Clock, *, keep_days: int) -> None:
        self._following = use_cases.following
        self._pages = pages
        self._clock = clock
        self._keep_days = keep_days

    async def show(self, request: Request, token: str) -> Response:
        """What is kept, and what one may do about it."""
        return await self._page(request, token, "following.html")

    async def export(self, token: str) -> Response:
        """All that is kept with the address, in JSON."""
        return Response(
            _exported(await self._following.everything(token), self._clock()),
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="my-data.json"'},
        )

    async def erasure(self, request: Request, token: str) -> Response:
        """Say what will be erased, and ask."""
        return await self._page(request, token, "following_erase.html")

    async def erase(self, request: Request, token: str) -> Response:
        """Erase the address."""
        self._pages.speak(request, await self._following.language(token))
        await self._pages.form(request)
        await self._following.erase(token)
        return see_other("/following/erased")

    async def erased(self, request: Request) -> Response:
        """Say that it is done, to whoever comes here."""
        return self._pages.render(request, "following_erased.html")

    async def _page(self, request: Request, token: str, template: str) -> Response:
        self._pages.speak(request, await self._following.language(token))
        holder = await self._following.holder(token)
        followed = await self._following.everything(token)
        return self._pages.render(
            request,
            template,
            path=f"/following/{token}",
            holder=holder,
            followed=[(each.proposal, _what_one_is(each.follower)) for each in followed],
            state_of=state_of,
            keep_days=self._keep_days,
            confirm_days=SUPPORT_LINK_LIFE.days,
        )


def _what_one_is(follower: Follower) -> list[str]:
    """What somebody is to a proposal, in marked words."""
    said = [PROPOSED] if follower.role is FollowerRole.AUTHOR else []
    if follower.supports:
        said.append(SUPPORTED)
    elif follower.support is SupportStep.REQUESTED:
        said.append(ASKED)
    return said or [FOLLOWED]


def _exported(followed: Iterable[Followed], now: datetime) -> bytes:
    kept = {"exported_at": now.isoformat(), **PersonView.of(followed).model_dump(mode="json")}
    return orjson.dumps(kept, option=orjson.OPT_INDENT_2)
