"""A session for search engines: schema.org/Event as JSON-LD, never with the join link."""

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from services.registration.sessions.presented import PresentedSession
from shared.events.vocabulary import Language, in_language, language_of
from shared.security.links import Links


def event_data(shown: PresentedSession, links: Links, language: Language) -> Markup:
    """The content of a `script` element of type `application/ld+json`, which no browser executes.

    Nothing for what anybody may not know of, or may still be on another day: search engines know no provisional date.
    """
    if not shown.session.is_public or shown.is_tentative:
        return Markup()
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
    return htmlsafe_json_dumps(data, ensure_ascii=False)


def _status(shown: PresentedSession) -> str:
    if shown.is_cancelled:
        return "EventCancelled"
    return "EventRescheduled" if shown.has_moved else "EventScheduled"
