"""The record of what the office did about surveys, in words."""

from collections.abc import Collection

from services.feedback.usecases import UseCases
from services.feedback.usecases.importing import IMPORTED
from services.feedback.usecases.office import PUBLISHED
from shared.events.vocabulary import Language, in_language
from shared.problems import mark
from shared.web.audit_pages import Act, Detail, Record, audit_routes
from shared.web.page_routes import PageRouter
from shared.web.pages import Pages

PATH = "/office/audit/results"
ACTS = {
    PUBLISHED: Act(mark("Closed a survey and published its results"), "/office/results/{}"),
    IMPORTED: Act(mark("Brought in results of past sessions")),
}
DETAILS = {
    "links": Detail(mark("People asked")),
    "lines_new": Detail(mark("New lines")),
    "lines_changed": Detail(mark("Changed lines")),
}


def routes(use_cases: UseCases, pages: Pages) -> PageRouter:
    async def names(language: Language, ids: Collection[str]) -> dict[str, str]:
        sessions = await use_cases.store.sessions.many(ids)
        return {session_id: in_language(session.title, language) for session_id, session in sessions.items()}

    return audit_routes(pages, PATH, Record(use_cases.audit, ACTS, DETAILS, names))
