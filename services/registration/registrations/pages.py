"""Registering for a session: the form on its page, what is wrong with it, and what happens next."""

from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from services.registration.entities.usecases import Entities
from services.registration.projections import KnownProposals
from services.registration.registrations.domain import SessionFullProblem
from services.registration.registrations.forms import LANGUAGES, CheckedForm, filled
from services.registration.registrations.personal import OwnRegistration
from services.registration.registrations.rate_limits import RateLimit
from services.registration.registrations.schemas import RegistrationIn
from services.registration.registrations.usecases import Person, Registrations, RegistrationView
from services.registration.sessions.json_ld import event_data
from services.registration.sessions.presented import PresentedSession, SessionSite
from services.registration.sessions.problems import SessionUnknownProblem
from shared.entities.picker import SCRIPT
from shared.problems import LinkExpiredProblem
from shared.security.links import LinkPurpose
from shared.security.rate_limits import TooOftenProblem
from shared.web.client_address import client_key
from shared.web.csrf import SEND_AGAIN, ForeignFormProblem
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

_NOT_SENT = "registering"
"""Stands in the errors for what concerns the form as a whole; also the id of its heading."""


@dataclass(frozen=True)
class RegistrationSite(SessionSite):
    registrations: Registrations
    own: OwnRegistration
    entities: Entities
    rate_limit: RateLimit
    proposals: KnownProposals

    async def personal(
        self, request: Request, token: str, purpose: LinkPurpose = LinkPurpose.REGISTRATION
    ) -> RegistrationView:
        """The registration that a link names. From here on the page, also one of an error, is in its language.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem, ErasedProblem: the link is not good, or no longer.
        """
        self.pages.speak(request, await self.registrations.language(token, purpose))
        return await self.registrations.view(await self.registrations.read_link(token, purpose))

    async def expired(self, request: Request, token: str, purpose: LinkPurpose) -> HTMLResponse:
        """What the holder of an expired link finds instead: the session, what was published, the way to a new link."""
        shown = await self.session((await self.registrations.holder(token, purpose)).session_id)
        return self.pages.render(request, "public/expired.html", status=LinkExpiredProblem.status, shown=shown)


def routes(site: RegistrationSite) -> PageRouter:
    """`/sessions/{id}`, `…/register` and `…/registered`."""
    router = page_router(site.pages)

    @router.get("/sessions/{session_id}")
    async def session(request: Request, session_id: str) -> HTMLResponse:
        return await session_page(site, request, await site.public_session(session_id))

    @router.post("/sessions/{session_id}/register")
    async def register(request: Request, session_id: str) -> Response:
        try:
            form = await site.pages.form(request)
        except ForeignFormProblem as problem:
            return await _not_taken(site, request, session_id, problem)
        return await _register(site, request, await site.public_session(session_id), form)

    @router.get("/sessions/{session_id}/register")
    async def form_again(request: Request, session_id: str) -> Response:
        """Where a language was chosen beside a form with errors."""
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"/sessions/{session_id}{query}")

    @router.get("/sessions/{session_id}/registered")
    async def registered(request: Request, session_id: str) -> HTMLResponse:
        shown = await site.public_session(session_id)
        return site.pages.render(request, "public/registered.html", shown=shown)

    return router


async def session_page(
    site: RegistrationSite,
    request: Request,
    shown: PresentedSession,
    form: CheckedForm[RegistrationIn] | None = None,
    *,
    status: int = 200,
) -> HTMLResponse:
    """A session with the form to register, and its errors."""
    language = site.pages.language(request)
    return site.pages.render(
        request,
        "public/session.html",
        status=status,
        scripts=(SCRIPT,) if shown.is_open else (),
        shown=shown,
        proposals=[] if shown.is_cancelled else await site.proposals.treated_in(shown.session.id),
        languages_of_mails=LANGUAGES,
        values=form.values if form else {"language": str(language)},
        errors=form.errors if form else {},
        matches=[(entity.code, entity.name) for entity in form.matches] if form else [],
        has_more=form.has_more if form else False,
        canonical=shown.path,
        feeds=site.links.page(""),
        data=event_data(shown, site.links, language),
    )


async def _not_taken(
    site: RegistrationSite, request: Request, session_id: str, problem: ForeignFormProblem
) -> HTMLResponse:
    """Show the form with its values, to be checked and sent again."""
    try:
        shown = await site.public_session(session_id)
    except SessionUnknownProblem:
        raise problem from None
    held: CheckedForm[RegistrationIn] = CheckedForm(
        problem.sent, None, None, {_NOT_SENT: site.pages.text(request, SEND_AGAIN)}
    )
    return await session_page(site, request, shown, held, status=problem.status)


async def _register(site: RegistrationSite, request: Request, shown: PresentedSession, form: Form) -> Response:
    session = await site.registrations.open_session(shown.session.id)
    if shown.turns_away:
        raise SessionFullProblem
    sent = await filled(site.pages, request, site.entities, form, RegistrationIn)
    if sent.person is None or sent.entity is None:
        return await session_page(site, request, shown, sent, status=422)
    body = sent.person
    try:
        await site.rate_limit.hit(session.id, body.email, client_key(request))
    except TooOftenProblem as problem:
        refused: CheckedForm[RegistrationIn] = CheckedForm(
            sent.values, None, None, {_NOT_SENT: site.pages.say(request, problem)}
        )
        page = await session_page(site, request, shown, refused, status=problem.status)
        page.headers["retry-after"] = str(problem.retry_after)
        return page
    person = Person(name=body.name, email=body.email, role=body.role, language=body.language)
    await site.registrations.register(session, sent.entity, person)
    return see_other(f"{shown.path}/registered")
