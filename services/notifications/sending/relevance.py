"""Whether a mail still applies when it is sent: sessions move and people leave."""

from datetime import datetime

from services.notifications.deliveries.domain import Delivery, DeliveryKind
from services.notifications.deliveries.fanouts import SURVEY_KINDS
from services.notifications.next_steps import CHANGED as NEXT_STEP_CHANGED
from services.notifications.projections.domain import (
    KnownMembership,
    KnownPetition,
    KnownProgramme,
    KnownProposal,
    KnownRegistration,
    KnownSession,
    Recipient,
)
from services.notifications.reminders import WITHDRAWN, due
from services.notifications.rendering.domain import MailContext
from shared.events.vocabulary import MembershipState, PetitionState, ProposalState, RegistrationStatus, SessionStatus

WITHDRAWN_RECORDING = "recording withdrawn"
NOT_PUBLIC = "session not public"
PROVISIONAL = "date provisional"
PASSED_ON = "petition passed on"

_SEATED = frozenset({RegistrationStatus.REGISTERED})

_SEATED_OR_WAITING = _SEATED | {RegistrationStatus.WAITING}

_STATUSES = {
    DeliveryKind.CONFIRMATION: _SEATED,
    DeliveryKind.WAITING_LIST: frozenset({RegistrationStatus.WAITING}),
    DeliveryKind.PROMOTION: _SEATED,
    DeliveryKind.REGISTRATION_CANCELLED: frozenset({RegistrationStatus.CANCELLED}),
    DeliveryKind.PERSONAL_LINK: _SEATED_OR_WAITING,
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
        DeliveryKind.PROPOSAL_SCHEDULED,
        DeliveryKind.PROPOSAL_RESCHEDULED,
    }
)
"""Kinds that invite to a session which is still to come."""

_CHANGES = frozenset({DeliveryKind.RESCHEDULED, DeliveryKind.CHANGED, DeliveryKind.PROPOSAL_RESCHEDULED})
"""Kinds that the mail about a later move replaces."""


_ABOUT_PUBLIC_SESSIONS = frozenset(
    {DeliveryKind.PROPOSAL_RESCHEDULED, DeliveryKind.PROPOSAL_RECORDING, DeliveryKind.RESULTS}
)
"""Kinds that are about nothing but a page which only a public session has, or its date."""

_ABOUT_DATES = frozenset({DeliveryKind.PROPOSAL_RESCHEDULED, DeliveryKind.PROPOSAL_SESSION_CANCELLED})
"""Kinds that take back a date which a provisional session never had."""

_STATES = {
    DeliveryKind.PROPOSAL_UNDER_REVIEW: ProposalState.UNDER_REVIEW,
    DeliveryKind.PROPOSAL_SCHEDULED: ProposalState.SCHEDULED,
    DeliveryKind.PROPOSAL_RESCHEDULED: ProposalState.SCHEDULED,
    DeliveryKind.PROPOSAL_ANSWERED: ProposalState.ANSWERED_IN_SESSION,
    DeliveryKind.PROPOSAL_RECORDING: ProposalState.ANSWERED_IN_SESSION,
    DeliveryKind.PROPOSAL_DECLINED: ProposalState.DECLINED,
    DeliveryKind.PROPOSAL_MERGED: ProposalState.MERGED,
}
"""How the proposal must stand for each kind of news about it."""


_OF_PETITIONS = {
    DeliveryKind.PETITION_RECEIVED: frozenset(PetitionState) - {PetitionState.WITHDRAWN},
    DeliveryKind.PETITION_OFFERED: frozenset({PetitionState.OFFERED}),
    DeliveryKind.PETITION_ACCEPTED: frozenset({PetitionState.ACCEPTED}),
    DeliveryKind.PETITION_RESERVE: frozenset({PetitionState.RESERVE}),
    DeliveryKind.PETITION_DECLINED: frozenset({PetitionState.DECLINED}),
    DeliveryKind.PETITION_ANSWERED: frozenset({PetitionState.ANSWERED}),
    DeliveryKind.PETITION_ASSIGNED: frozenset({PetitionState.RECEIVED, PetitionState.UNDER_REVIEW}),
}
"""How the petition may stand for each kind of mail about it."""


def skip_reason(delivery: Delivery, context: MailContext, recipient: Recipient, now: datetime) -> str:
    """Why the mail no longer applies; empty if it does."""
    if isinstance(recipient, KnownRegistration) and (reason := _reason_of_registration(delivery, recipient)):
        return reason
    if delivery.kind in SURVEY_KINDS and context.survey_links is None:
        return "survey closed"
    if context.is_about_entity:
        return _reason_of_entity(delivery, context)
    if context.proposal and not _still_stands(delivery.kind, context.proposal, context.session):
        return f"proposal {context.proposal.state}"
    if context.session and (reason := _reason_of_kind(delivery.kind, context.session)):
        return reason
    if delivery.kind in _BEFORE_THE_SESSION and context.session:
        return _reason_of_session(delivery, context, context.session, recipient, now)
    return ""


def _reason_of_kind(kind: DeliveryKind, session: KnownSession) -> str:
    """Why nobody gets this kind about such a session: it cannot be named to them, or has no date to be told of."""
    if kind in _ABOUT_PUBLIC_SESSIONS and not session.is_public:
        return NOT_PUBLIC
    if kind is DeliveryKind.PROPOSAL_RECORDING and not session.recording_url:
        return WITHDRAWN_RECORDING
    return PROVISIONAL if kind in _ABOUT_DATES and session.tentative else ""


def _reason_of_registration(delivery: Delivery, registration: KnownRegistration) -> str:
    if registration.status not in _STATUSES[delivery.kind]:
        return f"registration {registration.status}"
    return "registered again since" if 0 < delivery.generation < registration.generation else ""


def _reason_of_entity(delivery: Delivery, context: MailContext) -> str:
    if context.petition:
        return _reason_of_petition(delivery, context.petition)
    return _reason_of_membership(delivery, context.membership) if context.membership else ""


def _reason_of_membership(delivery: Delivery, membership: KnownMembership) -> str:
    if membership.state is not MembershipState.ACTIVE:
        return f"membership {membership.state}"
    is_of_another = delivery.sequence != membership.next_step_seen
    return NEXT_STEP_CHANGED if delivery.kind is DeliveryKind.MEMBERSHIP_NEXT_STEP and is_of_another else ""


def _reason_of_petition(delivery: Delivery, petition: KnownPetition) -> str:
    if delivery.kind is DeliveryKind.PETITION_ASSIGNED and delivery.recipient_id != petition.mailbox_id:
        return PASSED_ON
    stands = petition.state in _OF_PETITIONS[delivery.kind]
    return "" if stands else f"petition {petition.state}"


def _still_stands(kind: DeliveryKind, proposal: KnownProposal, session: KnownSession | None) -> bool:
    """Whether the proposal stands as news of this kind tell."""
    if kind is DeliveryKind.PROPOSAL_SESSION_CANCELLED:
        is_back = proposal.state is ProposalState.UNDER_REVIEW and bool(proposal.cancelled_session_id)
        is_off = session is not None and session.status is SessionStatus.CANCELLED
        return is_back or (proposal.state is ProposalState.SCHEDULED and is_off)
    return proposal.state is _STATES.get(kind, proposal.state)


def _reason_of_session(
    delivery: Delivery, context: MailContext, session: KnownSession, recipient: Recipient, now: datetime
) -> str:
    if session.status is SessionStatus.CANCELLED:
        return "session cancelled"
    if delivery.kind in _CHANGES and delivery.sequence < session.moved_sequence:
        return "session moved again"
    if delivery.kind is DeliveryKind.PROMOTION and session.is_over(now):
        return "after the end"
    if delivery.kind is DeliveryKind.REMINDER:
        return _reason_of_reminder(delivery, session, context.programme, now)
    # A title may change in one language only. Only the last change tells what it was before.
    is_last_change = delivery.kind is DeliveryKind.CHANGED and delivery.sequence == session.sequence
    return "same in their language" if is_last_change and not session.is_changed_for(recipient.language) else ""


def _reason_of_reminder(delivery: Delivery, session: KnownSession, programme: KnownProgramme, now: datetime) -> str:
    if session.status is not SessionStatus.SCHEDULED or now >= session.starts_at:
        return "after the start"
    if delivery.due_at != due(session, delivery.minutes_before):
        return "session moved"
    return "" if delivery.minutes_before in programme.reminders_minutes else WITHDRAWN
