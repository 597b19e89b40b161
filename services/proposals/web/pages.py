"""The page behind the mailed link of a support. Reading it changes nothing; its button confirms."""

import base64
import hashlib
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from services.proposals.usecases import UseCases
from shared.events.vocabulary import Language
from shared.problems import Problem
from shared.web.problems import request_language
from shared.words import Words

_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

PAGE_HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}
"""The page's own policy; the application adds the other headers, no-store and no-referrer among them."""


class Pages:
    """Renders templates in the three languages."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._environments = {language: self._environment(language) for language in Language}

    def render(self, name: str, language: Language, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page as an answer."""
        template = self._environments[language].get_template(name)
        html = template.render(language=language, style=_STYLE, **values)
        return HTMLResponse(html, status_code=status, headers=PAGE_HEADERS)

    def problem(self, problem: Problem, language: Language) -> HTMLResponse:
        """An expected error as a page."""
        message = self._words.text(language, problem.title, **problem.values)
        return self.render("problem.html", language, status=problem.status, message=message)

    def _environment(self, language: Language) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_translations(self._words.catalogue(language), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
        return environment


def page_routes(use_cases: UseCases, words: Words) -> APIRouter:
    """`/support/{token}`."""
    router = APIRouter(include_in_schema=False)
    pages = Pages(words)

    @router.get("/support/{token}")
    async def show(token: str, request: Request) -> Response:
        try:
            support = await use_cases.supports.show(token)
        except Problem as problem:
            return pages.problem(problem, request_language(request))
        name = "supported.html" if support.confirmed else "support.html"
        return pages.render(name, support.language, proposal=support.proposal)

    @router.post("/support/{token}")
    async def confirm(token: str, request: Request) -> Response:
        try:
            await use_cases.supports.confirm(token)
        except Problem as problem:
            return pages.problem(problem, request_language(request))
        return RedirectResponse(request.url.path, status_code=303)

    return router
