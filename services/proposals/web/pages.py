"""The pages for everybody: proposals, proposing, supporting. A GET never acts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError

from services.proposals.domain.problems import MergedProblem, SupportClosedProblem
from services.proposals.domain.proposals import Proposal
from services.proposals.usecases import UseCases
from services.proposals.usecases.browsing import Reading
from services.proposals.web.choices import programme_choices, worded
from services.proposals.web.faults import faults_of
from services.proposals.web.forms import SupportForm, WrittenProposalForm
from services.proposals.web.lists import read_list, read_query
from services.proposals.web.wording import (
    KINDS,
    MEANINGS,
    ORDER_WORDS,
    STATES,
    ListOrder,
    state_of,
)
from shared.events.vocabulary import ProposalKind, ProposalState
from shared.security.rate_limits import TooOftenProblem
from shared.text.catalogues import Translations
from shared.web.client_address import client_key
from shared.web.csrf import SEND_AGAIN, ForeignFormProblem
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, Pages, see_other
from shared.web.problems import problem_headers
from shared.web.sitemaps import sitemap

TEMPLATES = [Path(__file__).parent / "templates"]
SCRIPT = (Path(__file__).parent / "similar.js").read_text(encoding="utf-8")
LISTED = 20

ALIVE = [state for state in ProposalState if state is not ProposalState.MERGED]
"""What the list shows by itself: a merged proposal speaks by the one in which it goes on."""


def page_routes(use_cases: UseCases, pages: Pages, words: Translations) -> PageRouter:
    """`/proposals…` and `/support/{token}`."""
    router = page_router(pages)
    lists = ProposalPages(use_cases, pages, words)
    router.add_api_route("/proposals", lists.show_list)
    router.add_api_route("/proposals/new", lists.show_form)
    router.add_api_route("/proposals/new", lists.propose, methods=["POST"])
    router.add_api_route("/proposals/sitemap.xml", lists.sitemap)
    router.add_api_route("/proposals/{proposal_id}", lists.show)
    router.add_api_route("/proposals/{proposal_id}", lists.ask_support, methods=["POST"])
    links = SupportPages(use_cases, pages)
    router.add_api_route("/support/{token}", links.show)
    router.add_api_route("/support/{token}", links.confirm, methods=["POST"])
    return router


class ProposalPages:
    """The list, the form, and each proposal."""

    def __init__(self, use_cases: UseCases, pages: Pages, words: Translations) -> None:
        self._cases = use_cases
        self._pages = pages
        self._words = words

    async def show_list(self, request: Request) -> Response:
        """`/proposals`: search, filters, order."""
        query = read_query(request.query_params, {"": ALIVE}, ListOrder.NEWEST)
        found, next_page = await read_list(self._cases.browsing, query, LISTED)
        programmes = await self._cases.browsing.programmes()
        orders = {order: ORDER_WORDS[order] for order in (ListOrder.NEWEST, ListOrder.SUPPORTS)}
        return self._pages.render(
            request,
            "proposals.html",
            proposals=found,
            programmes=programmes,
            programme_choices=programme_choices(self._pages, request, programmes),
            sessions=await self._cases.browsing.sessions_of(found),
            query=query,
            next_page=next_page,
            values=query.values,
            state_of=state_of,
            state_choices=worded(self._pages, request, STATES.items()),
            order_choices=worded(self._pages, request, orders.items()),
        )

    async def sitemap(self) -> Response:
        """`/proposals/sitemap.xml`: for search engines, those that the list shows by itself."""
        everything = await self._cases.browsing.everything(ALIVE)
        return sitemap(self._pages.public_url, [(f"/proposals/{each.id}", each.changed_at) for each in everything])

    async def show_form(self, request: Request) -> Response:
        """`/proposals/new`: the empty form."""
        return await self._form(request, {})

    async def propose(self, request: Request) -> Response:
        """Receive what the form holds, unless it resembles proposals that its sender has not been shown yet."""
        try:
            form = await self._pages.form(request)
        except ForeignFormProblem as problem:
            return await self._form(request, problem.sent, status=problem.status, errors=self._send_again(request))
        try:
            sent = self._read(request, form)
        except ValidationError as error:
            errors = faults_of(error, request, self._pages, self._words)
            return await self._form(request, form.values, status=422, errors=errors)
        near = [other for other, _ in await self._cases.proposals.similar(sent.programme, sent.title)]
        if {other.id for other in near} - set(form.get("shown").split()):
            return await self._form(request, form.values, similar=near)
        try:
            proposal = await self._cases.proposals.propose(sent.new_proposal(), origin=client_key(request))
        except TooOftenProblem as problem:
            errors = {"main": self._pages.say(request, problem)}
            page = await self._form(request, form.values, status=problem.status, errors=errors)
            page.headers.update(problem_headers(problem))
            return page
        return see_other(f"/proposals/{proposal.id}?sent=1")

    async def show(self, request: Request, proposal_id: str) -> Response:
        """`/proposals/{id}`: the text, the state in words, what became of it, the form to support it."""
        return self._proposal(request, await self._cases.browsing.read(proposal_id))

    async def ask_support(self, request: Request, proposal_id: str) -> Response:
        """Have the link mailed that supports or follows; what is said never depends on the address."""
        reading = await self._cases.browsing.read(proposal_id)
        try:
            form = await self._pages.form(request)
        except ForeignFormProblem as problem:
            errors = self._send_again(request)
            return self._proposal(request, reading, status=problem.status, errors=errors, values=problem.sent)
        try:
            sent = SupportForm(email=form.get("email"), language=self._pages.language(request))
        except ValidationError as error:
            errors = faults_of(error, request, self._pages, self._words)
            return self._proposal(request, reading, status=422, errors=errors, values=form.values)
        try:
            await self._cases.supports.request(proposal_id, sent.email, sent.language, origin=client_key(request))
        except (MergedProblem, SupportClosedProblem, TooOftenProblem) as problem:
            errors = {"main": self._pages.say(request, problem)}
            page = self._proposal(request, reading, status=problem.status, errors=errors, values=form.values)
            page.headers.update(problem_headers(problem))
            return page
        return see_other(f"/proposals/{proposal_id}?asked=1#support")

    def _send_again(self, request: Request) -> dict[str, str]:
        return {"main": self._pages.text(request, SEND_AGAIN)}

    def _read(self, request: Request, form: Form) -> WrittenProposalForm:
        sent: dict[str, Any] = {name: form.get(name) for name in ("programme", "title", "body")}
        kind = ProposalKind.DOUBT if form.get("doubt") else ProposalKind.TOPIC
        given = {"kind": kind, "email": form.get("email") or None, "language": self._pages.language(request)}
        return WrittenProposalForm.model_validate({**sent, **given})

    async def _form(
        self,
        request: Request,
        values: Mapping[str, str],
        *,
        status: int = 200,
        errors: Mapping[str, str] | None = None,
        similar: list[Proposal] | None = None,
    ) -> Response:
        programmes = await self._cases.browsing.programmes()
        asked = request.query_params.get("programme", "")
        preset = next(iter(programmes)) if len(programmes) == 1 else asked if asked in programmes else ""
        return self._pages.render(
            request,
            "new.html",
            status=status,
            scripts=[SCRIPT],
            values={**values, "programme": preset or values.get("programme", "")},
            errors=errors or {},
            similar=similar or [],
            programme=programmes.get(preset),
            programme_choices=programme_choices(self._pages, request, programmes),
            state_of=state_of,
        )

    def _proposal(self, request: Request, reading: Reading, *, status: int = 200, **values: Any) -> Response:
        return self._pages.render(
            request,
            "proposal.html",
            status=status,
            reading=reading,
            was_sent="sent" in request.query_params,
            was_asked="asked" in request.query_params,
            state_of=state_of,
            meanings=MEANINGS,
            kinds=KINDS,
            **values,
        )


class SupportPages:
    """The page behind a mailed link: its buttons support the proposal, or only follow it."""

    def __init__(self, use_cases: UseCases, pages: Pages) -> None:
        self._supports = use_cases.supports
        self._pages = pages

    async def show(self, request: Request, token: str) -> Response:
        """What the link is about, and what its holder did with it."""
        self._pages.speak(request, await self._supports.language(token))
        support = await self._supports.show(token)
        return self._pages.render(request, "support.html", support=support, state_of=state_of, meanings=MEANINGS)

    async def confirm(self, request: Request, token: str) -> Response:
        """Support the proposal, or follow it; once more changes nothing."""
        self._pages.speak(request, await self._supports.language(token))
        form = await self._pages.form(request)
        if form.get("what") == "follow":
            await self._supports.follow(token)
        else:
            await self._supports.confirm(token)
        return see_other(request.url.path)
