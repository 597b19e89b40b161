"""The form behind a mailed link: seen by GET, sent by POST, then led back to what became of it.

The link's token is the permission. It stands in the page's own address only: no link, form or redirect to anything
else carries it, and no page is told where its reader came from.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.feedback.domain.answers import COMMENT_LENGTH
from services.feedback.domain.problems import AlreadyReceivedProblem, SurveyOverProblem
from services.feedback.domain.results import RULE
from services.feedback.domain.tallies import HIGHEST, LOWEST
from services.feedback.usecases import UseCases
from services.feedback.usecases.answers import FormState, SurveyForm
from services.feedback.web.forms import COMMENT_FIELD, FORM, SentForm, field_id, read_sent_form
from shared.web.csrf import SEND_AGAIN, ForeignFormProblem
from shared.web.pages import Pages, see_other

_COUNTER = (Path(__file__).parent / "assets" / "counter.js").read_text(encoding="utf-8")
_SENT_NOW = "sent"
"""In the address of the page after a form was taken: it thanks, where a later visit says «already received»."""


@dataclass(frozen=True, slots=True)
class SurveyPages:
    use_cases: UseCases
    pages: Pages

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route("/survey/{token}", self.show)
        router.add_api_route("/survey/{token}", self.send, methods=["POST"])

    async def show(self, request: Request, token: str) -> Response:
        return self._page(request, await self.use_cases.answers.read_form(token), SentForm())

    async def send(self, request: Request, token: str) -> Response:
        form = await self.use_cases.answers.read_form(token)
        keys = [question.key for question in form.questions]
        try:
            sent = read_sent_form((await self.pages.form(request)).values, keys)
        except ForeignFormProblem as problem:
            sent = read_sent_form(problem.sent, keys)
            sent = replace(sent, errors={FORM: SEND_AGAIN, **sent.errors})
            return self._page(request, form, sent, status=problem.status)
        if form.state is not FormState.OPEN:
            return see_other(request.url.path)
        if sent.errors:
            return self._page(request, form, sent, status=422)
        try:
            await self.use_cases.answers.submit(token, sent.answers, sent.comment)
        except (AlreadyReceivedProblem, SurveyOverProblem):
            return see_other(request.url.path)
        return see_other(f"{request.url.path}?{_SENT_NOW}=1")

    def _page(self, request: Request, form: SurveyForm, sent: SentForm, status: int = 200) -> Response:
        if form.state is not FormState.OPEN:
            thanks = _SENT_NOW in request.query_params
            return self.pages.render(request, f"survey_{form.state}.html", form=form, thanks=thanks)
        return self.pages.render(
            request,
            "survey.html",
            status=status,
            scripts=[_COUNTER],
            form=form,
            values=sent.values,
            errors={field: self.pages.text(request, message) for field, message in sent.errors.items()},
            field_id=field_id,
            form_id=FORM,
            scores=[(score, score) for score in range(LOWEST, HIGHEST + 1)],
            comment_field=COMMENT_FIELD,
            comment_length=COMMENT_LENGTH,
            rule=self.pages.text(request, RULE),
        )
