"""Why a mail was not sent, in words for the office."""

from collections.abc import Mapping

from services.notifications.deliveries.domain import NOT_KNOWN_YET
from services.notifications.next_steps import CHANGED as NEXT_STEP_CHANGED
from services.notifications.reminders import WITHDRAWN
from services.notifications.sending.rate_limit import TOO_MANY
from services.notifications.sending.relevance import NOT_PUBLIC, PASSED_ON, PROVISIONAL, WITHDRAWN_RECORDING
from services.notifications.sending.superseded import (
    LATER_REMINDER,
    NEW_DATE_TOLD,
    SURVEY_SENT_JUST_NOW,
    TOLD_AS_REGISTERED,
)
from shared.problems import mark

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
    LATER_REMINDER: mark("It was late: a later reminder took its place."),
    SURVEY_SENT_JUST_NOW: mark("It was late: the survey itself had gone out just before."),
    NEW_DATE_TOLD: mark("The mail that tells of the session names the new date already."),
    TOLD_AS_REGISTERED: mark("The person is registered for the session: the mail about the registration tells of it."),
    WITHDRAWN_RECORDING: mark("The recording was withdrawn."),
    NOT_PUBLIC: mark("The session is not for everybody."),
    PROVISIONAL: mark("The date of the session was provisional."),
    "after the start": mark("The session had begun."),
    "after the end": mark("The session was over."),
    "proposal received": mark("The proposal was in another state by then: received."),
    "proposal under_review": mark("The proposal was in another state by then: under review."),
    "proposal scheduled": mark("The proposal was in another state by then: scheduled."),
    "proposal answered_in_session": mark("The proposal was in another state by then: answered in session."),
    "proposal declined": mark("The proposal was in another state by then: declined."),
    "proposal merged": mark("The proposal was in another state by then: merged."),
    "petition received": mark("The petition stood otherwise by then: received."),
    "petition under_review": mark("The petition stood otherwise by then: under study."),
    "petition reserve": mark("The petition stood otherwise by then: in the reserve."),
    "petition offered": mark("The petition stood otherwise by then: place offered."),
    "petition accepted": mark("The petition stood otherwise by then: accepted."),
    "petition declined": mark("The petition stood otherwise by then: declined."),
    "petition answered": mark("The petition stood otherwise by then: answered."),
    "petition withdrawn": mark("The petition stood otherwise by then: withdrawn."),
    PASSED_ON: mark("The petition had been passed on."),
    "membership finished": mark("The entity had finished the phases."),
    "membership left": mark("The entity had left the programme."),
    NEXT_STEP_CHANGED: mark("Another next step took its place."),
    "recipient erased": mark("The person asked to be erased."),
    TOO_MANY: mark("Too many mails to this address within an hour."),
    NOT_KNOWN_YET: mark("What it is about is not known here yet."),
    "connection lost": mark("The connection to the mail server was lost."),
}
"""Our own reasons; those of mail servers are shown as they are."""
