"""The calendar part as RFC 5545, 5546 and 6047 want it, and as nobody can break it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from icalendar import Calendar, Event

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.rendering.icalendar import METHODS, folded
from tests.support.mails import (
    NOW,
    SENDER,
    SESSION,
    STARTS_AT,
    context_of,
    delivery_of,
    make_composer,
    make_programme,
    make_session,
    recipient_of,
)

GOLDEN = Path(__file__).parent / "golden"
INJECTIONS = [
    "a\r\nATTENDEE:mailto:x@y.example",
    "a\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:b",
    "a\\nBEGIN:VALARM",
    "a;b,c:d\\",
    'quote " and ; TZID="x"',
    "\u2028BEGIN:VEVENT\x0b\x0cEND:VCALENDAR",
    "à" * 200,
    "END:VEVENT",
]


def calendar_text(
    kind: DeliveryKind, *, email: str = "nuria@alamus.example", generation: int = 1, **context: Any
) -> str:
    recipient = recipient_of(kind, email=email, generation=generation)
    raw = make_composer().compose(delivery_of(kind), context_of(kind, **context), recipient)
    message = message_from_bytes(raw, policy=policy.default)
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return bytes(part.get_payload(decode=True)).decode()


def event(text: str) -> Event:
    calendar = Calendar.from_ical(text)
    (only,) = calendar.walk("VEVENT")
    return only  # type: ignore[no-any-return]  # icalendar says Any


@pytest.mark.parametrize("kind", METHODS)
def test_golden(kind: DeliveryKind) -> None:
    assert calendar_text(kind) == (GOLDEN / f"{kind}.ics").read_bytes().decode()


@pytest.mark.parametrize("kind", METHODS)
def test_one_entry_for_one_person_with_all_that_rfc_5546_asks_for(kind: DeliveryKind) -> None:
    text = calendar_text(kind, session=make_session(sequence=3))
    entry = event(text)
    assert entry["UID"] == f"{SESSION}@dijous.example"
    assert entry["SEQUENCE"] == (4 if kind is DeliveryKind.REGISTRATION_CANCELLED else 3)
    assert entry["DTSTAMP"].dt == NOW
    assert entry["ORGANIZER"] == "mailto:oficina@consorci.example"
    assert entry["ATTENDEE"] == "mailto:nuria@alamus.example"
    assert text.count("ATTENDEE") == 1
    assert entry["DTSTART"].dt == STARTS_AT
    assert entry["DTSTART"].params["TZID"] == "Europe/Madrid"
    assert entry["DTEND"].dt == STARTS_AT + timedelta(hours=1)
    cancels = METHODS[kind] == "CANCEL"
    assert entry["STATUS"] == ("CANCELLED" if cancels else "CONFIRMED")
    assert ("URL" in entry) == (not cancels)
    assert entry.get("URL") == entry.get("LOCATION")
    assert not cancels or "/join/" not in text


def definition(text: str) -> str:
    return text.partition("BEGIN:VTIMEZONE")[2].partition("END:VTIMEZONE")[0]


def read_by_definition(text: str) -> list[set[datetime]]:
    """Start and end as a program may read them that knows no zone but by its definition: local time that comes twice
    is two instants."""
    (zone,) = Calendar.from_ical(text).walk("VTIMEZONE")
    rule = zone.to_tz(lookup_tzid=False)
    times = [event(text)[name] for name in ("DTSTART", "DTEND")]
    return [
        {time.dt.replace(tzinfo=rule, fold=fold).astimezone(UTC) for fold in (0, 1)}
        if "TZID" in time.params
        else {time.dt}
        for time in times
    ]


def invitation(starts_at: datetime, zone: str = "Europe/Madrid", minutes: int = 60) -> str:
    return calendar_text(
        DeliveryKind.CONFIRMATION,
        session=make_session(starts_at=starts_at, duration_minutes=minutes),
        programme=make_programme(time_zone=zone),
    )


@pytest.mark.parametrize(
    ("zone", "halves"),
    [
        ("Europe/Madrid", ["STANDARD", "DAYLIGHT"]),
        ("Atlantic/Canary", ["STANDARD", "DAYLIGHT"]),
        ("UTC", ["STANDARD"]),
        ("America/Bogota", ["STANDARD"]),
    ],
)
def test_a_zone_has_one_whole_definition_at_any_time_of_the_year(zone: str, halves: list[str]) -> None:
    summer, winter = datetime(2026, 7, 2, 8, tzinfo=UTC), datetime(2026, 12, 17, 9, tzinfo=UTC)
    texts = [invitation(starts_at, zone) for starts_at in (summer, winter)]
    assert len({definition(text) for text in texts}) == 1
    (rules,) = Calendar.from_ical(texts[0]).walk("VTIMEZONE")
    assert rules["TZID"] == zone
    assert [half.name for half in rules.subcomponents] == halves
    assert ["RRULE" in half for half in rules.subcomponents] == [len(halves) == 2] * len(halves)
    assert [read_by_definition(text)[0] for text in texts] == [{summer}, {winter}]


@pytest.mark.parametrize(
    "clock", ["00:30+02:00", "01:30+02:00", "02:30+02:00", "02:00+01:00", "02:30+01:00", "03:30+01:00"]
)
@pytest.mark.parametrize("minutes", [30, 60, 120])
def test_a_session_in_the_night_of_the_change_begins_and_ends_at_one_instant(clock: str, minutes: int) -> None:
    starts_at = datetime.fromisoformat(f"2027-10-31T{clock}").astimezone(UTC)
    ends_at = starts_at + timedelta(minutes=minutes)
    assert read_by_definition(invitation(starts_at, minutes=minutes)) == [{starts_at}, {ends_at}]


@pytest.mark.parametrize("words", INJECTIONS)
def test_words_stay_words(words: str) -> None:
    text = calendar_text(
        DeliveryKind.CONFIRMATION,
        session=make_session(title={"ca": words}),
        programme=make_programme(organiser=words),
    )
    assert event(text)["SUMMARY"] == " ".join(words.split())
    names = [component.name for component in Calendar.from_ical(text).walk()]
    assert names == ["VCALENDAR", "VTIMEZONE", "STANDARD", "DAYLIGHT", "VEVENT"]
    assert isinstance(event(text)["ATTENDEE"], str), "there is a second attendee"


@pytest.mark.parametrize(
    "email", ["a" * 60 + "@" + "b" * 180 + ".example", "o'neil+dijous@x.example", "a%b&c=d?e@x.example"]
)
def test_any_address_is_folded_and_read_back(email: str) -> None:
    text = calendar_text(DeliveryKind.CONFIRMATION, email=email)
    assert unquote(event(text)["ATTENDEE"]) == f"mailto:{email}"


@pytest.mark.parametrize("kind", METHODS)
def test_lines_end_in_crlf_and_have_75_octets_at_most(kind: DeliveryKind) -> None:
    text = calendar_text(kind, email="a" * 60 + "@" + "b" * 180 + ".example")
    assert text.count("\n") == text.count("\r\n")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_every_change_of_the_session_and_of_the_seat_raises_the_sequence() -> None:
    life = [  # what happened last: the mail, the session's own sequence, the registration's generation
        ("registered", DeliveryKind.CONFIRMATION, 0, 1),
        ("left", DeliveryKind.REGISTRATION_CANCELLED, 0, 1),
        ("came back", DeliveryKind.CONFIRMATION, 0, 2),
        ("the session moved", DeliveryKind.RESCHEDULED, 1, 2),
        ("left again", DeliveryKind.REGISTRATION_CANCELLED, 1, 2),
        ("came back after another move", DeliveryKind.CONFIRMATION, 2, 3),
        ("the session got another title", DeliveryKind.CHANGED, 3, 3),
        ("the session was cancelled", DeliveryKind.SESSION_CANCELLED, 4, 3),
    ]
    sequences = [
        event(calendar_text(kind, session=make_session(sequence=sequence), generation=generation))["SEQUENCE"]
        for _, kind, sequence, generation in life
    ]
    assert sequences == sorted(set(sequences)), list(zip(life, sequences, strict=True))
    assert sequences[0] == 0


def test_all_mails_of_one_state_have_the_same_sequence() -> None:
    kinds = (DeliveryKind.CONFIRMATION, DeliveryKind.PROMOTION, DeliveryKind.RESCHEDULED, DeliveryKind.CHANGED)
    entries = [event(calendar_text(kind, session=make_session(sequence=2), generation=4)) for kind in kinds]
    assert len({entry["SEQUENCE"] for entry in entries}) == 1


def test_without_a_mailbox_of_its_own_the_programme_is_organised_by_the_sender() -> None:
    text = calendar_text(DeliveryKind.CONFIRMATION, programme=make_programme(reply_to=""))
    assert event(text)["ORGANIZER"] == f"mailto:{SENDER}"


def test_folding_cuts_at_75_octets() -> None:
    assert [len(line) for line in folded("x" * 200).split("\n")] == [74, 75, 53]
