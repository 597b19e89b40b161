"""A follower's own data, by the personal link in their mails. A GET never acts."""

from dataclasses import dataclass

import orjson
from fastapi import Request, Response

from services.proposals.domain.followers import Follower, SupportStep
from services.proposals.usecases import UseCases
from services.proposals.web.views import PersonView
from services.proposals.web.wording import IN_TEMPLATES
from shared.clock import Clock
from shared.events.vocabulary import FollowerRole
from shared.problems import mark
from shared.security.links import SUPPORT_LINK_LIFE, LinkPurpose
from shared.web.link_exchange import link_path
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Pages, see_other

PROPOSED = mark("You proposed it.")
SUPPORTED = mark("You support it.")
FOLLOWED = mark("You follow it.")
ASKED = mark("You have not confirmed that you support it.")


def following_routes(
    use_cases: UseCases, pages: Pages, clock: Clock, *, keep_days: int, keep_waiting_days: int
) -> PageRouter:
    router = page_router(pages)
    mine = FollowingPages(use_cases, pages, clock, keep_days, keep_waiting_days)
    router.add_api_route("/following/erased", mine.erased)
    router.add_api_route("/following/{token}", mine.show)
    router.add_api_route("/following/{token}/data.json", mine.export)
    router.add_api_route("/following/{token}/erase", mine.erasure)
    router.add_api_route("/following/{token}/erase", mine.erase, methods=["POST"])
    return router


@dataclass(frozen=True, slots=True)
class FollowingPages:
    """In the language of the holder's mails unless another was chosen."""

    use_cases: UseCases
    pages: Pages
    clock: Clock
    keep_days: int
    keep_waiting_days: int

    async def show(self, request: Request, token: str) -> Response:
        return await self._page(request, token, "following.html")

    async def export(self, token: str) -> Response:
        followed = PersonView.of(await self.use_cases.following.everything(token))
        kept = {"exported_at": self.clock().isoformat(), **followed.model_dump(mode="json")}
        return Response(
            orjson.dumps(kept, option=orjson.OPT_INDENT_2),
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="my-data.json"'},
        )

    async def erasure(self, request: Request, token: str) -> Response:
        return await self._page(request, token, "following_erase.html")

    async def erase(self, request: Request, token: str) -> Response:
        self.pages.speak(request, await self.use_cases.followers.language(LinkPurpose.FOLLOWING, token))
        await self.pages.form(request)
        await self.use_cases.following.erase(token)
        return see_other("/following/erased")

    async def erased(self, request: Request) -> Response:
        return self.pages.render(request, "following_erased.html")

    async def _page(self, request: Request, token: str, template: str) -> Response:
        self.pages.speak(request, await self.use_cases.followers.language(LinkPurpose.FOLLOWING, token))
        holder = await self.use_cases.followers.holder(LinkPurpose.FOLLOWING, token)
        followed = await self.use_cases.following.everything(token)
        listed = await self.use_cases.entities.many(each.follower.entity for each in followed)
        entities = {entity.code: entity.name for entity in listed}
        return self.pages.render(
            request,
            template,
            path=link_path(request),
            holder=holder,
            followed=[
                (each.proposal, _what_one_is(each.follower), entities.get(each.follower.entity, each.follower.entity))
                for each in followed
            ],
            **IN_TEMPLATES,
            keep_days=self.keep_days,
            keep_waiting_days=self.keep_waiting_days,
            confirm_days=SUPPORT_LINK_LIFE.days,
        )


def _what_one_is(follower: Follower) -> list[str]:
    said = [PROPOSED] if follower.role is FollowerRole.AUTHOR else []
    if follower.supports:
        said.append(SUPPORTED)
    elif follower.support is SupportStep.REQUESTED:
        said.append(ASKED)
    return said or [FOLLOWED]
