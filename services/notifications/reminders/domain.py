"""When people are reminded of a session, and whether a reminder still applies."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.notifications.deliveries.domain import Delivery, DeliveryKind, make_delivery
from services.notifications.projections.domain import KnownProgramme, KnownSession
from shared.clock import to_millis
from shared.events.vocabulary import SessionStatus

WITHDRAWN = "reminder withdrawn"
"""The reason why a reminder is skipped that its programme no longer has."""


def reminders(
    session: KnownSession, programme: KnownProgramme, recipients: Sequence[str], now: datetime
) -> list[Delivery]:
    """The reminders that are still to come, for each recipient. Their ids contain the start, not the sequence: a new
    title makes no new ones, a new time does."""
    if session.status is not SessionStatus.SCHEDULED:
        return []
    ahead = [minutes for minutes in programme.reminders_minutes if due(session, minutes) > now]
    return [reminder(session, recipient, minutes, now) for recipient in recipients for minutes in ahead]


def reminder(session: KnownSession, recipient_id: str, minutes: int, now: datetime) -> Delivery:
    """The reminder so many minutes before the start."""
    return make_delivery(
        DeliveryKind.REMINDER,
        session.id,
        recipient_id,
        due_at=due(session, minutes),
        now=now,
        round_=f"{to_millis(session.starts_at)}-{minutes}",
        sequence=session.sequence,
        minutes_before=minutes,
    )


def due(session: KnownSession, minutes: int) -> datetime:
    """When the reminder so many minutes before the start is sent."""
    return session.starts_at - timedelta(minutes=minutes)


def is_for_start(due_at: datetime, minutes_before: int, session: KnownSession) -> bool:
    """Whether a reminder was made for the session's present start; otherwise the session has moved since."""
    return due_at == due(session, minutes_before)
