"""An entity's own page, behind the link in its contacts' mails, and the public list of members. A GET never acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from services.registration.contacts.domain import Contact, Person
from services.registration.memberships.board import CELL_NAMES, SIGNS, cell
from services.registration.memberships.domain import Membership, TooManyContactsProblem
from services.registration.memberships.office_pages import LANGUAGES, STATE_NAMES
from services.registration.memberships.schemas import EvidenceIn
from services.registration.memberships.store import MembershipStore
from services.registration.memberships.usecases import OwnMembership
from services.registration.programmes.domain import Programme, ProgrammeUnknownProblem
from services.registration.programmes.usecases import Programmes
from services.registration.registrations.domain import Registration
from services.registration.registrations.people_api import ContactKept
from services.registration.registrations.store import RegistrationStore
from services.registration.registrations.usecases import Registrations
from services.registration.sessions.domain import Session
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.problems import LinkExpiredProblem
from shared.security.links import LinkPurpose, Links
from shared.text.dates import today_in
from shared.web.link_exchange import link_path
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, Pages, see_other
from shared.web.problems import field_errors

LOOKING_BACK, LOOKING_AHEAD = timedelta(days=366), timedelta(days=366)
MOST_LINKS = 6
"""Registrations that the page opens; a browser keeps few links open."""
DONE = ("evidence", "contact")
"""What the page may say was done, as its address names it."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A session of the programme, as a contact sees it."""

    session: Session
    token: str
    """Opens the contact's own registration; empty for who has none."""
    path: str
    """Of that registration, once its link is open in this browser."""


@dataclass(frozen=True)
class MembershipSite:
    pages: Pages
    links: Links
    clock: Clock
    own: OwnMembership
    stored: MembershipStore
    programmes: Programmes
    sessions: SessionStore
    people: RegistrationStore
    registrations: Registrations

    async def meetings(self, membership: Membership, contact: Contact) -> list[Meeting]:
        """The sessions of the programme that are for its entity, from a year ago on, by start. Of those to come for
        members alone, who takes part no longer sees what they have a seat in."""
        now, members = self.clock(), {membership.entity}
        found = await self.sessions.between(now - LOOKING_BACK, now + LOOKING_AHEAD, membership.programme)
        found = [session for session in found if session.is_for(membership.entity, members)]
        ids = {session.id: self.registrations.id_of(session.id, contact.email) for session in found}
        registered = await self.people.many(ids.values())
        meetings = [self._meeting(each, registered.get(ids[each.id])) for each in found]
        until = membership.ended_at or now + LOOKING_AHEAD
        return [each for each in meetings if each.token or each.session.is_public or each.session.starts_at <= until]

    def _meeting(self, session: Session, registration: Registration | None) -> Meeting:
        if registration is None or not registration.is_active:
            return Meeting(session, "", "")
        token = self.links.token(LinkPurpose.REGISTRATION, registration.id, session.date.links_expire_at)
        return Meeting(session, token, f"/{LinkPurpose.REGISTRATION}/{self.pages.links.id_of(token)}")


def routes(site: MembershipSite) -> PageRouter:
    """`/membership/{token}` and what is beneath, `/programmes/{slug}/members`."""
    router = page_router(site.pages)
    personal = PersonalPages(site)
    router.get("/membership/erased")(personal.erased)
    router.get("/membership/{token}")(personal.show)
    router.post("/membership/{token}/evidence")(personal.add_evidence)
    router.post("/membership/{token}/contacts")(personal.name_contact)
    router.get("/membership/{token}/data.json")(personal.export)
    router.get("/membership/{token}/erase")(personal.erasure)
    router.post("/membership/{token}/erase")(personal.erase)

    @router.get("/programmes/{slug}/members")
    async def members(request: Request, slug: str) -> HTMLResponse:
        programme = await site.programmes.get(slug)
        if not programme.members_public:
            raise ProgrammeUnknownProblem
        found = sorted(await site.stored.active(slug), key=lambda each: each.entity_name)
        phases = {phase.key: phase.text for phase in programme.phases}
        return site.pages.render(request, "public/members.html", programme=programme, members=found, phases=phases)

    return router


class PersonalPages:
    """In the language of the contact's mails unless another was chosen."""

    def __init__(self, site: MembershipSite) -> None:
        self._site = site
        self._pages = site.pages
        self._own = site.own

    async def show(self, request: Request, token: str) -> HTMLResponse:
        try:
            return await self._page(request, *await self._read(request, token))
        except LinkExpiredProblem as problem:
            path = link_path(request)
            return self._pages.render(request, "public/membership_over.html", status=problem.status, path=path)

    async def add_evidence(self, request: Request, token: str) -> Response:
        found = await self._read(request, token)
        form = await self._pages.form(request)
        asked, errors = self._checked(request, EvidenceIn, form, ("evidence", "note"))
        if not isinstance(asked, EvidenceIn):
            return await self._page(request, *found, errors=errors, values=form.values)
        await self._own.add_evidence(token, asked.evidence, asked.note)
        return see_other(f"{link_path(request)}?done=evidence")

    async def name_contact(self, request: Request, token: str) -> Response:
        found = await self._read(request, token)
        form = await self._pages.form(request)
        asked, errors = self._checked(request, Person, form, ("name", "email", "role", "language"))
        try:
            if isinstance(asked, Person):
                await self._own.name_contact(token, asked)
        except TooManyContactsProblem as problem:
            errors = {"email": self._pages.say(request, problem)}
        if errors:
            return await self._page(request, *found, errors=errors, values=form.values)
        return see_other(f"{link_path(request)}?done=contact")

    async def export(self, request: Request, token: str) -> Response:
        await self._speak(request, token)
        kept = [ContactKept.of(held).model_dump(mode="json") for held in await self._own.everything(token)]
        return Response(
            orjson.dumps({"exported_at": self._site.clock().isoformat(), "contacts": kept}, option=orjson.OPT_INDENT_2),
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="my-data.json"'},
        )

    async def erasure(self, request: Request, token: str) -> HTMLResponse:
        await self._speak(request, token)
        held = await self._own.everything(token)
        return self._pages.render(request, "public/membership_erase.html", path=link_path(request), contacts=held)

    async def erase(self, request: Request, token: str) -> Response:
        await self._speak(request, token)
        await self._pages.form(request)
        await self._own.erase(token)
        return see_other("/membership/erased")

    async def erased(self, request: Request) -> HTMLResponse:
        return self._pages.render(request, "public/membership_erased.html")

    async def _read(self, request: Request, token: str) -> tuple[Membership, Contact]:
        """Whose link it is. From here on the page, also one of an error, is in its language."""
        await self._speak(request, token)
        return await self._own.read(token)

    async def _speak(self, request: Request, token: str) -> None:
        self._pages.speak(request, await self._own.language(token))

    def _checked(
        self, request: Request, model: type[EvidenceIn | Person], form: Form, names: Sequence[str]
    ) -> tuple[EvidenceIn | Person | None, dict[str, str]]:
        try:
            return model.model_validate({name: form.get(name) for name in names}, strict=False), {}
        except ValidationError as error:
            located = [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
            language = self._pages.language(request)
            return None, {each.pointer[1:]: each.detail for each in field_errors(located, self._pages.words, language)}

    async def _page(
        self,
        request: Request,
        membership: Membership,
        contact: Contact,
        *,
        errors: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        programme, now = await self._programme(membership), self._site.clock()
        meetings = await self._site.meetings(membership, contact)
        to_come = [each for each in meetings if each.session.over_at > now]
        done = request.query_params.get("done", "")
        given: dict[str, Any] = {"errors": errors or {}, "values": values or {"language": str(contact.language)}}
        page = self._pages.render(
            request,
            "public/membership.html",
            status=422 if errors else 200,
            path=link_path(request),
            membership=membership,
            contact=contact,
            programme=programme,
            cells={phase.key: cell(membership, phase.key, today_in(now)) for phase in programme.phases},
            meetings_to_come=to_come,
            meetings_before=[each for each in reversed(meetings) if each.session.over_at <= now],
            cell_names=CELL_NAMES,
            signs=SIGNS,
            state_names=STATE_NAMES,
            languages_of_mails=LANGUAGES,
            done=done if done in DONE else "",
            **given,
        )
        for each in to_come[:MOST_LINKS]:
            if each.token:
                self._pages.links.remember(request, page, each.token)
        return page

    async def _programme(self, membership: Membership) -> Programme:
        return await self._site.programmes.get(membership.programme)
