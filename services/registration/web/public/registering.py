"""Registering for a session: the form on its page, what is wrong with it, and what happens next."""

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from services.registration.domain.problems import SessionFullProblem, SessionUnknownProblem
from services.registration.usecases.registrations import Person
from services.registration.web.models.registrations import RegistrationIn
from services.registration.web.public.entity_fields import SCRIPT
from services.registration.web.public.front import Front, Shown
from services.registration.web.public.person_forms import LANGUAGES, Filled, filled
from services.registration.web.public.structured import event_data
from shared.limits import TooOftenProblem
from shared.web.csrf import SEND_AGAIN, ForeignFormProblem
from shared.web.origins import origin_of
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

_NOT_SENT = "registering"
"""Stands in the errors for what concerns the form as a whole; also the form's id."""


def routes(front: Front) -> PageRouter:
    """`/sessions/{id}/register` and `…/registered`."""
    router = page_router(front.pages)

    @router.post("/sessions/{session_id}/register")
    async def register(request: Request, session_id: str) -> Response:
        try:
            form = await front.pages.form(request, heeds_language=True)
        except ForeignFormProblem as problem:
            return await _not_taken(front, request, session_id, problem)
        return await _register(front, request, await front.session(session_id), form)

    @router.get("/sessions/{session_id}/register")
    async def form_again(request: Request, session_id: str) -> Response:
        """Where a language was chosen beside a form with errors."""
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"/sessions/{session_id}{query}")

    @router.get("/sessions/{session_id}/registered")
    async def registered(request: Request, session_id: str) -> HTMLResponse:
        shown = await front.session(session_id)
        return front.pages.render(request, "public/registered.html", shown=shown)

    return router


def session_page(
    front: Front, request: Request, shown: Shown, form: Filled[RegistrationIn] | None = None, *, status: int = 200
) -> HTMLResponse:
    """A session with the form to register, as it was filled in where something is wrong with it."""
    language = front.pages.language(request)
    return front.pages.render(
        request,
        "public/session.html",
        status=status,
        scripts=(SCRIPT,) if shown.is_open else (),
        kept_form="registering",
        shown=shown,
        languages_of_mails=LANGUAGES,
        values=form.values if form else {"language": str(language)},
        errors=form.errors if form else {},
        matches=[(entity.code, entity.name) for entity in form.matches] if form else [],
        has_more=form.has_more if form else False,
        canonical=shown.path,
        feeds=front.links.page(""),
        data=event_data(shown, front.links, language),
    )


async def _not_taken(front: Front, request: Request, session_id: str, problem: ForeignFormProblem) -> HTMLResponse:
    """The form with what it held, to be looked at and sent again."""
    try:
        shown = await front.session(session_id)
    except SessionUnknownProblem:
        raise problem from None
    held: Filled[RegistrationIn] = Filled(problem.sent, None, None, {_NOT_SENT: front.pages.text(request, SEND_AGAIN)})
    return session_page(front, request, shown, held, status=problem.status)


async def _register(front: Front, request: Request, shown: Shown, form: Form) -> Response:
    session = await front.use_cases.registrations.open_session(shown.session.id)
    if shown.turns_away:
        raise SessionFullProblem
    sent = await filled(front.pages, request, front.use_cases.entities, form, RegistrationIn)
    if sent.person is None or sent.entity is None:
        return session_page(front, request, shown, sent, status=422)
    if form.only_language:
        return session_page(front, request, shown, sent)
    body = sent.person
    try:
        await front.use_cases.gate.admit(session.id, body.email, origin_of(request))
    except TooOftenProblem as problem:
        refused: Filled[RegistrationIn] = Filled(
            sent.values, None, None, {_NOT_SENT: front.pages.say(request, problem)}
        )
        page = session_page(front, request, shown, refused, status=problem.status)
        page.headers["retry-after"] = str(problem.retry_after)
        return page
    person = Person(name=body.name, email=body.email, role=body.role, language=body.language)
    await front.use_cases.registrations.register(session, sent.entity, person)
    return see_other(f"{shown.path}/registered")
