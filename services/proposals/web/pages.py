"""The pages for everybody: proposals, proposing, supporting. A GET never acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError

from services.proposals.domain.problems import MergedProblem, SupportClosedProblem
from services.proposals.domain.proposals import Proposal
from services.proposals.usecases import UseCases
from services.proposals.usecases.proposals import Reading
from services.proposals.web import wording
from services.proposals.web.forms import SupportForm, WrittenProposalForm, form_errors
from services.proposals.web.lists import read_query
from services.proposals.web.wording import ListOrder
from shared.entities import picker
from shared.entities.picker import EntityChoice
from shared.events.vocabulary import ProposalKind, ProposalState
from shared.security.links import LinkPurpose
from shared.security.rate_limits import TooOftenProblem
from shared.web.client_address import client_key
from shared.web.csrf import SEND_AGAIN, ForeignFormProblem
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, Pages, see_other
from shared.web.problems import problem_headers
from shared.web.sitemaps import sitemap

TEMPLATES = [Path(__file__).parent / "templates"]
PUBLIC_ORDERS = (ListOrder.NEWEST, ListOrder.SUPPORTS, ListOrder.OLDEST)
SCRIPT = (Path(__file__).parent / "similar.js").read_text(encoding="utf-8")
LISTED = 20

ALIVE = [state for state in ProposalState if state is not ProposalState.MERGED]
"""The list's default: a merged proposal is represented by its target."""


def page_routes(use_cases: UseCases, pages: Pages) -> PageRouter:
    router = page_router(pages)
    lists = ProposalPages(use_cases, pages)
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


@dataclass(frozen=True, slots=True)
class ProposalPages:
    use_cases: UseCases
    pages: Pages

    async def show_list(self, request: Request) -> Response:
        query = read_query(request.query_params, {"": ALIVE}, PUBLIC_ORDERS)
        found = await self.use_cases.proposals.search(query.filter, LISTED, query.after)
        programmes = await self.use_cases.proposals.programmes()
        sessions = {proposal.session_id for proposal in found.items if proposal.session_id}
        orders = {order: wording.ORDER_WORDS[order] for order in (ListOrder.NEWEST, ListOrder.SUPPORTS)}
        return self.pages.render(
            request,
            "proposals.html",
            proposals=found.items,
            programmes=programmes,
            programme_choices=wording.programme_choices(self.pages, request, programmes),
            sessions=await self.use_cases.store.sessions.many(sessions),
            query=query,
            next_page=query.next_address(found.next),
            values=query.values,
            **wording.IN_TEMPLATES,
            state_choices=wording.worded(self.pages, request, wording.STATES.items()),
            order_choices=wording.worded(self.pages, request, orders.items()),
        )

    async def sitemap(self) -> Response:
        every = self.use_cases.store.all_proposals(ALIVE)
        return sitemap(self.pages.public_url, [(f"/proposals/{each.id}", each.changed_at) async for each in every])

    async def show_form(self, request: Request) -> Response:
        return await self._form(request, {})

    async def propose(self, request: Request) -> Response:
        """Receive a proposal, but first show similar ones that the sender has not seen yet."""
        try:
            form = await self.pages.form(request)
        except ForeignFormProblem as problem:
            return await self._form(request, problem.sent, status=problem.status, errors=self._send_again(request))
        choice = await self._entity(form)
        errors = {name: self.pages.text(request, message) for name, message in choice.errors.items()}
        try:
            sent = self._read(request, form, choice)
        except ValidationError as error:
            errors = form_errors(self.pages, request, error) | errors
        if errors:
            return await self._form(request, form.values, status=422, errors=errors, **_found(choice))
        near = [other for other, _ in await self.use_cases.proposals.similar(sent.programme, sent.title)]
        if {other.id for other in near} - set(form.get("shown").split()):
            named = {"entity": choice.entity.name} if choice.entity else {}
            return await self._form(request, {**form.values, **named}, near)
        try:
            proposal = await self.use_cases.proposals.propose(sent.new_proposal(), origin=client_key(request))
        except TooOftenProblem as problem:
            errors = {"main": self.pages.say(request, problem)}
            page = await self._form(request, form.values, status=problem.status, errors=errors)
            page.headers.update(problem_headers(problem))
            return page
        return see_other(f"/proposals/{proposal.id}?sent=1")

    async def show(self, request: Request, proposal_id: str) -> Response:
        return self._proposal(request, await self.use_cases.proposals.read(proposal_id))

    async def ask_support(self, request: Request, proposal_id: str) -> Response:
        """Mail the link that supports or follows. The answer never depends on the address."""
        reading = await self.use_cases.proposals.read(proposal_id)
        try:
            form = await self.pages.form(request)
        except ForeignFormProblem as problem:
            errors = self._send_again(request)
            return self._proposal(request, reading, status=problem.status, errors=errors, values=problem.sent)
        choice = await self._entity(form)
        errors = {name: self.pages.text(request, message) for name, message in choice.errors.items()}
        try:
            sent = SupportForm(email=form.get("email"), language=self.pages.language(request), entity=_code(choice))
        except ValidationError as error:
            errors = form_errors(self.pages, request, error) | errors
        if errors:
            return self._proposal(request, reading, status=422, errors=errors, values=form.values, **_found(choice))
        try:
            await self.use_cases.supports.request(
                proposal_id, sent.email, sent.language, entity=sent.entity, origin=client_key(request)
            )
        except (MergedProblem, SupportClosedProblem, TooOftenProblem) as problem:
            errors = {"main": self.pages.say(request, problem)}
            page = self._proposal(request, reading, status=problem.status, errors=errors, values=form.values)
            page.headers.update(problem_headers(problem))
            return page
        return see_other(f"/proposals/{proposal_id}?asked=1#support")

    def _send_again(self, request: Request) -> dict[str, str]:
        return {"main": self.pages.text(request, SEND_AGAIN)}

    async def _entity(self, form: Form) -> EntityChoice:
        return await picker.choose(self.use_cases.entities, form.get("entity"), form.get("entity_code"), required=False)

    def _read(self, request: Request, form: Form, choice: EntityChoice) -> WrittenProposalForm:
        sent: dict[str, Any] = {name: form.get(name) for name in ("programme", "title", "body")}
        kind = ProposalKind.DOUBT if form.get("doubt") else ProposalKind.TOPIC
        given = {"kind": kind, "email": form.get("email") or None, "language": self.pages.language(request)}
        given["entity"] = _code(choice)
        return WrittenProposalForm.model_validate({**sent, **given})

    async def _form(
        self, request: Request, values: Mapping[str, str], similar: Sequence[Proposal] = (), **more: Any
    ) -> Response:
        programmes = await self.use_cases.proposals.programmes()
        asked = request.query_params.get("programme", "")
        preset = next(iter(programmes)) if len(programmes) == 1 else asked if asked in programmes else ""
        return self.pages.render(
            request,
            "new.html",
            scripts=[SCRIPT, picker.SCRIPT],
            values={**values, "programme": preset or values.get("programme", "")},
            similar=similar,
            programme=programmes.get(preset),
            programme_choices=wording.programme_choices(self.pages, request, programmes),
            **wording.IN_TEMPLATES,
            **_found(EntityChoice()) | more,
        )

    def _proposal(self, request: Request, reading: Reading, **values: Any) -> Response:
        return self.pages.render(
            request,
            "proposal.html",
            scripts=[picker.SCRIPT] if reading.proposal.is_open else [],
            reading=reading,
            was_sent="sent" in request.query_params,
            was_asked="asked" in request.query_params,
            **wording.IN_TEMPLATES,
            **_found(EntityChoice()) | values,
        )


def _code(choice: EntityChoice) -> str:
    return choice.entity.code if choice.entity else ""


def _found(choice: EntityChoice) -> dict[str, Any]:
    """What the form shows of an entity that was not found by its words alone."""
    return {"matches": [(entity.code, entity.name) for entity in choice.matches], "has_more": choice.has_more}


@dataclass(frozen=True, slots=True)
class SupportPages:
    use_cases: UseCases
    pages: Pages

    async def show(self, request: Request, token: str) -> Response:
        self.pages.speak(request, await self.use_cases.followers.language(LinkPurpose.SUPPORT, token))
        support = await self.use_cases.supports.show(token)
        return self.pages.render(request, "support.html", support=support, **wording.IN_TEMPLATES)

    async def confirm(self, request: Request, token: str) -> Response:
        self.pages.speak(request, await self.use_cases.followers.language(LinkPurpose.SUPPORT, token))
        form = await self.pages.form(request)
        if form.get("what") == "follow":
            await self.use_cases.supports.follow(token)
        else:
            await self.use_cases.supports.confirm(token)
        return see_other(request.url.path)
