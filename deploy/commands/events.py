"""`dijous events`: print the catalogue of events, written from the code. A test keeps `docs/events.md` the same."""

from collections import defaultdict
from collections.abc import Iterable

import click

from deploy.topology import consumers
from shared.events import EVENTS_BY_TYPE, Event, Stream

_STREAM_WORDS = {
    Stream.EVENTS: "No personal data. This is the stream to read from other systems; messages stay a year.",
    Stream.PEOPLE: "The few events with a person's contact; 30 days, readers by name only.",
    Stream.SYNC: "Talk among the services: no personal data, of no use to others; one day.",
}


@click.command()
def events() -> None:
    """Print the catalogue of events as Markdown: who publishes each, who handles it, subject, schema, samples.

    \b
    Example:
      dijous events > docs/events.md
    """
    handlers = defaultdict(list)
    for spec in consumers():
        handlers[spec.event].append(spec.service)
    parts = ["# Events\nWritten by `dijous events` from `shared/events`; do not edit by hand."]
    for stream, words in _STREAM_WORDS.items():
        of_stream = [event for event in EVENTS_BY_TYPE.values() if event.event_stream is stream]
        table = _table(sorted(of_stream, key=lambda event: event.event_name), handlers)
        parts += [f"## Stream `{stream}`\n{words}", table]
    click.echo("\n\n".join(parts))


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
