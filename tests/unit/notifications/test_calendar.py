"""The calendar part as RFC 5545, 5546 and 6047 want it, and as nobody can break it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event

from services.notifications.calendar import METHODS, folded
from services.notifications.domain.deliveries import DeliveryKind
from tests.support.mails import (
    NOW,
    SENDER,
    SESSION,
    STARTS_AT,
    delivery_of,
    make_composer,
    make_programme,
    make_registration,
    make_session,
    matter_of,
)

GOLDEN = Path(__file__).parent / "golden"
MADRID = ZoneInfo("Europe/Madrid")
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
    kind: DeliveryKind, *, due_at: datetime = NOW, email: str = "nuria@alamus.example", **matter: Any
) -> str:
    delivery = delivery_of(kind, due_at=due_at)
    raw = make_composer().compose(delivery, matter_of(kind, **matter), make_registration(email=email))
    message = message_from_bytes(raw, policy=policy.default)
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return bytes(part.get_payload(decode=True)).decode()


def event(text: str) -> Event:
    calendar = Calendar.from_ical(text)
    (only,) = calendar.walk("VEVENT")
    return only  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", METHODS)
def test_golden(kind: DeliveryKind) -> None:
    assert calendar_text(kind) == (GOLDEN / f"{kind}.ics").read_bytes().decode()


@pytest.mark.parametrize("kind", METHODS)
def test_one_entry_for_one_person_with_all_that_rfc_5546_asks_for(kind: DeliveryKind) -> None:
    text = calendar_text(kind, session=make_session(sequence=3))
    entry = event(text)
    assert entry["UID"] == f"{SESSION}@dijous.example"
    assert entry["SEQUENCE"] == 3
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


@pytest.mark.parametrize("starts_at", [datetime(2026, 7, 2, 8, tzinfo=UTC), datetime(2026, 12, 17, 9, tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["Europe/Madrid", "Atlantic/Canary", "UTC", "America/Bogota"])
def test_the_time_zone_says_the_offset_of_that_day(starts_at: datetime, zone: str) -> None:
    text = calendar_text(
        DeliveryKind.CONFIRMATION,
        session=make_session(starts_at=starts_at),
        programme=make_programme(time_zone=zone),
    )
    assert event(text)["DTSTART"].dt == starts_at
    (rules,) = Calendar.from_ical(text).walk("VTIMEZONE")
    (rule,) = rules.subcomponents
    assert rules["TZID"] == zone
    assert rule["TZOFFSETTO"].td == starts_at.astimezone(ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize("words", INJECTIONS)
def test_words_stay_words(words: str) -> None:
    text = calendar_text(
        DeliveryKind.CONFIRMATION,
        session=make_session(title={"ca": words}),
        programme=make_programme(organiser=words),
    )
    assert event(text)["SUMMARY"] == " ".join(words.split())
    names = [component.name for component in Calendar.from_ical(text).walk()]
    assert names == ["VCALENDAR", "VTIMEZONE", "DAYLIGHT", "VEVENT"]
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


def test_who_registers_again_gets_a_newer_entry() -> None:
    cancelled = event(calendar_text(DeliveryKind.REGISTRATION_CANCELLED))
    again = event(calendar_text(DeliveryKind.CONFIRMATION, due_at=NOW + timedelta(minutes=1)))
    assert again["SEQUENCE"] == cancelled["SEQUENCE"]
    assert (
        again["DTSTAMP"].dt > cancelled["DTSTAMP"].dt
    )  # RFC 5546 section 2.1.5: with equal SEQUENCE the stamp decides


def test_without_a_mailbox_of_its_own_the_programme_is_organised_by_the_sender() -> None:
    text = calendar_text(DeliveryKind.CONFIRMATION, programme=make_programme(reply_to=""))
    assert event(text)["ORGANIZER"] == f"mailto:{SENDER}"


def test_folding_cuts_at_75_octets() -> None:
    assert [len(line) for line in folded("x" * 200).split("\n")] == [74, 75, 53]
