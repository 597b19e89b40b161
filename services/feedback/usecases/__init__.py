"""What feedback can do: one method per verb."""

from dataclasses import dataclass

from services.feedback.store import SURVEYS, FeedbackStore
from services.feedback.usecases.answers import Answers
from services.feedback.usecases.closing import Closing
from services.feedback.usecases.encrypting import Encrypting
from services.feedback.usecases.importing import Importing
from services.feedback.usecases.keys import SurveyKeys
from services.feedback.usecases.office import Office
from services.feedback.usecases.results import Publications
from services.feedback.usecases.surveys import Surveys
from shared.clock import Clock
from shared.messaging.office_access import OFFICE_PEOPLE_KIND, OfficeAccess
from shared.messaging.reconciler import Reconciler
from shared.security.audit import Audit


@dataclass(frozen=True, slots=True)
class UseCases:
    store: FeedbackStore
    surveys: Surveys
    answers: Answers
    encrypting: Encrypting
    closing: Closing
    publications: Publications
    office: Office
    importing: Importing
    audit: Audit
    access: OfficeAccess
    reconciler: Reconciler

    @classmethod
    def over(
        cls,
        store: FeedbackStore,
        keys: SurveyKeys,
        clock: Clock,
        reconciler: Reconciler,
        audit: Audit,
        access: OfficeAccess,
    ) -> "UseCases":
        surveys, closing = Surveys(store, keys, clock), Closing(store, keys, clock)
        reconciler.announces("feedback-surveys", SURVEYS, surveys.live, surveys.republish)
        reconciler.announces("feedback-results", SURVEYS, surveys.live_results, surveys.republish)
        reconciler.keeps("registration-programmes", store.programmes.missing)
        reconciler.keeps("registration-sessions", store.sessions.missing)
        reconciler.keeps(OFFICE_PEOPLE_KIND, access.missing)
        answers, encrypting = Answers(store, keys, clock), Encrypting(store, keys)
        publications, office = Publications(store), Office(store, closing)
        importing = Importing(store, clock)
        return cls(
            store, surveys, answers, encrypting, closing, publications, office, importing, audit, access, reconciler
        )

    async def do_what_is_due(self) -> bool:
        """Open, close and remind where that is due. Never more at once."""
        await self.surveys.open_due()
        await self.closing.close_due()
        await self.surveys.remind_due()
        return False

    async def announce_and_tidy(self) -> bool:
        """Announce how many answered, delete old comments, look after keys and what could not be sealed yet. Never more
        at once."""
        await self.surveys.announce_counts()
        await self.store.delete_old_comments(self.closing.clock())
        await self.closing.seal_published()
        await self.encrypting.tend()
        await self.closing.destroy_leftover_keys()
        return False
