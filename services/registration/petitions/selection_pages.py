"""The selection of an offer at the office: the order shown first, then decided; and its file."""

from dataclasses import replace
from typing import Any

import orjson
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.offers.domain import NoPlacesProblem, Offer
from services.registration.offers.questions import QuestionKind
from services.registration.offers.selection import criteria_of
from services.registration.petitions.domain import Petition
from services.registration.petitions.explained import Explained
from services.registration.petitions.office_pages import PetitionDesk
from services.registration.petitions.schemas import REASON_NEEDED, SelectionIn
from services.registration.petitions.selecting import NothingToSelectProblem, Proposed, SelectionChangedProblem, Wish
from shared.events.vocabulary import in_language
from shared.problems import Problem, mark
from shared.staff import StaffMember
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import CONFIRMED, Form, see_other

PATH = "/office/programmes/{slug}/offers/{offer_slug}"
OUT, BECAUSE = "out_", "because_"
"""Before the id of a petition: whether it is left out, and why, or what its council is told."""


class NoSelectionProblem(Problem):
    status = 404
    code = "no-selection"
    title = mark("Nothing has been selected yet.")


def routes(desk: PetitionDesk) -> PageRouter:
    """`…/select` and `…/selection.json`."""
    router = page_router(desk.pages)
    viewer, editor = Depends(desk.viewer), Depends(desk.editor)

    @router.get(PATH + "/select")
    async def select(request: Request, slug: str, offer_slug: str, _: StaffMember = editor) -> HTMLResponse:
        """Those of whom the official data say otherwise are left out, until the office says so."""
        offer = await desk.offers.get(f"{slug}:{offer_slug}")
        petitions = await desk.stored.of_offer(offer.id)
        against = {each.id: _against(desk, request, each) for each in petitions if each.is_open}
        left_out = {key: reason for key, reason in against.items() if reason}
        proposed = await desk.selecting.propose(offer.id, Wish(left_out=left_out))
        values = {f"{OUT}{key}": "1" for key in left_out} | {f"{BECAUSE}{key}": text for key, text in left_out.items()}
        return await _page(desk, request, proposed, values, {})

    @router.post(PATH + "/select")
    async def decide(request: Request, slug: str, offer_slug: str, member: StaffMember = editor) -> Response:
        form, offer = await desk.pages.form(request), await desk.offers.get(f"{slug}:{offer_slug}")
        asked, errors = _asked(desk, request, form)
        if asked is None or errors:
            return await _page(desk, request, await desk.selecting.propose(offer.id, Wish()), form.values, errors)
        return await _decide(desk, request, offer, form, asked, member)

    @router.get(PATH + "/selection.json")
    async def file(slug: str, offer_slug: str, _: StaffMember = viewer) -> Response:
        """The last selection that was decided, for whoever repeats it with `docs/selection.py`."""
        selection = await desk.offers.selection(await desk.offers.get(f"{slug}:{offer_slug}"))
        if selection is None:
            raise NoSelectionProblem
        return Response(
            orjson.dumps(selection.file, option=orjson.OPT_INDENT_2),
            media_type="application/json",
            headers={"content-disposition": f'attachment; filename="selection-{offer_slug}.json"'},
        )

    return router


async def _decide(
    desk: PetitionDesk, request: Request, offer: Offer, form: Form, asked: SelectionIn, member: StaffMember
) -> Response:
    """Decide what was shown, or show it with other wishes."""
    errors, wish = {}, asked.wish()
    try:
        if form.get(CONFIRMED):
            await desk.selecting.select(member, offer.id, wish, asked.digest)
            return see_other(f"/office/petitions?view=all&offer={offer.id}")
    except NoPlacesProblem as problem:
        errors, wish = {"places": desk.pages.say(request, problem)}, replace(wish, places=None)
    except (SelectionChangedProblem, NothingToSelectProblem) as problem:
        errors = {"selection": desk.pages.say(request, problem)}
    try:
        proposed = await desk.selecting.propose(offer.id, wish)
    except NoPlacesProblem as problem:
        errors = {"places": desk.pages.say(request, problem)}
        proposed = await desk.selecting.propose(offer.id, replace(wish, places=None))
    return await _page(desk, request, proposed, form.values, errors)


def _against(desk: PetitionDesk, request: Request, petition: Petition) -> str:
    """What the official data say against a petition."""
    language = desk.pages.language(request)
    return " ".join(in_language(each.text, language) for each in petition.findings if each.passed is False)


def _asked(desk: PetitionDesk, request: Request, form: Form) -> tuple[SelectionIn | None, dict[str, str]]:
    because = {
        name.removeprefix(BECAUSE): text.strip() for name, text in form.values.items() if name.startswith(BECAUSE)
    }
    left_out = {key: text for key, text in because.items() if form.get(OUT + key)}
    fields: dict[str, Any] = {
        "places": form.get("places") or None,
        "left_out": left_out,
        "reasons": {key: text for key, text in because.items() if text and key not in left_out},
        "digest": form.get("digest"),
    }
    needed = {BECAUSE + key: desk.pages.text(request, REASON_NEEDED) for key, text in left_out.items() if not text}
    asked, errors = desk.checked(request, SelectionIn, fields)
    named = {name.replace("left_out_", BECAUSE).replace("reasons_", BECAUSE): text for name, text in errors.items()}
    return asked, {**named, **needed}


async def _page(
    desk: PetitionDesk, request: Request, proposed: Proposed, values: Any, errors: dict[str, str]
) -> HTMLResponse:
    told = {each["id"]: Explained.of(proposed.file, each) for each in proposed.file["petitions"]}
    offer = proposed.offer
    texts = {each.key for each in criteria_of(offer.questions) if each.kind is QuestionKind.TEXT}
    return desk.again(
        request,
        "office/select.html",
        errors,
        offer=offer,
        programme=await desk.programmes.get(offer.programme),
        rows=[(proposed.petitions[each.candidate.id], told[each.candidate.id]) for each in proposed.placed],
        entities=proposed.file["official_data"],
        offered=sum(each.is_in for each in proposed.placed),
        without_points=sum(not texts <= each.candidate.facts.keys() for each in proposed.placed),
        digest=proposed.digest,
        values={"places": str(proposed.file["places"]), **values},
    )
