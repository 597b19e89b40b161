"""The pages behind the personal links: one's registration, and the way into the session. A GET never acts."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.registration.domain.problems import JoinClosedProblem, SessionStartedProblem
from services.registration.domain.registrations import RegistrationState
from services.registration.domain.sessions import Session
from services.registration.usecases import UseCases
from services.registration.usecases.registrations import RegistrationView
from shared.clock import Clock
from shared.events.vocabulary import Language, SessionStatus, in_language
from shared.links import LinkPurpose
from shared.problems import Problem, mark
from shared.web.problems import request_language
from shared.words import Words

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (
    "body{font:1.125rem/1.5 system-ui,sans-serif;margin:0;color:#1a1a1a;background:#fff}"
    "main{max-width:40rem;margin:0 auto;padding:1.5rem;overflow-wrap:anywhere}"
    "dt{font-weight:600}dd{margin:0 0 .75rem}"
    "button{font:inherit;font-weight:600;padding:.75rem 1.25rem;color:#fff;background:#0b4f6c;border:2px solid #0b4f6c;"
    "border-radius:.25rem;cursor:pointer}:focus-visible{outline:3px solid #b85c00;outline-offset:3px}"
    "@media(prefers-color-scheme:dark){body{color:#f2f2f2;background:#161616}"
    "button{color:#161616;background:#8fd3f0;border-color:#8fd3f0}:focus-visible{outline-color:#ffb454}}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

STATES = {
    RegistrationState.REQUESTED: mark("Your registration has been received."),
    RegistrationState.REGISTERED: mark("You are registered."),
    RegistrationState.WAITING: mark("You are on the waiting list."),
    RegistrationState.CANCELLED: mark("Your registration is cancelled."),
}
SESSION_CANCELLED = mark("The session has been cancelled.")
SESSION_OVER = mark("The session is over.")
TOO_EARLY = mark("It is too early. You will be able to join from {time} on.")
NO_SEAT = mark("You have no seat in this session.")
NO_ADDRESS = mark("The link to the session is not known yet. Come back in a few minutes.")

_LOCALES = {Language.CA: "ca_ES", Language.ES: "es_ES", Language.EN: "en_GB"}
_PATTERNS = {
    Language.CA: "EEEE d MMMM 'de' y, H.mm 'h' zzz",  # the month's name brings its own «de» or «d’»
    Language.ES: "EEEE d 'de' MMMM 'de' y, H:mm 'h' zzz",
    Language.EN: "EEEE d MMMM y, H:mm zzz",
}

Answer = Callable[[], Awaitable[Response]]


def routes(use_cases: UseCases, words: Words, clock: Clock) -> APIRouter:
    """`/registration/{token}` and `/join/{token}`."""
    router = APIRouter(include_in_schema=False)
    pages = Pages(use_cases, words, clock)

    @router.get("/registration/{token}")
    async def registration(request: Request, token: str) -> Response:
        return await pages.guarded(request, lambda: pages.registration(token))

    @router.post("/registration/{token}/cancel")
    async def cancel(request: Request, token: str) -> Response:
        return await pages.guarded(request, lambda: pages.cancel(token))

    @router.get("/join/{token}")
    async def join(request: Request, token: str) -> Response:
        return await pages.guarded(request, lambda: pages.join(token))

    @router.post("/join/{token}")
    async def attend(request: Request, token: str) -> Response:
        return await pages.guarded(request, lambda: pages.attend(token))

    return router


class Pages:
    """Answers as pages in the language of the registration."""

    def __init__(self, use_cases: UseCases, words: Words, clock: Clock) -> None:
        self._use_cases = use_cases
        self._registrations = use_cases.registrations
        self._words = words
        self._clock = clock
        self._environments = cache(self._environment)

    async def guarded(self, request: Request, answer: Answer) -> Response:
        """The answer, or the problem as a page in the caller's language."""
        try:
            return await answer()
        except Problem as problem:
            language = request_language(request)
            message = self._words.text(language, problem.title, **problem.values)
            return self._render(language, "link_problem.html", status=problem.status, message=message)

    async def registration(self, token: str) -> Response:
        """What one is registered for, and a form to cancel."""
        view = await self._registrations.view(self._registrations.read_link(token))
        is_active = view.registration.state is not RegistrationState.CANCELLED
        return self._render(
            view.registration.language,
            "registration.html",
            **await self._facts(view),
            state=self._state(view),
            token=token,
            registration=view.registration,
            may_cancel=is_active and view.session.lets_cancel(self._clock()),
        )

    async def cancel(self, token: str) -> Response:
        """Cancel, then show the registration again; one that can no longer be cancelled is shown as it is."""
        registration_id = self._registrations.read_link(token)
        try:
            await self._registrations.cancel(registration_id)
        except SessionStartedProblem as problem:
            view = await self._registrations.view(registration_id)
            language = view.registration.language
            message = self._words.text(language, problem.title)
            return self._render(language, "link_problem.html", status=problem.status, message=message)
        return RedirectResponse(f"/registration/{token}", status_code=303)

    async def join(self, token: str) -> Response:
        """A button that leads to the session when it is time, else when that will be."""
        view = await self._registrations.view(self._registrations.read_link(token, LinkPurpose.JOIN))
        return await self._join_page(token, view, status=200)

    async def attend(self, token: str) -> Response:
        """Record the attendance and lead to the session."""
        registration_id = self._registrations.read_link(token, LinkPurpose.JOIN)
        try:
            return RedirectResponse(await self._registrations.attend(registration_id), status_code=303)
        except JoinClosedProblem as problem:
            return await self._join_page(token, await self._registrations.view(registration_id), status=problem.status)

    async def _join_page(self, token: str, view: RegistrationView, *, status: int) -> Response:
        facts = await self._facts(view)
        return self._render(
            view.registration.language,
            "join.html",
            status=status,
            redirects_to=view.join_url,
            **facts,
            token=token,
            may_join=bool(view.join_url),
            message="" if view.join_url else await self._why_not(view),
        )

    async def _why_not(self, view: RegistrationView) -> str:
        language, session, now = view.registration.language, view.session, self._clock()
        if session.status is SessionStatus.CANCELLED:
            return self._words.text(language, SESSION_CANCELLED)
        if view.registration.state is not RegistrationState.REGISTERED:
            return self._words.text(language, NO_SEAT)
        if not session.is_scheduled or now > session.join_closes_at():
            return self._words.text(language, SESSION_OVER)
        if now < session.join_opens_at():
            zone = await self._zone(session)
            return self._words.text(language, TOO_EARLY, time=_in_words(session.join_opens_at(), zone, language))
        return self._words.text(language, NO_ADDRESS)

    def _state(self, view: RegistrationView) -> str:
        message = STATES[view.registration.state]
        if view.session.status is SessionStatus.CANCELLED:
            message = SESSION_CANCELLED
        elif view.session.status is SessionStatus.ENDED:
            message = SESSION_OVER
        return self._words.text(view.registration.language, message)

    async def _facts(self, view: RegistrationView) -> dict[str, Any]:
        language, session = view.registration.language, view.session
        return {
            "title": in_language(session.title, language),
            "starts_at": session.starts_at,
            "when": _in_words(session.starts_at, await self._zone(session), language),
        }

    async def _zone(self, session: Session) -> ZoneInfo:
        return ZoneInfo((await self._use_cases.programmes.get(session.programme)).time_zone)

    def _render(
        self, language: Language, template: str, *, status: int = 200, redirects_to: str = "", **values: object
    ) -> Response:
        page = self._environments(language).get_template(template).render(language=language, style=STYLE, **values)
        return HTMLResponse(page, status, headers={"content-security-policy": _policy(redirects_to)})

    def _environment(self, language: Language) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_translations(self._words.catalogue(language))  # type: ignore[attr-defined]
        return environment


def _in_words(instant: datetime, zone: ZoneInfo, language: Language) -> str:
    """Date and time in the programme's time zone: «dijous 17 de desembre de 2026, 10.00 h CET»."""
    return format_datetime(instant, _PATTERNS[language], tzinfo=zone, locale=_LOCALES[language])


def _policy(redirects_to: str) -> str:
    """Nothing but the page's own style and form; browsers hold the form's redirect to `form-action` too."""
    parts = urlsplit(redirects_to)
    target = f" {parts.scheme}://{parts.netloc}" if redirects_to else ""
    return (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'{target}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
