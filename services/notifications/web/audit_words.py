"""The record of what the office did about mails, in words."""

from collections.abc import Collection

from services.notifications.usecases import UseCases, people
from services.notifications.usecases.office import LIFTED, RESENT
from services.notifications.usecases.post import Addressed
from services.notifications.usecases.wording import ADJUSTED, RESET
from services.notifications.web.mail_words import KIND_NAMES, SUPPRESSION_NAMES
from shared.events.vocabulary import Language, in_language
from shared.problems import mark
from shared.web.audit_pages import ERASED_PERSON, EXPORTED_PERSON, Act, Detail, Record, audit_routes
from shared.web.page_routes import PageRouter
from shared.web.pages import LANGUAGE_NAMES, Pages

PATH = "/office/audit/mails"
ACTS = {
    RESENT: Act(mark("Sent a mail once more"), "/office/mails/deliveries/{}"),
    LIFTED: Act(mark("Let mails go to an address again"), "/office/mails/suppressions"),
    people.EXPORTED: Act(EXPORTED_PERSON),
    people.ERASED: Act(ERASED_PERSON),
    ADJUSTED: Act(mark("Adjusted the wording of a mail"), "/office/mails/wording/{}"),
    RESET: Act(mark("Brought the default wording of a mail back"), "/office/mails/wording/{}"),
}
DETAILS = {
    "reason": Detail(mark("Why it got none"), codes=SUPPRESSION_NAMES),
    "kind": Detail(mark("Kind of mail"), codes=KIND_NAMES),
    "language": Detail(mark("Language"), codes=LANGUAGE_NAMES),
    "introduction": Detail(mark("Words before")),
    "closing": Detail(mark("Words after")),
}


def routes(use_cases: UseCases, pages: Pages) -> PageRouter:
    """`/office/audit/mails`."""
    office, wordings = use_cases.office, use_cases.wordings

    async def names(language: Language, ids: Collection[str]) -> dict[str, str]:
        """Of deliveries, by kind and what they are about, and of programmes."""
        deliveries = await office.deliveries(ids)
        titles = await office.titles([Addressed(delivery, "") for delivery in deliveries])
        names = {programme.id: in_language(programme.name, language) for programme in await wordings.programmes()}
        for delivery in deliveries:
            kind, title = pages.words.text(language, KIND_NAMES[delivery.kind]), titles.get(delivery.subject_id, "")
            names[delivery.id] = f"{kind} · {title if isinstance(title, str) else in_language(title, language)}"
        return names

    return audit_routes(pages, PATH, Record(use_cases.audit, ACTS, DETAILS, names))
