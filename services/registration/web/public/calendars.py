"""Sessions as iCalendar (RFC 5545), published (RFC 5546 METHOD:PUBLISH).

An entry has the UID that it has in the mails, so that calendars take both for the same. The join link is in one's own
entry only, never in a feed.
"""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event, vCalAddress, vDuration

from services.registration.domain.registrations import RegistrationState
from services.registration.usecases.registrations import RegistrationView
from services.registration.web.public.front import Publisher, Shown
from shared.events.vocabulary import Language, in_language
from shared.invitations import invitation_sequence
from shared.links import Links

_REFRESH = timedelta(hours=12)


def feed_calendar(
    name: str, sessions: Iterable[Shown], links: Links, publisher: Publisher, language: Language
) -> bytes:
    """A calendar to subscribe to; cancelled sessions are in it as such."""
    calendar = _calendar()
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar["refresh-interval"] = vDuration(_REFRESH, params={"VALUE": "DURATION"})
    calendar["x-published-ttl"] = vDuration(_REFRESH)
    for shown in sessions:
        entry = _entry(shown, publisher, language)
        entry.add("url", links.page(shown.path))
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def personal_calendar(
    view: RegistrationView, shown: Shown, publisher: Publisher, join: str, language: Language
) -> bytes:
    """One's own entry, with the SEQUENCE of the mails: with the link to join for who has a seat, tentative for who
    waits for one, as cancelled for who has given it up."""
    calendar = _calendar()
    registration, entry = view.registration, _entry(shown, publisher, language)
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


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Dijous//Dijous//CA")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    return calendar


def _entry(shown: Shown, publisher: Publisher, language: Language) -> Event:
    session, programme = shown.session, shown.programme
    entry = Event()
    entry.add("uid", f"{session.id}@{publisher.mail_domain}")
    entry.add("dtstamp", session.changed_at or session.starts_at)
    entry.add("dtstart", session.starts_at)  # in UTC, which needs no rules of a zone
    entry.add("dtend", session.ends_at)
    entry.add("sequence", session.sequence)
    entry.add("status", "CANCELLED" if shown.is_cancelled else "CONFIRMED")
    entry.add("summary", _one_line(in_language(session.title, language)))
    if session.description:
        entry.add("description", in_language(session.description, language))
    entry.add("categories", [_one_line(in_language(programme.name, language))])
    mailbox = vCalAddress(f"mailto:{programme.reply_to or publisher.mail_from}")
    mailbox.params["CN"] = _one_line(programme.organiser or in_language(programme.name, language))
    entry["organizer"] = mailbox
    return entry


def _one_line(text: str) -> str:
    return " ".join(text.split())
