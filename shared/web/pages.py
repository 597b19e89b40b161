"""One frame for the pages of all services: layout, language, forms, the office's navigation, a strict policy.

The style sheet stands in the page, named by its hash in the policy: a page is one request, whoever serves it.
"""

import base64
import hashlib
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.clock import Clock
from shared.events.vocabulary import Language, in_language, language_of
from shared.problems import Problem
from shared.settings import ServiceSettings
from shared.staff import StaffMember
from shared.text.catalogues import Translations
from shared.text.dates import date_in_figures, date_in_words, day_in_words, instant_in_words, time_in_words
from shared.text.numbers import decimal_in_words, percent_in_words
from shared.web.back_links import back_link
from shared.web.bodies import read_form
from shared.web.compiled_templates import COMPILED_TEMPLATES
from shared.web.cookies import cookie_name, set_cookie
from shared.web.csrf import CSRF_FIELD, ForeignFormProblem, FormGuard
from shared.web.link_exchange import LinkExchange
from shared.web.navigation import BODY_NAVIGATION, NAVIGATION, OFFICE_NAVIGATION
from shared.web.problems import request_language
from shared.web.staff_cookie import Access, StaffCookie

_HERE = Path(__file__).parent
_STYLESHEET = (_HERE / "assets" / "dijous.css").read_text(encoding="utf-8")
_LANGUAGE_COOKIE = "language"
CONFIRMED = "confirmed"
"""The field of the button that confirms a step after its consequences were shown."""

LANGUAGE_NAMES = {Language.CA: "Català", Language.ES: "Castellano", Language.EN: "English"}


def policy_hash(text: str) -> str:
    """A Content-Security-Policy source for an inline style or script (CSP 3 section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@dataclass(frozen=True, slots=True)
class Form:
    """A form as sent, without the guard's token; the last of repeated fields counts."""

    values: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Content by field name; empty where no file was chosen."""

    def get(self, name: str) -> str:
        return self.values.get(name, "").strip()


class Pages:
    """Renders a service's templates inside the frame and reads the forms that come back.

    Without templates there is only the frame, with the error pages. Without `access` nobody gets into the office pages.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        words: Translations,
        templates: Sequence[Path] = (),
        *,
        clock: Clock,
        access: Access | None = None,
    ) -> None:
        secret = settings.secret.get_secret_value()
        self.secure = settings.public_url.startswith("https://")
        self.site_name = settings.site_name
        self.public_url = settings.public_url.rstrip("/")
        self.host = urlsplit(self.public_url).hostname or ""
        self.words = words
        self.guard = FormGuard(secret, secure=self.secure)
        self.links = LinkExchange(secret, secure=self.secure)
        idle = timedelta(minutes=settings.office_idle_minutes)
        self.office = StaffCookie(secret, clock, secure=self.secure, idle=idle, access=access)
        folders = [*templates, _HERE / "templates"]
        self._environments = {language: self._environment(language, folders) for language in Language}

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        scripts: Sequence[str] = (),
        styles: Sequence[str] = (),
        **values: Any,
    ) -> HTMLResponse:
        """A page in the reader's language.

        `scripts` are the template's inline scripts. `styles` are the style sheets of documents inside the page: an
        iframe's `srcdoc` is under the page's own policy.
        """
        language = self.language(request)
        browser_secret = self.guard.browser_secret(request)
        values = {"errors": {}, "values": {}, "scripts": [Markup(script) for script in scripts], **values}  # noqa: S704  our own files
        page = self._environments[language].get_template(template)
        frame = {
            "language": language,
            "languages": [(code, name, _same_page(request, code)) for code, name in LANGUAGE_NAMES.items()],
            "here": request.url.path,
            "canonical": quote(request.scope["path"]),
            "person": self.member(request),
            "csrf_field": self.guard.field(browser_secret),
            "opened_at": _opened_at(request, status),
        }
        html = page.render({**frame, **values})
        policy = {"content-security-policy": _policy(scripts, styles)}
        response = HTMLResponse(html, status_code=status, headers=policy)
        response.headers["content-language"] = language
        self.guard.remember(response, browser_secret)
        self.office.renew(request, response)
        if request.query_params.get("lang") in list(Language):
            set_cookie(response, _LANGUAGE_COOKIE, language, secure=self.secure, max_age=timedelta(days=365))
        return response

    def say(self, request: Request, problem: Problem) -> str:
        return self.words.text(self.language(request), problem.title, **problem.values)

    def text(self, request: Request, message: str, **values: object) -> str:
        return self.words.text(self.language(request), message, **values)

    async def form(self, request: Request) -> Form:
        """The form that was sent, its guard's token checked.

        Raises:
            ForeignFormProblem: it did not come from a page of ours.
        """
        sent, files = await read_form(request)
        try:
            self.guard.check(request, sent.pop(CSRF_FIELD, ""))
        except ForeignFormProblem as problem:
            problem.sent = sent
            raise
        return Form(sent, files)

    async def refused_fields(self, request: Request) -> Mapping[str, str]:
        """The fields of a refused form, for a page that gives them back: nothing else may be done with them."""
        sent, _ = await read_form(request)
        return {name: value for name, value in sent.items() if name != CSRF_FIELD}

    def member(self, request: Request) -> StaffMember | None:
        return self.office.member(request)

    def speak(self, request: Request, language: Language | None) -> None:
        """Set the language of the person whom the page is for; the reader's own choice overrules it.

        Call it before anything can go wrong, so that errors are in that language too. None if nobody is known.
        """
        request.state.language = language

    def language(self, request: Request) -> Language:
        """The address's, else the reader's choice, else that of the page's person, else the browser's, else Catalan."""
        chosen = request.cookies.get(cookie_name(_LANGUAGE_COOKIE, secure=self.secure), "")
        for wish in (request.query_params.get("lang", ""), chosen):
            if wish in list(Language):
                return Language(wish)
        return getattr(request.state, "language", None) or request_language(request)

    def _environment(self, language: Language, folders: Sequence[Path]) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=COMPILED_TEMPLATES,
        )
        environment.install_gettext_translations(self.words.catalogue(language), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
        environment.globals.update(
            site_name=self.site_name,
            public_url=self.public_url,
            stylesheet=Markup(_STYLESHEET),  # noqa: S704  our own file
            navigation=NAVIGATION,
            office_navigation=OFFICE_NAVIGATION,
            body_navigation=BODY_NAVIGATION,
        )
        environment.filters.update(
            local=lambda texts: in_language(texts, language),
            spoken=lambda texts, longest=None: _spoken(texts, language, longest),
            instant=lambda instant, zone: instant_in_words(instant, zone, language),
            date=lambda instant, zone: date_in_words(instant, zone, language),
            day=date_in_figures,
            weekday=lambda day: day_in_words(day, language),
            time=lambda instant, zone: time_in_words(instant, zone, language),
            decimal=lambda value, digits=2: decimal_in_words(value, language, digits),
            percent=lambda share: percent_in_words(share, language),
        )
        return environment


def _spoken(texts: Mapping[Language, str], language: Language, longest: int | None) -> str:
    """A text as HTML, marked with its language if that is not the page's (WCAG 3.1.2).

    A longer one is cut to `longest` characters at most, in whole words.
    """
    text, own = in_language(texts, language), language_of(texts, language)
    if longest and len(text) > longest:
        text = textwrap.shorten(text, longest, placeholder="…")
    return text if own is language else Markup('<span lang="{}">{}</span>').format(own, text)


def see_other(path: str) -> RedirectResponse:
    """Post/Redirect/Get: show a page of ours after a form. The path begins with one slash."""
    return RedirectResponse(path, status_code=303)


def _policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    script_source = " ".join(policy_hash(script) for script in scripts) or "'none'"
    style_sources = " ".join(policy_hash(style) for style in (_STYLESHEET, *styles))
    return (
        f"default-src 'none'; style-src {style_sources}; script-src {script_source}; connect-src 'self'; "
        "img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def _same_page(request: Request, language: Language) -> str:
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return "?" + urlencode([*query, ("lang", language)])


def _opened_at(request: Request, status: int) -> str:
    """The address of the form that was sent, for the language links; empty for this address."""
    back = back_link(request, status) if request.method == "POST" else None
    return back.path if back and back.path != quote(request.scope["path"]) else ""
