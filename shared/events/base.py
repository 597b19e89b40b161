"""What every event is: a frozen model, its subject, its stream, its CloudEvents attributes.

Events travel as CloudEvents 1.0 in binary mode (NATS protocol binding): attributes in `ce-*` headers, JSON as the
payload. A schema only grows: new fields are optional, readers ignore what they do not know.
"""

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

CONTENT_TYPE = "application/json"


class Stream(StrEnum):
    """The JetStream streams; each event belongs to exactly one."""

    EVENTS = "DIJOUS_EVENTS"
    """No personal data; what integrators read."""
    PEOPLE = "DIJOUS_PEOPLE"
    """The few events with a person's contact; 30 days, named readers."""
    SYNC = "DIJOUS_SYNC"
    """Talk among the services (survey links, roles, inventories): no personal data, of no use to others, one day."""


class EventEnvelope(BaseModel):
    """An event as it waits in an outbox: everything the relay needs to publish it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    """CloudEvents id, and Nats-Msg-Id for the broker's deduplication."""
    subject: str
    stream: str
    headers: dict[str, str]
    data: dict[str, Any]


class Event(BaseModel):
    """Base of all events. A subclass names itself with class arguments:

    `class SessionEnded(Event, name="sessions.session-ended", source="registration", key="session_id")`
    gives the subject `evt.sessions.session-ended.v1.<session_id>`. A base without a name gives source, key and stream
    to its subclasses.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    event_name: ClassVar[str]
    event_schema: ClassVar[int]
    event_source: ClassVar[str]
    event_key: ClassVar[str]
    event_stream: ClassVar[Stream]

    version: int
    """Version of the aggregate at this event: a consumer that has seen a higher one ignores the event."""

    def __init_subclass__(
        cls,
        *,
        name: str = "",
        source: str = "",
        key: str = "",
        schema: int = 1,
        stream: Stream = Stream.EVENTS,
        **kwargs: Any,
    ) -> None:
        """Take the class arguments and register concrete events."""
        super().__init_subclass__(**kwargs)
        if source:
            cls.event_source, cls.event_key, cls.event_stream = source, key, stream
        if not name:
            return
        cls.event_name, cls.event_schema = name, schema
        if EVENTS_BY_TYPE.setdefault(cls.event_type(), cls) is not cls:
            raise TypeError(f"two events are called {cls.event_type()}")

    @classmethod
    def event_type(cls) -> str:
        """CloudEvents type: `dijous.<domain>.<event>.v<schema>`."""
        return f"dijous.{cls.event_name}.v{cls.event_schema}"

    @classmethod
    def subject_filter(cls) -> str:
        """The subject that matches this event for every key."""
        return f"evt.{cls.event_name}.v{cls.event_schema}.*"

    def subject(self) -> str:
        """The subject of this very event; its last token is the aggregate's opaque id."""
        return f"evt.{self.event_name}.v{self.event_schema}.{getattr(self, self.event_key)}"

    def envelope(self, *, now: datetime | None = None, correlation_id: str = "") -> EventEnvelope:
        """This event with a fresh id and its CloudEvents headers, ready for an outbox. `now` is aware."""
        event_id = secrets.token_hex(16)
        headers = {
            "ce-specversion": "1.0",
            "ce-id": event_id,
            "ce-source": f"/dijous/{self.event_source}",
            "ce-type": self.event_type(),
            "ce-subject": str(getattr(self, self.event_key)),
            "ce-time": (now or datetime.now(UTC)).isoformat(),
            "content-type": CONTENT_TYPE,
        }
        if correlation_id:
            headers["correlation_id"] = correlation_id
        return EventEnvelope(
            id=event_id,
            subject=self.subject(),
            stream=self.event_stream,
            headers=headers,
            data=self.model_dump(mode="json"),
        )


EVENTS_BY_TYPE: dict[str, type[Event]] = {}
"""Every concrete event by its CloudEvents type; filled as the modules of this package are imported."""
