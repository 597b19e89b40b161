"""Asking under an offer: the form on its page, what the official data say, and what happens next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse

from services.registration.contacts.usecases import Contacts
from services.registration.entities.usecases import Entities
from services.registration.offers.domain import Offer, OfferUnknownProblem
from services.registration.offers.questions import QuestionKind, checked
from services.registration.offers.usecases import Offers
from services.registration.petitions.schemas import ContactIn
from services.registration.petitions.usecases import Petitions
from services.registration.programmes.domain import ProgrammeUnknownProblem
from services.registration.programmes.usecases import Programmes
from services.registration.registrations.forms import LANGUAGES, CheckedForm, filled
from services.registration.registrations.rate_limits import RateLimit
from shared import ids
from shared.clock import Clock
from shared.entities.domain import Entity
from shared.entities.picker import SCRIPT
from shared.events.support import Finding
from shared.events.vocabulary import in_language
from shared.problems import mark
from shared.security.links import Links
from shared.security.rate_limits import TooOftenProblem
from shared.web.client_address import client_key
from shared.web.csrf import SEND_AGAIN, ForeignFormProblem
from shared.web.desk import sent_id
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import CONFIRMED, Form, Pages, see_other

_NOT_SENT = "asking"
"""Stands in the errors for what concerns the form as a whole; also the id of its heading."""
YES_NO = {"yes": mark("Yes"), "no": mark("No")}
PREFIX = "answer_"
"""Of the fields of the answers."""


@dataclass(frozen=True)
class PetitionSite:
    """What the public pages of offers and petitions call."""

    pages: Pages
    links: Links
    clock: Clock
    programmes: Programmes
    offers: Offers
    petitions: Petitions
    contacts: Contacts
    entities: Entities
    rate_limit: RateLimit


def options_of(pages: Pages, request: Request, offer: Offer) -> dict[str, list[tuple[str, str]]]:
    """The answers to choose from, by question."""
    language = pages.language(request)
    yes_no = [(value, pages.text(request, name)) for value, name in YES_NO.items()]
    return {
        question.key: yes_no
        if question.kind is QuestionKind.YES_NO
        else [(str(place), in_language(text, language)) for place, text in enumerate(question.options, start=1)]
        for question in offer.questions
    }


def routes(site: PetitionSite) -> PageRouter:
    """`/programmes/{slug}/{offer}` and `…/asked`."""
    router = page_router(site.pages)
    path = "/programmes/{slug}/{offer_slug}"

    async def offer_of(slug: str, offer_slug: str) -> Offer:
        await site.programmes.get(slug)
        return await site.offers.get(f"{slug}:{offer_slug}")

    @router.get(path)
    async def show(request: Request, slug: str, offer_slug: str) -> HTMLResponse:
        return await _page(site, request, await offer_of(slug, offer_slug), None)

    @router.post(path)
    async def ask(request: Request, slug: str, offer_slug: str) -> Response:
        try:
            form = await site.pages.form(request)
        except ForeignFormProblem as problem:
            errors = {_NOT_SENT: site.pages.text(request, SEND_AGAIN)}
            held: CheckedForm[ContactIn] = CheckedForm(problem.sent, None, None, errors)
            try:
                offer = await offer_of(slug, offer_slug)
            except (ProgrammeUnknownProblem, OfferUnknownProblem):
                raise problem from None
            return await _page(site, request, offer, held, status=problem.status)
        offer = await offer_of(slug, offer_slug)
        return await _ask(site, request, await site.offers.open_offer(offer.id), form)

    @router.get(path + "/asked")
    async def asked(
        request: Request, slug: str, offer_slug: str, entity: Annotated[str, Query(max_length=40)] = ""
    ) -> HTMLResponse:
        offer, found = await offer_of(slug, offer_slug), await site.entities.find(entity)
        findings = await site.petitions.findings(offer, found) if found else ()
        return site.pages.render(
            request, "public/asked.html", offer=offer, entity=found, findings=findings, zone=await _zone(site, offer)
        )

    return router


async def _zone(site: PetitionSite, offer: Offer) -> str:
    return (await site.programmes.get(offer.programme)).time_zone


async def _page(
    site: PetitionSite, request: Request, offer: Offer, form: CheckedForm[ContactIn] | None, *, status: int = 200
) -> HTMLResponse:
    """An offer with its form, and the errors of what was sent."""
    now = site.clock()
    values = form.values if form else {"language": str(site.pages.language(request))}
    return site.pages.render(
        request,
        "public/offer.html",
        status=status,
        scripts=(SCRIPT,) if offer.takes_petitions(now) else (),
        offer=offer,
        programme=await site.programmes.get(offer.programme),
        now=now,
        options=options_of(site.pages, request, offer),
        languages_of_mails=LANGUAGES,
        values={"sent": ids.new_id(), **values},
        errors=form.errors if form else {},
        matches=[(entity.code, entity.name) for entity in form.matches] if form else [],
        has_more=form.has_more if form else False,
        canonical=offer.path,
    )


async def _ask(site: PetitionSite, request: Request, offer: Offer, form: Form) -> Response:
    sent = await filled(site.pages, request, site.entities, form, ContactIn)
    answers, wrong = checked(offer.questions, {each.key: form.get(PREFIX + each.key) for each in offer.questions})
    wrong = {PREFIX + key: site.pages.text(request, message) for key, message in wrong.items()}
    if sent.person is None or sent.entity is None or wrong:
        return await _page(site, request, offer, replace(sent, errors=_in_order(sent.errors, wrong)), status=422)
    if form.get("change"):
        return await _page(site, request, offer, sent)
    findings = await site.petitions.findings(offer, sent.entity)
    if not form.get(CONFIRMED) and not all(finding.passed for finding in findings):
        return _preview(site, request, offer, sent.entity, findings, form.values)
    try:
        await site.rate_limit.hit(offer.id, sent.person.email, client_key(request))
    except TooOftenProblem as problem:
        refused = replace(sent, errors={_NOT_SENT: site.pages.say(request, problem)})
        page = await _page(site, request, offer, refused, status=problem.status)
        page.headers["retry-after"] = str(problem.retry_after)
        return page
    await site.petitions.ask(offer, sent.entity, sent.person.person(), answers, sent_id(form, "sent"))
    return see_other(f"{offer.path}/asked?entity={sent.entity.code}")


def _in_order(errors: Mapping[str, str], of_answers: Mapping[str, str]) -> dict[str, str]:
    """The consent is the last field of the form."""
    last = {"consent": errors["consent"]} if "consent" in errors else {}
    return {**{name: text for name, text in errors.items() if name not in last}, **of_answers, **last}


def _preview(
    site: PetitionSite,
    request: Request,
    offer: Offer,
    entity: Entity,
    findings: tuple[Finding, ...],
    values: Mapping[str, Any],
) -> HTMLResponse:
    """What the official data say, before a petition is sent against them."""
    sent = {name: value for name, value in values.items() if name != "entity_code"} | {"entity_code": entity.code}
    return site.pages.render(
        request, "public/ask_preview.html", offer=offer, entity=entity, findings=findings, values=sent
    )
