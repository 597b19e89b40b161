"""Whether a mail that was due still makes sense at the moment of sending: sessions move and people leave."""

from datetime import datetime

from services.notifications.deliveries.domain import Delivery, DeliveryKind
from services.notifications.projections.domain import (
    KnownProgramme,
    KnownProposal,
    KnownRegistration,
    KnownSession,
    Recipient,
)
from services.notifications.reminders import WITHDRAWN, due
from services.notifications.rendering.domain import MailContext
from shared.events.vocabulary import ProposalState, RegistrationStatus, SessionStatus

_SEATED = frozenset({RegistrationStatus.REGISTERED})


_SEATED_OR_WAITING = _SEATED | {RegistrationStatus.WAITING}


_STATUSES = {
    DeliveryKind.CONFIRMATION: _SEATED,
    DeliveryKind.WAITING_LIST: frozenset({RegistrationStatus.WAITING}),
    DeliveryKind.PROMOTION: _SEATED,
    DeliveryKind.REGISTRATION_CANCELLED: frozenset({RegistrationStatus.CANCELLED}),
    DeliveryKind.REMINDER: _SEATED,
    DeliveryKind.RESCHEDULED: _SEATED_OR_WAITING,
    DeliveryKind.CHANGED: _SEATED_OR_WAITING,
    DeliveryKind.SESSION_CANCELLED: _SEATED_OR_WAITING,
    DeliveryKind.SURVEY: _SEATED,
    DeliveryKind.SURVEY_REMINDER: _SEATED,
    DeliveryKind.RESULTS: _SEATED,
    DeliveryKind.MATERIALS: _SEATED,
}
"""How the registration must stand for each kind of mail about a session."""


_BEFORE_THE_SESSION = frozenset(
    {
        DeliveryKind.CONFIRMATION,
        DeliveryKind.WAITING_LIST,
        DeliveryKind.PROMOTION,
        DeliveryKind.REMINDER,
        DeliveryKind.RESCHEDULED,
        DeliveryKind.CHANGED,
    }
)
"""Kinds that invite to a session which is still to come."""


_CHANGES = frozenset({DeliveryKind.RESCHEDULED, DeliveryKind.CHANGED})
"""Kinds that a later move tells in their place."""


_SURVEYS = frozenset({DeliveryKind.SURVEY, DeliveryKind.SURVEY_REMINDER})


_STATES = {
    DeliveryKind.PROPOSAL_UNDER_REVIEW: ProposalState.UNDER_REVIEW,
    DeliveryKind.PROPOSAL_SCHEDULED: ProposalState.SCHEDULED,
    DeliveryKind.PROPOSAL_ANSWERED: ProposalState.ANSWERED_IN_SESSION,
    DeliveryKind.PROPOSAL_DECLINED: ProposalState.DECLINED,
    DeliveryKind.PROPOSAL_MERGED: ProposalState.MERGED,
}
"""How the proposal must stand for each kind of news about it."""


def skip_reason(delivery: Delivery, context: MailContext, recipient: Recipient, now: datetime) -> str:
    """Why the mail no longer applies; empty when it does."""
    if isinstance(recipient, KnownRegistration) and (reason := _skip_reason_to_registration(delivery, recipient)):
        return reason
    if delivery.kind in _SURVEYS and context.survey_links is None:
        return "survey closed"
    if delivery.kind in _STATES and context.proposal:
        return _skip_reason_about_proposal(delivery.kind, context.proposal)
    if delivery.kind in _BEFORE_THE_SESSION and context.session:
        return (
            _skip_reason_before_session(delivery, context.session, now)
            or _skip_reason_remind(delivery, context.programme)
            or _skip_reason_change(delivery, context.session, recipient)
        )
    return ""


def _skip_reason_to_registration(delivery: Delivery, registration: KnownRegistration) -> str:
    if registration.status not in _STATUSES[delivery.kind]:
        return f"registration {registration.status}"
    return "registered again since" if 0 < delivery.generation < registration.generation else ""


def _skip_reason_about_proposal(kind: DeliveryKind, proposal: KnownProposal) -> str:
    return "" if proposal.state is _STATES[kind] else f"proposal {proposal.state}"


def _skip_reason_before_session(delivery: Delivery, session: KnownSession, now: datetime) -> str:
    if session.status is SessionStatus.CANCELLED:
        return "session cancelled"
    if delivery.kind in _CHANGES and delivery.sequence < session.moved_sequence:
        return "session moved again"
    if delivery.kind is not DeliveryKind.REMINDER:
        return ""
    if session.status is not SessionStatus.SCHEDULED or now >= session.starts_at:
        return "after the start"
    if delivery.due_at != due(session, delivery.minutes_before):
        return "session moved"
    return ""


def _skip_reason_remind(delivery: Delivery, programme: KnownProgramme) -> str:
    is_reminder = delivery.kind is DeliveryKind.REMINDER
    return WITHDRAWN if is_reminder and delivery.minutes_before not in programme.reminders_minutes else ""


def _skip_reason_change(delivery: Delivery, session: KnownSession, recipient: Recipient) -> str:
    """A title may change in one language only. What it was before is known of the last change alone."""
    is_last_change = delivery.kind is DeliveryKind.CHANGED and delivery.sequence == session.sequence
    return "same in their language" if is_last_change and not session.is_changed_for(recipient.language) else ""
