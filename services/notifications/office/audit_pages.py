"""The record of what the office did about mails, in words."""

from collections.abc import Collection

from services.notifications.deliveries.domain import KIND_NAMES
from services.notifications.office.usecases import DeliveryAdmin
from services.notifications.preferences.domain import SUPPRESSION_NAMES
from services.notifications.wording.usecases import Wordings
from shared.events.vocabulary import Language, in_language
from shared.problems import mark
from shared.security.audit import Audit
from shared.web.audit_pages import ERASED_PERSON, EXPORTED_PERSON, Act, Detail, Record, audit_routes
from shared.web.page_routes import PageRouter
from shared.web.pages import LANGUAGE_NAMES, Pages

PATH = "/office/audit/mails"

ACTS = {
    "delivery.resent": Act(mark("Sent a mail once more"), "/office/mails/deliveries/{}"),
    "suppression.lifted": Act(mark("Let mails go to an address again"), "/office/mails/suppressions"),
    "suppressions.lifted": Act(mark("Let mails go to several addresses again"), "/office/mails/suppressions"),
    "recipient.exported": Act(EXPORTED_PERSON),
    "recipient.erased": Act(ERASED_PERSON),
    "wording.adjusted": Act(mark("Adjusted the wording of a mail"), "/office/mails/wording/{}"),
    "wording.reset": Act(mark("Brought the default wording of a mail back"), "/office/mails/wording/{}"),
}

DETAILS = {
    "reason": Detail(mark("Why it got none"), codes=SUPPRESSION_NAMES),
    "domain": Detail(mark("What stands after the @")),
    "since": Detail(mark("From")),
    "until": Detail(mark("Until")),
    "number": Detail(mark("Number of addresses")),
    "kind": Detail(mark("Kind of mail"), codes=KIND_NAMES),
    "language": Detail(mark("Language"), codes=LANGUAGE_NAMES),
    "introduction": Detail(mark("Words before")),
    "closing": Detail(mark("Words after")),
}


def routes(audit: Audit, admin: DeliveryAdmin, wordings: Wordings, pages: Pages) -> PageRouter:
    async def names(language: Language, ids: Collection[str]) -> dict[str, str]:
        """The names of deliveries (kind and title) and of programmes."""
        deliveries = await admin.deliveries(ids)
        titles = await admin.titles(deliveries)
        names = {programme.id: in_language(programme.name, language) for programme in await wordings.programmes()}
        for delivery in deliveries:
            kind, title = pages.words.text(language, KIND_NAMES[delivery.kind]), titles.get(delivery.subject_id, "")
            names[delivery.id] = f"{kind} · {title if isinstance(title, str) else in_language(title, language)}"
        return names

    return audit_routes(pages, PATH, Record(audit, ACTS, DETAILS, names))
