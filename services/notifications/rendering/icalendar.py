"""The calendar part of a mail: iCalendar (RFC 5545) for a meeting request or its withdrawal (RFC 5546, RFC 6047).

`icalendar` builds what all recipients share; the personal lines are added for each.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress, vText

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.projections.domain import KnownSession
from services.notifications.rendering.domain import MailContext, one_line
from services.notifications.rendering.prepared import mark
from shared.events.vocabulary import Language, in_language
from shared.time_zones import entry_times, zone_definition

_LINE_OCTETS = 75

_END = "\nEND:VEVENT\n"

_MAILTO_SAFE = "@!$'*+-._~"  # what RFC 6068 leaves as it is in an address, beside letters and digits


class Method(StrEnum):
    """iTIP methods (RFC 5546) that mails carry."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


METHODS = {
    DeliveryKind.CONFIRMATION: Method.REQUEST,
    DeliveryKind.PROMOTION: Method.REQUEST,
    DeliveryKind.RESCHEDULED: Method.REQUEST,
    DeliveryKind.CHANGED: Method.REQUEST,
    DeliveryKind.SESSION_CANCELLED: Method.CANCEL,
    DeliveryKind.REGISTRATION_CANCELLED: Method.CANCEL,
}
"""The kinds of mail that carry a calendar part."""


class CalendarLine(StrEnum):
    SEQUENCE = "SEQUENCE"
    STAMP = "DTSTAMP"
    ATTENDEE = "ATTENDEE"
    JOIN = "URL"


def calendar_text(
    method: Method, context: MailContext, language: Language, organizer: str, uid_domain: str, join_prefix: str
) -> str:
    """The calendar as lines, with marks in place of the personal values.

    `organizer` is a mailbox that is read; `join_prefix` what a join link begins with.
    """
    if context.session is None:
        raise ValueError("a calendar part is about a session")
    calendar = _calendar(method, context, language, organizer, f"{context.session.id}@{uid_domain}")
    text: str = calendar.to_ical().decode()
    head, _, tail = text.replace("\r\n", "\n").rpartition(_END)
    lines = [
        f"SEQUENCE:{mark(CalendarLine.SEQUENCE)}",
        f"DTSTAMP:{mark(CalendarLine.STAMP)}",
        # The person registered, so the answer is known and the office's mailbox needs no «accepted».
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;",
        f" RSVP=FALSE:mailto:\n {mark(CalendarLine.ATTENDEE)}",
    ]
    if method is Method.REQUEST:
        location = f"LOCATION:{vText(join_prefix).to_ical().decode()}"
        lines += [f"{folded(line)}\n {mark(CalendarLine.JOIN)}" for line in (location, f"URL:{join_prefix}")]
    return "\n".join([head, *lines]) + _END + tail


def folded(line: str) -> str:
    """ASCII content in lines of at most 75 octets (RFC 5545 section 3.1)."""
    width = _LINE_OCTETS - 1
    return "\n ".join(line[start : start + width] for start in range(0, len(line), width))


def attendee(address: str) -> str:
    return folded(quote(address, safe=_MAILTO_SAFE))


def stamp(instant: datetime) -> str:
    """An instant as DTSTAMP takes it, in UTC."""
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _calendar(method: Method, context: MailContext, language: Language, organizer: str, uid: str) -> Calendar:
    assert context.session is not None
    zone = context.programme.time_zone
    entry = _entry(method, context.session, language, zone)
    entry.add("uid", uid)
    mailbox = vCalAddress(f"mailto:{organizer}")
    mailbox.params["CN"] = one_line(context.programme.organiser or in_language(context.programme.name, language))
    entry["organizer"] = mailbox
    calendar = Calendar()
    calendar.add("prodid", "-//Dijous//Dijous//CA")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(zone_definition(zone))
    calendar.add_component(entry)
    return calendar


def _entry(method: Method, session: KnownSession, language: Language, zone: str) -> Event:
    ends_at = session.starts_at + timedelta(minutes=session.duration_minutes)
    starts, ends = entry_times(zone, session.starts_at, ends_at)
    entry = Event()
    entry.add("summary", one_line(in_language(session.title, language)))
    entry.add("dtstart", starts)
    entry.add("dtend", ends)
    entry.add("status", "CONFIRMED" if method is Method.REQUEST else "CANCELLED")
    return entry
