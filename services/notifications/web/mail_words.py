"""What kinds, groups, states and reasons of mails are called in the pages."""

from collections.abc import Mapping

from services.notifications.domain.deliveries import NOT_KNOWN_YET, DeliveryKind, DeliveryState
from services.notifications.domain.reminders import WITHDRAWN
from services.notifications.domain.suppressions import MailGroup, SuppressionReason
from services.notifications.usecases.answer_limit import TOO_MANY
from shared.problems import mark

KIND_NAMES: Mapping[DeliveryKind, str] = {
    DeliveryKind.CONFIRMATION: mark("Confirmation of a registration"),
    DeliveryKind.WAITING_LIST: mark("Place on the waiting list"),
    DeliveryKind.PROMOTION: mark("Seat from the waiting list"),
    DeliveryKind.REGISTRATION_CANCELLED: mark("Registration cancelled"),
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
    DeliveryKind.PROPOSAL_ANSWERED: mark("Proposal answered"),
    DeliveryKind.PROPOSAL_DECLINED: mark("Proposal declined"),
    DeliveryKind.PROPOSAL_MERGED: mark("Proposal merged"),
    DeliveryKind.SUPPORT_CONFIRMATION: mark("Confirmation of a support"),
}

STATE_NAMES: Mapping[DeliveryState, str] = {
    DeliveryState.DUE: mark("To be sent"),
    DeliveryState.DEFERRED: mark("To be tried again"),
    DeliveryState.SENT: mark("Sent"),
    DeliveryState.BOUNCED: mark("Bounced"),
    DeliveryState.FAILED: mark("Failed"),
    DeliveryState.SKIPPED: mark("Not sent"),
}

GROUP_NAMES: Mapping[MailGroup, tuple[str, str]] = {
    MailGroup.ALL: (mark("All that can be stopped"), ""),
    MailGroup.SESSIONS: (mark("Changes of sessions, which are sent all the same"), ""),
    MailGroup.REMINDERS: (mark("Reminders"), mark("Before each session for which you are registered.")),
    MailGroup.SURVEYS: (mark("Surveys"), mark("After each session, and once more while you have not answered.")),
    MailGroup.PUBLICATIONS: (
        mark("Results and materials"),
        mark("When the recording, the materials or the results of the survey are published."),
    ),
    MailGroup.PROPOSALS: (mark("Proposals"), mark("What becomes of the proposals that you made or support.")),
}
"""Name and, for who chooses, explanation."""

SUPPRESSION_NAMES: Mapping[SuppressionReason, str] = {
    SuppressionReason.BOUNCED: mark("Refused for good: nothing is sent"),
    SuppressionReason.UNSUBSCRIBED: mark("The person stopped"),
}

REASONS: Mapping[str, str] = {
    "recipient unknown": mark("The person is not known any more."),
    "address bounced": mark("The address was refused before: nothing is sent to it until that is lifted."),
    "address unsubscribed": mark("The person does not want this kind of mail."),
    "registration cancelled": mark("The registration was cancelled."),
    "registration waiting": mark("The person was on the waiting list."),
    "registration registered": mark("The person had a seat by then."),
    "registered again since": mark("The person had registered again; a later mail tells of it."),
    "survey closed": mark("The survey was closed."),
    "session cancelled": mark("The session was cancelled."),
    "session moved": mark("The session was moved; a new reminder took its place."),
    "session moved again": mark("The session was moved once more; a later mail tells of it."),
    "same in their language": mark("The title is the same in the person's language."),
    WITHDRAWN: mark("The programme does not send this reminder any more."),
    "after the start": mark("The session had begun."),
    "proposal received": mark("The proposal was in another state by then: received."),
    "proposal under_review": mark("The proposal was in another state by then: under review."),
    "proposal scheduled": mark("The proposal was in another state by then: scheduled."),
    "proposal answered_in_session": mark("The proposal was in another state by then: answered in session."),
    "proposal declined": mark("The proposal was in another state by then: declined."),
    "proposal merged": mark("The proposal was in another state by then: merged."),
    "recipient erased": mark("The person asked to be erased."),
    TOO_MANY: mark("Too many mails to this address within an hour."),
    NOT_KNOWN_YET: mark("What it is about is not known here yet."),
    "connection lost": mark("The connection to the mail server was lost."),
}
"""Our own reasons in words; those of mail servers are shown as they are."""
