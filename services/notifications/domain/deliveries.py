"""A mail is a row with a due time: what a delivery is, its kinds, its states, its deterministic id."""

import hashlib
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.clock import StoredInstant


class DeliveryKind(StrEnum):
    """What a mail tells; also the name of its folder under `emails/`."""

    CONFIRMATION = "confirmation"
    WAITING_LIST = "waiting_list"
    PROMOTION = "promotion"
    REGISTRATION_CANCELLED = "registration_cancelled"
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
    PROPOSAL_ANSWERED = "proposal_answered"
    PROPOSAL_DECLINED = "proposal_declined"
    PROPOSAL_MERGED = "proposal_merged"
    SUPPORT_CONFIRMATION = "support_confirmation"


SESSION_KINDS = frozenset(kind for kind in DeliveryKind if not kind.startswith(("proposal_", "support_")))
"""Kinds about a session: their recipient is a registration; of the others, a follower of a proposal."""

DIRECT_ANSWERS = frozenset(
    {
        DeliveryKind.CONFIRMATION,
        DeliveryKind.WAITING_LIST,
        DeliveryKind.REGISTRATION_CANCELLED,
        DeliveryKind.PROPOSAL_RECEIVED,
        DeliveryKind.SUPPORT_CONFIRMATION,
    }
)
"""Direct answers to the person's own act. They carry no List-Unsubscribe: its one click could not stop them. Those to
an address that anybody may have typed for a proposal say in their words how to stop what comes after."""

SEAT_NOTICES = frozenset(
    {DeliveryKind.PROMOTION, DeliveryKind.RESCHEDULED, DeliveryKind.CHANGED, DeliveryKind.SESSION_CANCELLED}
)
"""What a person must hear of a seat that they hold or wait for: no preference stops it, leaving the session does."""


class DeliveryState(StrEnum):
    """Where a delivery stands. The last four are final and carry their reason."""

    DUE = "due"
    DEFERRED = "deferred"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"
    SKIPPED = "skipped"


RECIPIENT_ERASED = "recipient erased"
"""Why a delivery is skipped whose recipient was erased before."""
NOT_KNOWN_YET = "not known yet what it is about"
"""Why a delivery is deferred that was due before the events came which tell what it is about."""


class Delivery(BaseModel):
    """One mail to one person. `open` is 1 while it may still be sent: with `due_at` it is the sender's index."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, hide_input_in_errors=True)

    id: str
    kind: DeliveryKind
    subject_id: str
    """The session or the proposal it is about."""
    recipient_id: str
    """The registration or the follower who gets it."""
    due_at: StoredInstant
    """When it is to be sent; also its Date header, so that a repeated mail is the same mail."""
    sequence: int = 0
    """The session's SEQUENCE it was made for: a reminder of another sequence no longer applies."""
    generation: int = 0
    """Of an answer to a registration: which one it answers, since a person may leave and register again; else 0."""
    minutes_before: int = 0
    """Of a reminder: how long before the start."""
    created_at: StoredInstant
    state: DeliveryState = DeliveryState.DUE
    open: int = 1
    next_try_at: StoredInstant | None = None
    """`due_at` at first, later after back-off: what the sender compares with the clock."""
    tries: int = 0
    reason: str = ""
    sent_at: StoredInstant | None = None
    resent_at: StoredInstant | None = None
    """When the office had it sent once more."""


def delivery_id(kind: DeliveryKind, subject_id: str, recipient_id: str, round_: str) -> str:
    """The id that makes a second insertion of the same mail a no-op. `round_` tells repetitions that are meant
    (a generation of the registration, a sequence of the session, the minutes before the start)."""
    return f"{kind}:{subject_id}:{recipient_id}:{round_}"


def message_id(delivery: str, domain: str) -> str:
    """The Message-ID (RFC 5322 section 3.6.4) of a delivery: the same at every try."""
    kind = delivery.partition(":")[0].replace("_", "-")
    return f"<{hashlib.sha256(delivery.encode()).hexdigest()[:32]}.{kind}@{domain}>"


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
    )
