"""Offers at the office: those of a programme, a new one, its terms."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.eligibility.domain import KINDS
from services.registration.offers.domain import OfferExistsProblem, PlacesTakenProblem, QuestionsAskedProblem
from services.registration.offers.forms import (
    DEFAULTS,
    ROWS,
    WAVES,
    errors_by_field,
    fields_of,
    instants_of,
    provinces_of,
    values_of,
)
from services.registration.offers.questions import QuestionKind
from services.registration.offers.schemas import OfferIn, OfferTerms
from services.registration.offers.usecases import Offers
from services.registration.programmes.domain import Programme
from services.registration.programmes.text_rows import places
from services.registration.programmes.usecases import Programmes
from shared.events.vocabulary import Language, in_language
from shared.problems import Problem, mark
from shared.staff import StaffMember
from shared.web.desk import NO_SUCH_TIME, Desk
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

PATH = "/office/programmes/{slug}/offers"
QUESTION_KINDS = {
    QuestionKind.TEXT: mark("a text"),
    QuestionKind.NUMBER: mark("a number"),
    QuestionKind.YES_NO: mark("yes or no"),
    QuestionKind.CHOICE: mark("one of several answers"),
}
NO_SUCH_PROVINCE = mark("The directory has no local entity in: {provinces}.")
_FIELDS: Mapping[type[Problem], str] = {PlacesTakenProblem: "places", QuestionsAskedProblem: "questions"}
"""Of the form, by what is wrong with them."""

T = TypeVar("T", bound=OfferTerms)


@dataclass(frozen=True)
class OfferDesk(Desk):
    offers: Offers
    programmes: Programmes
    provinces: Callable[[], Awaitable[set[str]]]
    resources: Callable[[], Awaitable[Mapping[str, Mapping[Language, str]]]]
    """The names of the catalogue's resources, by slug."""


def routes(desk: OfferDesk) -> PageRouter:
    """`/office/programmes/{slug}/offers…`."""
    router = page_router(desk.pages)
    viewer, editor = Depends(desk.viewer), Depends(desk.editor)

    @router.get(PATH)
    async def offers(request: Request, slug: str, _: StaffMember = viewer) -> HTMLResponse:
        programme = await desk.programmes.get(slug)
        found, now = await desk.offers.of(slug), desk.clock()
        return desk.pages.render(request, "office/offers.html", programme=programme, offers=found, now=now)

    @router.get(PATH + "/new")
    async def new(request: Request, slug: str, _: StaffMember = editor) -> HTMLResponse:
        return await _form(desk, request, await desk.programmes.get(slug), DEFAULTS, {})

    @router.post(PATH + "/new")
    async def publish(request: Request, slug: str, member: StaffMember = editor) -> Response:
        form, programme = await desk.pages.form(request), await desk.programmes.get(slug)
        names = {"programme": slug, "slug": form.get("slug")}
        asked, errors = await _checked(desk, request, OfferIn, form, programme.time_zone, names)
        try:
            if asked:
                offer = await desk.offers.publish(member, asked.offer(desk.clock))
                return see_other(f"/office/programmes/{slug}/offers/{offer.slug}?done=1")
        except OfferExistsProblem as problem:
            errors = {"slug": desk.pages.say(request, problem)}
        return await _form(desk, request, programme, form.values, errors)

    _add_terms(router, desk)
    return router


def _add_terms(router: PageRouter, desk: OfferDesk) -> None:
    editor = Depends(desk.editor)

    @router.get(PATH + "/{offer_slug}")
    async def terms(
        request: Request, slug: str, offer_slug: str, done: str = "", _: StaffMember = editor
    ) -> HTMLResponse:
        programme, offer = await desk.programmes.get(slug), await desk.offers.get(f"{slug}:{offer_slug}")
        values = values_of(offer, programme.time_zone)
        return await _form(desk, request, programme, values, {}, offer_slug=offer_slug, is_done=bool(done))

    @router.post(PATH + "/{offer_slug}")
    async def change(request: Request, slug: str, offer_slug: str, member: StaffMember = editor) -> Response:
        form, programme = await desk.pages.form(request), await desk.programmes.get(slug)
        offer = await desk.offers.get(f"{slug}:{offer_slug}")
        asked, errors = await _checked(desk, request, OfferTerms, form, programme.time_zone, {})
        try:
            if asked:
                await desk.offers.change(member, offer.id, asked.changes())
                return see_other(f"/office/programmes/{slug}/offers/{offer_slug}?done=1")
        except (PlacesTakenProblem, QuestionsAskedProblem) as problem:
            errors = {_FIELDS[type(problem)]: desk.pages.say(request, problem)}
        return await _form(desk, request, programme, form.values, errors, offer_slug=offer_slug)


async def _checked(
    desk: OfferDesk, request: Request, model: type[T], form: Form, zone: str, more: Mapping[str, str]
) -> tuple[T | None, dict[str, str]]:
    fields = fields_of(form, zone, await desk.resources())
    asked, found = desk.checked(request, model, {**fields, **more})
    errors, known = errors_by_field(found), await desk.provinces()
    for name, instant in instants_of(fields).items():
        if form.get(name) and instant is None:
            errors[name] = desk.pages.text(request, NO_SUCH_TIME)
    for name, provinces in provinces_of(fields).items():
        if unknown := [each for each in provinces if each not in known]:
            errors[name] = desk.pages.text(request, NO_SUCH_PROVINCE, provinces=", ".join(unknown))
    return None if errors else asked, errors


async def _form(
    desk: OfferDesk,
    request: Request,
    programme: Programme,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    offer_slug: str = "",
    is_done: bool = False,
) -> HTMLResponse:
    language = desk.pages.language(request)
    count = sum(1 for row in range(ROWS.most) if values.get(f"key_{row}"))
    return desk.again(
        request,
        "office/offer_form.html",
        errors,
        values=values,
        programme=programme,
        offer_slug=offer_slug,
        is_done=is_done,
        kinds=[(f"rule_kind_{kind}", desk.pages.text(request, words.message)) for kind, words in KINDS.items()],
        resources=[
            (f"rule_finished_{slug}", in_language(name, language)) for slug, name in (await desk.resources()).items()
        ],
        provinces=", ".join(sorted(await desk.provinces())),
        waves=range(_waves(values)),
        rows=ROWS.shown(count),
        count=count,
        places=places(count),
        question_kinds=[(kind.value, desk.pages.text(request, name)) for kind, name in QUESTION_KINDS.items()],
    )


def _waves(values: Mapping[str, str]) -> int:
    """Those filled in, and two more."""
    filled = [row for row in range(WAVES) if values.get(f"rule_openings_{row}_at")]
    return min(WAVES, (filled[-1] + 1 if filled else 0) + 2)
