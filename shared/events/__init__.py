"""The public contract: every event of Dijous, one file per publishing service, two for registration."""

from shared.events import feedback, inventory, notifications, office, proposals, registration, support
from shared.events.base import CONTENT_TYPE, EVENTS_BY_TYPE, Event, EventEnvelope, Stream

__all__ = [
    "CONTENT_TYPE",
    "EVENTS_BY_TYPE",
    "Event",
    "EventEnvelope",
    "Stream",
    "feedback",
    "inventory",
    "notifications",
    "office",
    "proposals",
    "registration",
    "support",
]
