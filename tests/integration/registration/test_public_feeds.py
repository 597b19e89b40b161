"""The sessions for calendars and feed readers."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from icalendar import Calendar, Component

from shared.time_zones import zone_definition
from tests.integration.registration.conftest import Office
from tests.integration.registration.crashing import replace_store
from tests.integration.registration.test_same_steps import RecordingStore

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ("/calendar.ics", "/programmes/dijous/calendar.ics", "/feed.atom", "/feed.json")


@pytest.fixture(autouse=True)
def catalan(office: Office) -> None:
    office.api.headers["accept-language"] = "ca"


async def _entries(office: Office, path: str = "/calendar.ics") -> dict[str, Component]:
    calendar = Calendar.from_ical((await office.api.get(path)).content)
    assert calendar["METHOD"] == "PUBLISH"
    return {str(entry["UID"]): entry for entry in calendar.walk("VEVENT")}


async def test_an_entry_follows_its_session_under_one_uid(office: Office) -> None:
    session = await office.scheduled()
    uid = f"{session}@dijous.example"
    first = (await _entries(office))[uid]
    assert (first["SEQUENCE"], str(first["STATUS"])) == (0, "CONFIRMED")
    assert first["URL"] == f"https://dijous.example/sessions/{session}"
    await office.staff("POST", f"/sessions/{session}/reschedule", {"starts_at": "2026-12-10T10:00:00+01:00"})
    moved = (await _entries(office))[uid]
    assert moved["SEQUENCE"] == 1
    assert moved["DTSTART"].dt.isoformat() == "2026-12-10T10:00:00+01:00"
    assert moved["DTSTAMP"].dt >= first["DTSTAMP"].dt
    await office.staff("POST", f"/sessions/{session}/cancel", {})
    gone = (await _entries(office))[uid]
    assert (gone["SEQUENCE"], str(gone["STATUS"])) == (2, "CANCELLED")


async def test_a_calendar_defines_each_zone_once_and_as_the_mails_do(office: Office) -> None:
    island = {"slug": "illes", "name": {"ca": "Illes"}, "kind": "cohort", "time_zone": "Atlantic/Canary"}
    await office.staff("POST", "/programmes", island, expect=201)
    for starts_at in ("2027-06-17T10:00:00+02:00", "2027-10-31T02:30:00+02:00", "2027-12-16T10:00:00+01:00"):
        await office.scheduled(starts_at=starts_at)
    await office.scheduled(programme="illes")
    calendar = Calendar.from_ical((await office.api.get("/calendar.ics")).content)
    zones = ("Atlantic/Canary", "Europe/Madrid")
    assert [zone.to_ical() for zone in calendar.walk("VTIMEZONE")] == [
        zone_definition(zone).to_ical() for zone in zones
    ]
    starts = {str(entry["DTSTART"].to_ical(), "ascii") for entry in calendar.walk("VEVENT")}
    assert {"20270617T100000", "20271031T003000Z", "20271216T100000"} < starts


async def test_each_programme_has_its_own_calendar(office: Office) -> None:
    await office.staff("POST", "/programmes", {"slug": "pilot", "name": {"ca": "Pilot"}, "kind": "cohort"}, expect=201)
    mine, other = await office.scheduled(), await office.scheduled(programme="pilot")
    assert set(await _entries(office)) == {f"{mine}@dijous.example", f"{other}@dijous.example"}
    assert set(await _entries(office, "/programmes/pilot/calendar.ics")) == {f"{other}@dijous.example"}
    assert (await office.api.get("/programmes/none/calendar.ics")).status_code == 404


async def test_a_text_cannot_add_lines_to_a_calendar(office: Office) -> None:
    text = "Hola\nBEGIN:VEVENT\nATTENDEE:mailto:evil@x.example\n;,\\"
    session = await office.scheduled(description={"ca": text})
    entries = await _entries(office)
    assert list(entries) == [f"{session}@dijous.example"]
    assert str(entries[f"{session}@dijous.example"]["DESCRIPTION"]) == text
    assert "ATTENDEE" not in entries[f"{session}@dijous.example"]


async def test_feeds_tell_the_news_of_each_session_first(office: Office) -> None:
    moved, off = await office.scheduled(title={"ca": "Una <1>"}), await office.scheduled(title={"ca": "Dues"})
    await office.staff("POST", f"/sessions/{moved}/reschedule", {"starts_at": "2026-12-10T10:00:00+01:00"})
    await office.staff("POST", f"/sessions/{off}/cancel", {})
    atom = ElementTree.fromstring((await office.api.get("/feed.atom")).content)
    titles = [entry.findtext(f"{ATOM}title") for entry in atom.findall(f"{ATOM}entry")]
    assert titles == ["Anul·lada: Dues", "Canvi de data: Una <1>"]
    feed = (await office.api.get("/feed.json")).json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in feed["items"]] == titles
    assert feed["items"][1]["url"] == f"https://dijous.example/sessions/{moved}"
    assert "dijous 10 de desembre de 2026" in feed["items"][1]["content_text"]


async def test_that_a_session_was_moved_is_no_news_once_it_is_over(office: Office) -> None:
    session = await office.scheduled(title={"ca": "Una"})
    await office.staff("POST", f"/sessions/{session}/reschedule", {"starts_at": "2026-12-10T10:00:00+01:00"})
    before = await office.api.get("/feed.json")
    office.clock.move(days=15)
    after = await office.api.get("/feed.json", headers={"if-none-match": before.headers["etag"]})
    titles = [feed.json()["items"][0]["title"] for feed in (before, after)]
    assert titles == ["Canvi de data: Una", "Una"]


async def test_a_feed_names_the_site_and_its_own_address_with_the_language(office: Office) -> None:
    await office.scheduled()
    for query in ("", "?lang=es", "?lang=en"):
        feed = (await office.api.get(f"/feed.json{query}")).json()
        atom = ElementTree.fromstring((await office.api.get(f"/feed.atom{query}")).content)
        itself = next(link for link in atom.findall(f"{ATOM}link") if link.get("rel") == "self")
        assert feed["feed_url"] == f"https://dijous.example/feed.json{query}"
        assert itself.get("href") == f"https://dijous.example/feed.atom{query}"
    assert (feed["title"], atom.findtext(f"{ATOM}title")) == ("All sessions · Dijous",) * 2
    calendar = Calendar.from_ical((await office.api.get("/calendar.ics")).content)
    assert calendar["X-WR-CALNAME"] == "Totes les sessions · Dijous"
    of_programme = Calendar.from_ical((await office.api.get("/programmes/dijous/calendar.ics")).content)
    assert of_programme["X-WR-CALNAME"] == "Dijous GOmunicipal"


@pytest.mark.parametrize("path", FEEDS)
async def test_a_feed_is_read_again_only_when_it_changed(office: Office, path: str) -> None:
    await office.scheduled()
    first = await office.api.get(path)
    assert "max-age=300" in first.headers["cache-control"]
    seen = {"if-none-match": first.headers["etag"]}
    office.clock.move(minutes=10)
    same = await office.api.get(path, headers=seen)
    assert (same.status_code, same.content) == (304, b"")
    await office.scheduled(title={"ca": "Una altra"})
    assert (await office.api.get(path, headers=seen)).status_code == 200


@pytest.mark.parametrize("path", FEEDS)
async def test_a_feed_that_was_written_before_is_not_written_again(office: Office, path: str) -> None:
    await office.scheduled(capacity=10)
    first = await office.api.get(path)
    store = RecordingStore(office.documents)
    replace_store(office, store)
    for headers in ({"if-none-match": first.headers["etag"]}, {}):
        store.steps.clear()
        assert (await office.api.get(path, headers=headers)).headers["etag"] == first.headers["etag"]
        assert store.steps == [("read", "programmes"), ("read", "sessions")], "no roster is read"


async def test_a_calendar_holds_what_comes_and_what_was_within_a_year_the_nearest_first(office: Office) -> None:
    for title, starts_at in (
        ("Fa molt", "2026-12-01T10:00:00+01:00"),
        ("Fa poc", "2027-12-16T10:00:00+01:00"),
        ("Ara", "2028-01-13T10:00:00+01:00"),
        ("Aviat", "2028-01-27T10:00:00+01:00"),
    ):
        await office.scheduled(title={"ca": title}, starts_at=starts_at)
    office.clock.move(days=413, minutes=30)
    entries = await _entries(office)
    assert [str(entry["SUMMARY"]) for entry in entries.values()] == ["Ara", "Aviat", "Fa poc"]


async def test_a_short_feed_keeps_the_nearest_of_many_sessions_to_come(office: Office) -> None:
    starts = [datetime(2027, 1, 7, 9, tzinfo=UTC) + n * timedelta(days=7) for n in range(52)]
    nearest_first = [await office.scheduled(starts_at=start.isoformat()) for start in starts]
    addresses = [f"https://dijous.example/sessions/{session}" for session in nearest_first[:50]]
    assert [item["id"] for item in (await office.api.get("/feed.json")).json()["items"]] == addresses
    atom = ElementTree.fromstring((await office.api.get("/feed.atom")).content)
    assert [entry.findtext(f"{ATOM}id") for entry in atom.findall(f"{ATOM}entry")] == addresses


@pytest.mark.parametrize("path", FEEDS)
async def test_a_feed_speaks_the_language_asked_for_and_holds_no_way_in(office: Office, path: str) -> None:
    await office.scheduled(title={"ca": "En català", "es": "En castellano"})
    spanish = await office.api.get(f"{path}?lang=es")
    assert "En castellano" in spanish.text
    assert "secret-room" not in spanish.text
    assert "/join/" not in spanish.text


async def test_a_feed_with_nothing_in_it_is_a_feed(office: Office) -> None:
    for path in FEEDS:
        assert (await office.api.get(path)).status_code == 200
    assert ElementTree.fromstring((await office.api.get("/feed.atom")).content).findtext(f"{ATOM}updated")
