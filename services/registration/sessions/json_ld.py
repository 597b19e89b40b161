"""A session for search engines: schema.org/Event as JSON-LD, never with the join link."""

import json

from markupsafe import Markup

from services.registration.sessions.presented import PresentedSession
from shared.events.vocabulary import Language, in_language, language_of
from shared.security.links import Links

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def event_data(shown: PresentedSession, links: Links, language: Language) -> Markup:
    """The content of a `script` element of type `application/ld+json`: a data block, which nobody executes."""
    session, programme = shown.session, shown.programme
    address = links.page(shown.path)
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": in_language(session.title, language),
        "url": address,
        "startDate": session.starts_at.isoformat(),
        "endDate": session.ends_at.isoformat(),
        "eventStatus": f"https://schema.org/{_status(shown)}",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": address},
        "isAccessibleForFree": True,
        "inLanguage": str(language_of(session.title, language)),
        "superEvent": {"@type": "EventSeries", "name": in_language(programme.name, language)},
    }
    if session.description:
        data["description"] = in_language(session.description, language)
    if programme.organiser:
        data["organizer"] = {"@type": "Organization", "name": programme.organiser, "url": links.page("/")}
    if shown.has_moved and session.previous_starts_at:
        data["previousStartDate"] = session.previous_starts_at.isoformat()
    if session.capacity is not None:
        data["maximumVirtualAttendeeCapacity"] = session.capacity
    return safe_json(data)


def safe_json(data: object) -> Markup:
    """JSON in which nothing ends the element that it stands in."""
    text = json.dumps(data, ensure_ascii=False)
    return Markup("".join(_ESCAPES.get(char, char) for char in text))  # noqa: S704  what could be markup is escaped


def _status(shown: PresentedSession) -> str:
    if shown.is_cancelled:
        return "EventCancelled"
    return "EventRescheduled" if shown.has_moved else "EventScheduled"
