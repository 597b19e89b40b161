"""The office's acts, for whoever keeps watch over their record."""

from shared.events.base import Event


class ActsRecorded(Event, name="office.acts-recorded", source="any", key="service"):
    """The office acted: a service's record of acts has a new last entry. Its digest pins every entry before it, so a
    copy of this event kept elsewhere shows later whether the record was written anew. Says nothing about the act."""

    service: str
    """Whose record it is; each service keeps its own."""
    digest: str
    """SHA-256 of the entry whose place in the chain is `version`."""
