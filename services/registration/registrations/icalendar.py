"""One's own registration as an iCalendar entry."""

from services.registration.public_site import SiteOwner
from services.registration.registrations.domain import RegistrationState
from services.registration.registrations.usecases import RegistrationView
from services.registration.sessions.icalendar import calendar_entry, new_calendar
from services.registration.sessions.presented import PresentedSession
from shared.events.vocabulary import Language
from shared.invitations import invitation_sequence


def personal_calendar(
    view: RegistrationView, shown: PresentedSession, owner: SiteOwner, join: str, language: Language
) -> bytes:
    """The entry with the SEQUENCE of the mails. With a seat it has the join link; a place on the waiting list is
    tentative; a cancelled registration is cancelled.
    """
    calendar = new_calendar([shown.zone])
    registration, entry = view.registration, calendar_entry(shown, owner, language)
    entry.DTSTAMP = max(shown.session.last_changed_at, registration.changed_at)
    given_up = registration.state is RegistrationState.CANCELLED
    entry["sequence"] = invitation_sequence(shown.session.sequence, registration.generation, given_up=given_up)
    if given_up:
        entry["status"] = "CANCELLED"
    elif registration.is_waiting and not shown.is_cancelled:
        entry["status"] = "TENTATIVE"
    elif registration.state is RegistrationState.REGISTERED:
        entry.add("location", join)
        entry.add("url", join)
    calendar.add_component(entry)
    return bytes(calendar.to_ical())
