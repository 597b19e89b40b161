"""The catalogue of events, written from the code: publisher, consumers, schema and samples of each.

`dijous events` prints it; a test keeps `docs/events.md` the same.
"""

from collections import defaultdict
from collections.abc import Iterable

from shared.events import EVENTS_BY_TYPE, Event, Stream
from shared.messaging.consuming import ConsumerSpec

_STREAM_WORDS = {
    Stream.EVENTS: "No personal data. This is the stream to read from other systems; messages stay a year.",
    Stream.PEOPLE: "The few events with a person's contact; 30 days, readers by name only.",
    Stream.SYNC: "Talk among the services: no personal data, of no use to others; one day.",
}


def render_catalogue(specs: Iterable[ConsumerSpec]) -> str:
    """The catalogue as Markdown, given every durable consumer of the four services."""
    handlers = defaultdict(list)
    for spec in specs:
        handlers[spec.event].append(spec.service)
    parts = ["# Events\nWritten by `dijous events` from `shared/events`; do not edit by hand."]
    for stream, words in _STREAM_WORDS.items():
        events = sorted(
            (event for event in EVENTS_BY_TYPE.values() if event.event_stream is stream), key=lambda e: e.event_name
        )
        parts += [f"## Stream `{stream}`\n{words}", _table(events, handlers)]
    return "\n\n".join(parts) + "\n"


def _table(events: Iterable[type[Event]], handlers: dict[type[Event], list[str]]) -> str:
    rows = ["| event | what it says | published by | handled by | subject | schema | samples |", "|" + "---|" * 7]
    for event in events:
        folder = f"../tests/contracts/samples/{event.event_type()}"
        rows.append(
            f"| **{event.__name__}** | {_summary(event)} | {event.event_source} "
            f"| {', '.join(sorted(handlers[event])) or '–'} | `{event.subject_filter()}` "
            f"| [{event.event_type()}](../tests/contracts/schemas/{event.event_type()}.json) | [samples]({folder}) |"
        )
    return "\n".join(rows)


def _summary(event: type[Event]) -> str:
    """The first paragraph of the event's docstring, on one line."""
    return " ".join((event.__doc__ or "").split("\n\n")[0].split())
