"""The documents of notifications over `shared.storage`: the collections here, their fields in a file for each noun."""

from collections.abc import Mapping, Sequence

from services.notifications.delivery_store import DELIVERIES, DeliveryStore
from services.notifications.domain.wording import Wording
from services.notifications.fanout_store import FANOUTS, FanoutStore
from services.notifications.known_store import PROGRAMMES, PROPOSALS, SESSIONS, KnownStore
from services.notifications.recipient_store import FOLLOWERS, REGISTRATIONS, RecipientStore
from services.notifications.reminder_store import ReminderStore
from services.notifications.suppression_store import SUPPRESSIONS, SuppressionStore
from services.notifications.survey_store import SURVEY_KEYS, SURVEY_PARTS, SurveyStore
from shared.audit import AUDIT_COLLECTIONS
from shared.clock import Clock
from shared.messaging.lease import LEASES
from shared.office_access import OFFICE_ACCESS_COLLECTIONS
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import Index, Store

WORDINGS = "wordings"

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    PROGRAMMES: [],
    SESSIONS: [Index(("programme",)), Index(("starts_at",))],
    REGISTRATIONS: [Index(("session_id",)), Index(("email",))],
    FOLLOWERS: [Index(("proposal_id",)), Index(("email",))],
    PROPOSALS: [Index(("programme",)), Index(("session_id",))],
    DELIVERIES: [
        Index(("open", "next_try_at")),  # the sender's
        Index(("subject_id", "created_at")),
        Index(("recipient_id",)),
        Index(("state", "created_at")),
        Index(("created_at",)),
    ],
    FANOUTS: [Index(("open", "created_at")), Index(("subject_id",))],
    SURVEY_KEYS: [Index(("open", "tend_at"))],
    SURVEY_PARTS: [Index(("session_id",)), PENDING],
    SUPPRESSIONS: [Index(("address",)), Index(("created_at",)), PENDING],
    WORDINGS: [],
    LEASES: [],
    **AUDIT_COLLECTIONS,
    **OFFICE_ACCESS_COLLECTIONS,
}


class NotificationsStore:
    """Everything that notifications keeps. `secret` keys the ids of suppressed addresses."""

    def __init__(self, store: Store, *, secret: str, clock: Clock) -> None:
        self.documents = store
        self.known = KnownStore(store)
        self.recipients = RecipientStore(store)
        self.deliveries = DeliveryStore(store)
        self.reminders = ReminderStore(store, self.known)
        self.fanouts = FanoutStore(store)
        self.surveys = SurveyStore(store, clock)
        self.suppressions = SuppressionStore(store, secret, clock)
        self.wordings = Aggregates(store, WORDINGS, Wording, clock=clock)
