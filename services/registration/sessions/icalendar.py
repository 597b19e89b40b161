"""Sessions as iCalendar (RFC 5545), published (RFC 5546 METHOD:PUBLISH).

An entry has the UID that it has in the mails, so that calendars take both for the same. The join link is in one's own
entry only, never in a feed.
"""

from collections.abc import Iterable

from icalendar import Calendar, Event, vCalAddress

from services.registration.public_site import SiteOwner
from services.registration.sessions.presented import PresentedSession
from shared.events.vocabulary import Language, in_language
from shared.time_zones import entry_times, zone_definition


def new_calendar(zones: Iterable[str]) -> Calendar:
    """A calendar with the definitions of the zones of its entries."""
    calendar = Calendar()
    calendar.add("prodid", "-//Dijous//Dijous//CA")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for zone in sorted(set(zones)):
        calendar.add_component(zone_definition(zone))
    return calendar


def calendar_entry(shown: PresentedSession, owner: SiteOwner, language: Language) -> Event:
    session, programme = shown.session, shown.programme
    starts, ends = entry_times(shown.zone, session.starts_at, session.ends_at)
    entry = Event()
    entry.add("uid", f"{session.id}@{owner.mail_domain}")
    entry.add("dtstamp", session.last_changed_at)
    entry.add("dtstart", starts)
    entry.add("dtend", ends)
    entry.add("sequence", session.sequence)
    entry.add("status", _status(shown))
    entry.add("summary", _one_line(in_language(session.title, language)))
    if session.description:
        entry.add("description", in_language(session.description, language))
    entry.add("categories", [_one_line(in_language(programme.name, language))])
    mailbox = vCalAddress(f"mailto:{programme.reply_to or owner.mail_from}")
    mailbox.params["CN"] = _one_line(programme.organiser or in_language(programme.name, language))
    entry["organizer"] = mailbox
    return entry


def _status(shown: PresentedSession) -> str:
    """A provisional one stays so when it is past: it never was confirmed."""
    if shown.is_cancelled:
        return "CANCELLED"
    return "TENTATIVE" if shown.session.tentative else "CONFIRMED"


def _one_line(text: str) -> str:
    return " ".join(text.split())
