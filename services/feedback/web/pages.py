"""The pages of this service, in the shared frame: the survey behind a mailed link, the results, the office's view."""

from pathlib import Path

from fastapi import APIRouter

from services.feedback.usecases import UseCases
from services.feedback.web import audit_words
from services.feedback.web.office_pages import OfficePages
from services.feedback.web.results_pages import ResultsPages
from services.feedback.web.survey_pages import SurveyPages
from shared.web.page_routes import page_router
from shared.web.pages import Pages

TEMPLATES = [Path(__file__).parent / "templates"]


def routes(use_cases: UseCases, pages: Pages) -> APIRouter:
    router = page_router(pages)
    SurveyPages(use_cases, pages).add_to(router)
    ResultsPages(use_cases, pages).add_to(router)
    OfficePages(use_cases, pages).add_to(router)
    router.routes.extend(audit_words.routes(use_cases, pages).routes)
    return router
