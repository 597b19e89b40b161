"""The pages of notifications: a person's preferences, and the office's pages of the mails."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter

from services.notifications.office import audit_pages
from services.notifications.office.pages import MailPages
from services.notifications.preferences.pages import PreferencesPages
from services.notifications.usecases import UseCases
from services.notifications.wording.office_pages import WordingPages
from shared.clock import Clock
from shared.security.links import Links
from shared.web.page_routes import page_router
from shared.web.pages import Pages


def routes(
    use_cases: UseCases, pages: Pages, links: Links, clock: Clock, *, trouble: Callable[[], Awaitable[str]]
) -> APIRouter:
    """`trouble` says why no mail goes out at present; empty if mails go out."""
    router = page_router(pages)
    PreferencesPages(use_cases.preferences, pages, links, clock).add_to(router)
    WordingPages(use_cases.wordings, pages).add_to(router)
    MailPages(use_cases.delivery_admin, pages, trouble).add_to(router)
    router.routes.extend(
        audit_pages.routes(use_cases.audit, use_cases.delivery_admin, use_cases.wordings, pages).routes
    )
    return router
