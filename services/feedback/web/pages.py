"""The pages where mailed links lead: a survey's form, and a session's results."""

from pathlib import Path
from typing import Any

import jinja2
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.feedback.domain.problems import AlreadyReceivedProblem, SurveyOverProblem
from services.feedback.domain.results import RULE
from services.feedback.domain.tallies import HIGHEST, LOWEST
from services.feedback.usecases import UseCases
from services.feedback.usecases.answers import FormState
from services.feedback.web.forms import COMMENT_FIELD, SentForm, field_id, read_sent_form
from shared.events.vocabulary import Language, in_language
from shared.problems import Problem
from shared.web.problems import request_language
from shared.words import Words

_POLICY = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


class Pages:
    """Renders the templates in the reader's language."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._environments = {language: self._environment(language) for language in Language}

    def render(self, template: str, language: Language, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page as an answer that nobody stores."""
        page = self._environments[language].get_template(template)
        html = page.render(language=language, languages=list(Language), **values)
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return HTMLResponse(html, status_code=status, headers=headers)

    def problem(self, problem: Problem, language: Language) -> HTMLResponse:
        """An expected error in words."""
        text = self._words.text(language, problem.title, **problem.values)
        return self.render("problem.html", language, status=problem.status, text=text)

    def _environment(self, language: Language) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            extensions=["jinja2.ext.i18n"],
        )
        catalogue = self._words.catalogue(language)
        environment.install_gettext_translations(catalogue)  # type: ignore[attr-defined]  # added by the extension
        environment.filters["local"] = lambda texts: in_language(texts, language)
        environment.globals.update(field_id=field_id, scores=range(LOWEST, HIGHEST + 1), comment_field=COMMENT_FIELD)
        return environment


class SurveyPages:
    """The form behind a mailed link: seen by GET, sent by POST, then led back to what became of it."""

    def __init__(self, use_cases: UseCases, pages: Pages) -> None:
        self._answers = use_cases.answers
        self._pages = pages

    async def show(self, token: str, request: Request) -> Response:
        """The form, or why there is none."""
        language = page_language(request)
        try:
            return await self._form(token, language, SentForm())
        except Problem as problem:
            return self._pages.problem(problem, language)

    async def send(self, token: str, request: Request) -> Response:
        """Count what was sent, or show the form again with what is wrong."""
        language = page_language(request)
        try:
            sent = await self._submit(token, await request.body())
            if sent.errors:
                return await self._form(token, language, sent, status=422)
        except (AlreadyReceivedProblem, SurveyOverProblem):
            pass  # the page to which the answer leads says so
        except Problem as problem:
            return self._pages.problem(problem, language)
        return RedirectResponse(f"/survey/{token}?lang={language}", status_code=303)

    async def _submit(self, token: str, body: bytes) -> SentForm:
        form = await self._answers.read_form(token)
        sent = read_sent_form(body, [question.key for question in form.questions])
        if form.state is not FormState.OPEN:
            return SentForm()
        if not sent.errors:
            await self._answers.submit(token, sent.answers, sent.comment)
        return sent

    async def _form(self, token: str, language: Language, sent: SentForm, status: int = 200) -> Response:
        form = await self._answers.read_form(token)
        return self._pages.render("survey.html", language, status=status, form=form, sent=sent)


def routes(use_cases: UseCases, words: Words) -> APIRouter:
    """The pages over the use cases."""
    router = APIRouter(include_in_schema=False)
    pages = Pages(words)
    survey = SurveyPages(use_cases, pages)
    router.add_api_route("/survey/{token}", survey.show, methods=["GET"])
    router.add_api_route("/survey/{token}", survey.send, methods=["POST"])

    @router.get("/results/{session}")
    async def show_results(session: str, request: Request) -> Response:
        language = page_language(request)
        try:
            results = await use_cases.publications.read_results(session)
        except Problem as problem:
            return pages.problem(problem, language)
        return pages.render("results.html", language, results=results, rule=words.text(language, RULE))

    return router


def page_language(request: Request) -> Language:
    """The language that the address asks for, else the reader's."""
    asked = request.query_params.get("lang", "")
    return Language(asked) if asked in list(Language) else request_language(request)
