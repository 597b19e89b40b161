"""A council's own petition, behind the link: where it stands, accept, withdraw, take along, erase. A GET never acts."""

from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from services.registration.offers.domain import Offer
from services.registration.petitions.domain import Petition
from services.registration.petitions.explained import explained
from services.registration.petitions.pages import PetitionSite, options_of
from services.registration.petitions.schemas import AcceptanceIn, PetitionOut
from shared.events.vocabulary import PetitionState
from shared.problems import mark
from shared.web.desk import Desk
from shared.web.link_exchange import link_path
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import see_other

DONE = ("accepted", "withdrawn")
"""What the page may say was done, as its address names it."""

STATES = {
    PetitionState.RECEIVED: mark("We have your petition and will tell you what comes of it."),
    PetitionState.UNDER_REVIEW: mark("Your petition is being studied."),
    PetitionState.RESERVE: mark("Your petition is in the reserve: if a place becomes free, it goes to the first."),
    PetitionState.OFFERED: mark("A place is offered to your local entity."),
    PetitionState.ACCEPTED: mark("Your petition is accepted."),
    PetitionState.DECLINED: mark("Your petition was declined."),
    PetitionState.ANSWERED: mark("Your petition is answered."),
    PetitionState.WITHDRAWN: mark("Your petition is withdrawn."),
}
EXPIRED = mark("The term to accept the place ended without an answer, and it was offered to the next.")


def routes(site: PetitionSite) -> PageRouter:
    """`/petition/{token}` and what is beneath."""
    router = page_router(site.pages)
    own = OwnPetitionPages(site)
    router.get("/petition/erased")(own.erased)
    router.get("/petition/{token}")(own.show)
    router.get("/petition/{token}/accept")(own.back)
    router.post("/petition/{token}/accept")(own.accept)
    router.get("/petition/{token}/withdraw")(own.withdrawal)
    router.post("/petition/{token}/withdraw")(own.withdraw)
    router.get("/petition/{token}/data.json")(own.export)
    router.get("/petition/{token}/erase")(own.erasure)
    router.post("/petition/{token}/erase")(own.erase)
    return router


class OwnPetitionPages:
    """The pages of one's own petition, in the contact's language unless another was chosen."""

    def __init__(self, site: PetitionSite) -> None:
        self._site = site
        self._pages = site.pages
        self._desk = Desk(site.pages, site.clock)

    async def show(self, request: Request, token: str) -> HTMLResponse:
        petition = await self._own(request, token)
        done = request.query_params.get("done", "")
        return await self._petition(request, petition, done=done if done in DONE else "")

    async def back(self, request: Request, token: str) -> Response:
        """Where a language was chosen beside the answer to a form."""
        await self._own(request, token)
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"{link_path(request)}{query}")

    async def accept(self, request: Request, token: str) -> Response:
        petition = await self._own(request, token)
        form = await self._pages.form(request)
        fields = {"name": form.get("name"), "role": form.get("role")}
        asked, errors = self._desk.checked(request, AcceptanceIn, fields)
        if asked is None:
            return await self._petition(request, petition, values=form.values, errors=errors, status=422)
        await self._site.petitions.accept(petition, asked.name, asked.role)
        return see_other(f"{link_path(request)}?done=accepted")

    async def withdrawal(self, request: Request, token: str) -> HTMLResponse:
        petition = await self._own(request, token)
        await self._site.petitions.require_withdrawal(petition)
        return await self._page(request, petition, "public/petition_withdraw.html")

    async def withdraw(self, request: Request, token: str) -> Response:
        petition = await self._own(request, token)
        await self._pages.form(request)
        await self._site.petitions.withdraw(petition)
        return see_other(f"{link_path(request)}?done=withdrawn")

    async def export(self, request: Request, token: str) -> Response:
        petition = await self._own(request, token)
        offer = await self._site.petitions.offer_of(petition)
        kept = {
            "exported_at": self._site.clock().isoformat(),
            "petition": PetitionOut.of(petition, offer).model_dump(mode="json"),
            "accepted_by": petition.acceptance.model_dump(mode="json") if petition.acceptance else None,
        }
        return Response(
            orjson.dumps(kept, option=orjson.OPT_INDENT_2),
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="my-data.json"'},
        )

    async def erasure(self, request: Request, token: str) -> HTMLResponse:
        return await self._page(request, await self._own(request, token), "public/petition_erase.html")

    async def erase(self, request: Request, token: str) -> Response:
        petition = await self._own(request, token)
        await self._pages.form(request)
        await self._site.contacts.erasing.begin(petition.contact.id, petition.contact.generation)
        return see_other("/petition/erased")

    async def erased(self, request: Request) -> HTMLResponse:
        return self._pages.render(request, "public/petition_erased.html")

    async def _own(self, request: Request, token: str) -> Petition:
        """The petition that a link names. From here on the page, also one of an error, is in its language."""
        self._pages.speak(request, await self._site.petitions.language(token))
        return await self._site.petitions.read_link(token)

    async def _petition(self, request: Request, petition: Petition, **values: Any) -> HTMLResponse:
        offer = await self._site.petitions.offer_of(petition)
        more = {
            "state": _state_of(petition),
            "place": offer.place_in_reserve(petition.id),
            "selected": explained(await self._site.offers.selection(offer), petition.id),
            "options": options_of(self._pages, request, offer),
            "may_withdraw": await self._site.petitions.may_withdraw(petition),
            "is_offered": petition.state is PetitionState.OFFERED,
            "done": "",
            "values": {"name": petition.contact.name, "role": petition.contact.role},
        }
        return await self._page(request, petition, "public/petition.html", offer=offer, **{**more, **values})

    async def _page(
        self, request: Request, petition: Petition, template: str, offer: Offer | None = None, **values: Any
    ) -> HTMLResponse:
        offer = offer or await self._site.petitions.offer_of(petition)
        programme = await self._site.programmes.get(petition.programme)
        return self._pages.render(
            request,
            template,
            path=link_path(request),
            petition=petition,
            offer=offer,
            programme=programme,
            zone=programme.time_zone,
            **values,
        )


def _state_of(petition: Petition) -> str:
    """An English message id."""
    expired = petition.state is PetitionState.DECLINED and not petition.history[-1].by
    return EXPIRED if expired else STATES[petition.state]
