"""The JSON API of surveys and results."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.feedback.domain.answers import COMMENT_LENGTH, clean_comment
from services.feedback.domain.imports import RESULT_COLUMNS
from services.feedback.domain.results import RULE, Results
from services.feedback.domain.tallies import HIGHEST, LOWEST
from services.feedback.store import RESULTS_PLACE
from services.feedback.usecases import UseCases
from services.feedback.usecases.answers import FormState, SurveyForm
from shared.events.vocabulary import Language, in_language
from shared.staff import StaffMember
from shared.text.catalogues import Translations
from shared.web.import_api import TABLE_BODY, DryRun, ImportOut, answer_import, describe
from shared.web.openapi import ApiRouter, problems
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.problems import request_language
from shared.web.staff_cookie import bearer_member

Score = Annotated[int, Field(strict=True, ge=LOWEST, le=HIGHEST)]
QuestionKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class Scale(BaseModel):
    """The scores that a question takes."""

    lowest: int = LOWEST
    highest: int = HIGHEST


class QuestionView(BaseModel):
    """A question of the survey."""

    key: str
    text: str
    """In the caller's language."""
    texts: dict[Language, str]
    """In all its languages."""


class SurveyView(BaseModel):
    """What a link shows."""

    session: str
    """Id of the session."""
    session_title: str
    """In the caller's language."""
    programme: str
    """Slug of the programme."""
    programme_name: str
    """In the caller's language."""
    questions: list[QuestionView]
    scale: Scale = Scale()
    state: FormState
    closes_at: datetime


class SubmittedAnswers(BaseModel):
    """Scores by the questions' keys, one at least, and a comment."""

    model_config = ConfigDict(extra="forbid")

    answers: Annotated[dict[QuestionKey, Score], Field(examples=[{"content": 9, "duration": 8}])]
    comment: Annotated[
        str,
        AfterValidator(clean_comment),
        Field(description=f"At most {COMMENT_LENGTH} characters; please no names.", examples=["Very clear."]),
    ] = ""


class Receipt(BaseModel):
    """The answer was counted."""

    status: Literal["received"] = "received"


class PublishRequest(BaseModel):
    """Nothing is to be said: an empty object, or no body."""

    model_config = ConfigDict(extra="forbid")


class QuestionFigures(BaseModel):
    """The published figures of a question; null where too few answered it."""

    text: str
    mean: float | None
    distribution: list[int] | None
    """How many gave each score, from 0 to 10."""
    converted_from: str
    """The scale from which the mean was converted, such as «1–5»; empty if it was asked from 0 to 10."""


class ResultsView(BaseModel):
    """The published results of a session's survey."""

    session: str
    """Id of the session."""
    programme: str
    """Slug of the programme."""
    title: str
    published_at: datetime
    n: int | None
    """How many answered; null where they were fewer than five."""
    questions: dict[str, QuestionFigures]
    rule: str
    """What is shown from how many answers on."""
    imported: bool
    """Whether they were brought in from before: no survey here measured them."""


class Comments(BaseModel):
    """The comments of a survey, in an order that means nothing."""

    session: str
    comments: list[str]


def routes(use_cases: UseCases, words: Translations, *, staff_token: str) -> APIRouter:
    router = ApiRouter()
    _add_surveys(router, use_cases)
    _add_results(router, use_cases, words)
    _add_staff(router, use_cases, words, staff_token)
    return router


def _add_surveys(router: APIRouter, use_cases: UseCases) -> None:
    @router.get("/surveys/{token}", summary="Read a survey's form", tags=["surveys"])
    async def read_survey(token: str, request: Request) -> SurveyView:
        """What the mailed link shows: the questions, and whether it can still be answered. Changes nothing."""
        return _survey_view(await use_cases.answers.read_form(token), request_language(request))

    @router.post(
        "/surveys/{token}", status_code=202, summary="Answer a survey", tags=["surveys"], responses=problems(409, 410)
    )
    async def submit_answers(token: str, submitted: SubmittedAnswers) -> Receipt:
        """Counts the scores, once for each link: 409 when the link was used, 410 when the survey is closed.

        Nothing that ties the answers to a person, a time or each other is kept.
        """
        await use_cases.answers.submit(token, submitted.answers, submitted.comment)
        return Receipt()


def _add_results(router: APIRouter, use_cases: UseCases, words: Translations) -> None:
    @router.get("/results", summary="List published results", tags=["results"])
    async def list_results(
        request: Request,
        programme: Annotated[str | None, Query(max_length=100, description="Slug of a programme.")] = None,
        limit: Limit = 50,
        cursor: CursorParameter = None,
    ) -> Page[ResultsView]:
        """The newest first."""
        found = await use_cases.store.list_results(programme, limit, decode_cursor(cursor, RESULTS_PLACE))
        language = request_language(request)
        return page_of(found, lambda results: _results_view(results, words, language))

    @router.get("/results/{session}", summary="Read a session's results", tags=["results"])
    async def read_results(session: str, request: Request) -> ResultsView:
        """Published when the survey closes, under the small-group rule that `rule` says; 404 before."""
        results = await use_cases.publications.read_public_results(session)
        return _results_view(results, words, request_language(request))


def _add_staff(router: APIRouter, use_cases: UseCases, words: Translations, staff_token: str) -> None:
    staff = Depends(bearer_member(staff_token))

    @router.post(
        "/results/{session}/publish", summary="Close a survey and publish", tags=["results"], responses=problems(409)
    )
    async def publish_results(
        session: str,
        request: Request,
        _: PublishRequest | None = None,
        member: StaffMember = staff,
    ) -> ResultsView:
        """Closes the survey before its time. Staff only; safe to repeat: results are published once."""
        results = await use_cases.office.publish(member, session)
        return _results_view(results, words, request_language(request))

    @router.get("/results/{session}/comments", summary="Read the comments", tags=["results"], dependencies=[staff])
    async def read_comments(session: str) -> Comments:
        """Staff only: they may speak of persons. None below five answers; deleted after twelve months."""
        return Comments(session=session, comments=await use_cases.publications.read_comments(session))

    results = use_cases.importing.results

    @router.post(
        "/results/import",
        summary="Bring in the results of sessions that took place before",
        description="The columns are those of the office's export. `session` is its id, your own code of it, its date "
        "or its title; the rule of small groups is applied, and a mean of another scale is converted. "
        f"{describe(RESULT_COLUMNS)}",
        tags=["results"],
        openapi_extra={**TABLE_BODY},
    )
    async def import_results(request: Request, dry_run: DryRun = False, member: StaffMember = staff) -> ImportOut:
        return await answer_import(request, member, results, dry_run)


def _survey_view(form: SurveyForm, language: Language) -> SurveyView:
    questions = [
        QuestionView(key=question.key, text=in_language(question.text, language), texts=question.text)
        for question in form.questions
    ]
    return SurveyView(
        session=form.session_id,
        session_title=in_language(form.session_title, language),
        programme=form.programme,
        programme_name=in_language(form.programme_name, language),
        questions=questions,
        state=form.state,
        closes_at=form.closes_at,
    )


def _results_view(results: Results, words: Translations, language: Language) -> ResultsView:
    return ResultsView(
        session=results.id,
        programme=results.programme,
        title=in_language(results.title, language),
        published_at=results.published_at,
        n=results.n,
        questions={
            question.key: QuestionFigures(
                text=in_language(question.text, language),
                mean=question.mean,
                distribution=question.distribution,
                converted_from=question.converted_from,
            )
            for question in results.questions
        },
        rule=words.text(language, RULE),
        imported=bool(results.imported),
    )
