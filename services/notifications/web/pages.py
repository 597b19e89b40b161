"""The pages of notifications: what a person receives, and the office's view of the mails."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter

from services.notifications.usecases import UseCases
from services.notifications.web import audit_words
from services.notifications.web.mail_pages import MailPages
from services.notifications.web.preferences_pages import PreferencesPages
from services.notifications.web.wording_pages import WordingPages
from shared.clock import Clock
from shared.links import Links
from shared.web.page_routes import page_router
from shared.web.pages import Pages

TEMPLATES = Path(__file__).parent / "templates"


def routes(
    use_cases: UseCases, pages: Pages, links: Links, clock: Clock, *, trouble: Callable[[], str] = str
) -> APIRouter:
    """The pages over the use cases. `trouble` tells why no mail goes out just now; empty when they do."""
    router = page_router(pages)
    PreferencesPages(use_cases.preferences, pages, links, clock).add_to(router)
    WordingPages(use_cases.wordings, pages).add_to(router)
    MailPages(use_cases, pages, trouble).add_to(router)
    router.routes.extend(audit_words.routes(use_cases, pages).routes)
    return router
