"""A delivery is one mail to one person: a row with a due time, a kind, a state and a deterministic id."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from shared.clock import StoredInstant, to_millis
from shared.problems import Problem, mark
from shared.storage.collection import Stored


class DeliveryUnknownProblem(Problem):
    status = 404
    code = "delivery-unknown"
    title = mark("There is no such delivery.")


class DeliveryOpenProblem(Problem):
    status = 409
    code = "delivery-open"
    title = mark("This delivery has not ended yet: it will be sent by itself.")


class DeliveryKind(StrEnum):
    """What a mail is about; also the name of its folder under `emails/`."""

    CONFIRMATION = "confirmation"
    WAITING_LIST = "waiting_list"
    PROMOTION = "promotion"
    REGISTRATION_CANCELLED = "registration_cancelled"
    PERSONAL_LINK = "personal_link"
    REMINDER = "reminder"
    RESCHEDULED = "rescheduled"
    CHANGED = "changed"
    SESSION_CANCELLED = "session_cancelled"
    SURVEY = "survey"
    SURVEY_REMINDER = "survey_reminder"
    RESULTS = "results"
    MATERIALS = "materials"
    PROPOSAL_RECEIVED = "proposal_received"
    PROPOSAL_UNDER_REVIEW = "proposal_under_review"
    PROPOSAL_SCHEDULED = "proposal_scheduled"
    PROPOSAL_RESCHEDULED = "proposal_rescheduled"
    PROPOSAL_SESSION_CANCELLED = "proposal_session_cancelled"
    PROPOSAL_ANSWERED = "proposal_answered"
    PROPOSAL_RECORDING = "proposal_recording"
    PROPOSAL_DECLINED = "proposal_declined"
    PROPOSAL_MERGED = "proposal_merged"
    SUPPORT_CONFIRMATION = "support_confirmation"
    PETITION_RECEIVED = "petition_received"
    PETITION_OFFERED = "petition_offered"
    PETITION_ACCEPTED = "petition_accepted"
    PETITION_RESERVE = "petition_reserve"
    PETITION_DECLINED = "petition_declined"
    PETITION_ANSWERED = "petition_answered"
    PETITION_ASSIGNED = "petition_assigned"
    MEMBERSHIP_STARTED = "membership_started"
    MEMBERSHIP_ADVANCED = "membership_advanced"
    MEMBERSHIP_NEXT_STEP = "membership_next_step"


KIND_NAMES: Mapping[DeliveryKind, str] = {
    DeliveryKind.CONFIRMATION: mark("Confirmation of a registration"),
    DeliveryKind.WAITING_LIST: mark("Place on the waiting list"),
    DeliveryKind.PROMOTION: mark("Seat from the waiting list"),
    DeliveryKind.REGISTRATION_CANCELLED: mark("Registration cancelled"),
    DeliveryKind.PERSONAL_LINK: mark("New personal link"),
    DeliveryKind.REMINDER: mark("Reminder of a session"),
    DeliveryKind.RESCHEDULED: mark("Change of date"),
    DeliveryKind.CHANGED: mark("Change to a session"),
    DeliveryKind.SESSION_CANCELLED: mark("Session cancelled"),
    DeliveryKind.SURVEY: mark("Survey"),
    DeliveryKind.SURVEY_REMINDER: mark("Reminder of a survey"),
    DeliveryKind.RESULTS: mark("Results of a survey"),
    DeliveryKind.MATERIALS: mark("Recording and materials"),
    DeliveryKind.PROPOSAL_RECEIVED: mark("Proposal received"),
    DeliveryKind.PROPOSAL_UNDER_REVIEW: mark("Proposal under review"),
    DeliveryKind.PROPOSAL_SCHEDULED: mark("Proposal scheduled"),
    DeliveryKind.PROPOSAL_RESCHEDULED: mark("New date of a proposal's session"),
    DeliveryKind.PROPOSAL_SESSION_CANCELLED: mark("Session of a proposal cancelled"),
    DeliveryKind.PROPOSAL_ANSWERED: mark("Proposal answered"),
    DeliveryKind.PROPOSAL_RECORDING: mark("Recording of a proposal's session"),
    DeliveryKind.PROPOSAL_DECLINED: mark("Proposal declined"),
    DeliveryKind.PROPOSAL_MERGED: mark("Proposal merged"),
    DeliveryKind.SUPPORT_CONFIRMATION: mark("Confirmation of a support"),
    DeliveryKind.PETITION_RECEIVED: mark("Petition received"),
    DeliveryKind.PETITION_OFFERED: mark("Place offered to a petition"),
    DeliveryKind.PETITION_ACCEPTED: mark("Petition accepted"),
    DeliveryKind.PETITION_RESERVE: mark("Petition in the reserve"),
    DeliveryKind.PETITION_DECLINED: mark("Petition declined"),
    DeliveryKind.PETITION_ANSWERED: mark("Petition answered"),
    DeliveryKind.PETITION_ASSIGNED: mark("Petition to answer, to a mailbox"),
    DeliveryKind.MEMBERSHIP_STARTED: mark("Participation begun"),
    DeliveryKind.MEMBERSHIP_ADVANCED: mark("Participation advanced"),
    DeliveryKind.MEMBERSHIP_NEXT_STEP: mark("Reminder of a next step"),
}

PROPOSAL_KINDS = frozenset(kind for kind in DeliveryKind if kind.startswith(("proposal_", "support_")))
"""Kinds about a proposal: their recipient is a follower."""
MAILBOX_KINDS = frozenset({DeliveryKind.PETITION_ASSIGNED})
"""Kinds to the mailbox of a body or of the office: no person, and nothing to be stopped."""
CONTACT_KINDS = (
    frozenset(kind for kind in DeliveryKind if kind.startswith(("petition_", "membership_"))) - MAILBOX_KINDS
)
"""Kinds about a petition or a membership: their recipient is a contact."""
SESSION_KINDS = frozenset(DeliveryKind) - PROPOSAL_KINDS - CONTACT_KINDS - MAILBOX_KINDS
"""Kinds about a session: their recipient is a registration."""

DIRECT_ANSWERS = frozenset(
    {
        DeliveryKind.CONFIRMATION,
        DeliveryKind.WAITING_LIST,
        DeliveryKind.REGISTRATION_CANCELLED,
        DeliveryKind.PERSONAL_LINK,
        DeliveryKind.PROPOSAL_RECEIVED,
        DeliveryKind.SUPPORT_CONFIRMATION,
        DeliveryKind.PETITION_RECEIVED,
    }
)
"""Answers to the person's own act. They carry no List-Unsubscribe, since no preference stops them. Those to an address
that anybody may have typed for a proposal or a petition say how to stop what comes after."""

SEAT_NOTICES = frozenset(
    {DeliveryKind.PROMOTION, DeliveryKind.RESCHEDULED, DeliveryKind.CHANGED, DeliveryKind.SESSION_CANCELLED}
)
"""News of a seat that the person holds or waits for. No preference stops them; leaving the session does."""


class Urgency(IntEnum):
    """The queue that a mail waits in (docs/decisions/0022). Bulk has none, as older deliveries lack the field."""

    TIMELY = 1
    """It loses its use while it waits."""
    ANSWER = 2
    """A person waits for it."""


QUEUES = (Urgency.ANSWER, Urgency.TIMELY, None)
"""The most urgent first; None is bulk."""

_NEAR = timedelta(hours=3)
"""A reminder so long before the start, or less, is timely."""


def urgency_of(kind: DeliveryKind, minutes_before: int = 0) -> Urgency | None:
    """How urgent a mail of that kind is; of a reminder, so many minutes before the start."""
    if kind in DIRECT_ANSWERS:
        return Urgency.ANSWER
    is_near = kind is DeliveryKind.REMINDER and timedelta(minutes=minutes_before) <= _NEAR
    return Urgency.TIMELY if is_near or kind in SEAT_NOTICES else None


class DeliveryState(StrEnum):
    """The state of a delivery. The last four are final and carry their reason."""

    DUE = "due"
    DEFERRED = "deferred"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"
    SKIPPED = "skipped"


STATE_NAMES: Mapping[DeliveryState, str] = {
    DeliveryState.DUE: mark("To be sent"),
    DeliveryState.DEFERRED: mark("To be tried again"),
    DeliveryState.SENT: mark("Sent"),
    DeliveryState.BOUNCED: mark("Bounced"),
    DeliveryState.FAILED: mark("Failed"),
    DeliveryState.SKIPPED: mark("Not sent"),
}

RECIPIENT_ERASED = "recipient erased"
NOT_KNOWN_YET = "not known yet what it is about"
"""Reasons: the events about its session or proposal have not come yet."""


class Delivery(Stored):
    """One mail to one person. `open` is 1 while it may still be sent."""

    kind: DeliveryKind
    subject_id: str
    """The session, the proposal, the petition or the membership it is about."""
    recipient_id: str
    """The registration, the follower or the contact who gets it."""
    due_at: StoredInstant
    """When it is to be sent first."""
    sequence: int = 0
    """The session's SEQUENCE it was made for: a reminder of another sequence no longer applies. Of a next step, the
    version of the membership that set it."""
    generation: int = 0
    """The generation of the registration that it answers, since a person may leave and register again; else 0."""
    minutes_before: int = 0
    """How long before the start a reminder is sent."""
    urgency: Urgency | None = None
    """Its queue."""
    created_at: StoredInstant
    state: DeliveryState = DeliveryState.DUE
    open: int = 1
    next_try_at: StoredInstant | None = None
    """When the sender tries it: `due_at` at first, later after a back-off."""
    tries: int = 0
    reason: str = ""
    sent_at: StoredInstant | None = None
    resent_at: StoredInstant | None = None
    """When the office last resent it."""

    @property
    def dated_at(self) -> datetime:
        """Its Date: at every try the same, as it is the same mail. What the office resends is a new mail."""
        return self.resent_at or self.due_at


def delivery_id(kind: DeliveryKind, subject_id: str, recipient_id: str, round_: str) -> str:
    """The id that makes a second insertion of the same mail a no-op. `round_` distinguishes intended repetitions
    (a generation of the registration, a sequence of the session, the minutes before the start)."""
    return f"{kind}:{subject_id}:{recipient_id}:{round_}"


def message_id(delivery: Delivery, domain: str) -> str:
    """The Message-ID (RFC 5322 section 3.6.4) of a delivery: the same at every try, another each time the office
    resends it, as mailboxes drop a mail whose Message-ID they have seen."""
    mail = f"{delivery.id}:{to_millis(delivery.resent_at)}" if delivery.resent_at else delivery.id
    kind = delivery.kind.replace("_", "-")
    return f"<{hashlib.sha256(mail.encode()).hexdigest()[:32]}.{kind}@{domain}>"


def make_delivery(
    kind: DeliveryKind,
    subject_id: str,
    recipient_id: str,
    *,
    due_at: datetime,
    now: datetime,
    round_: str,
    sequence: int = 0,
    generation: int = 0,
    minutes_before: int = 0,
) -> Delivery:
    """A delivery to be sent at `due_at` (aware)."""
    return Delivery(
        id=delivery_id(kind, subject_id, recipient_id, round_),
        kind=kind,
        subject_id=subject_id,
        recipient_id=recipient_id,
        due_at=due_at,
        next_try_at=due_at,
        created_at=now,
        sequence=sequence,
        generation=generation,
        minutes_before=minutes_before,
        urgency=urgency_of(kind, minutes_before),
    )
