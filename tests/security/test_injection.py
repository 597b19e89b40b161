"""Sixty texts that try to act, through every field in which people write, to every place where it is shown."""

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import icalendar
import pytest
import pytest_asyncio

from shared.web.office import Role
from tests.security.inert import CANARY, active_parts, calls
from tests.security.payloads import BROKEN_LINES, PAYLOADS
from tests.security.people import office_cookie
from tests.support.browser import Chromium
from tests.support.embedded import Embedded
from tests.support.probes import eventually
from tests.support.world import ALAMUS, PROGRAMME, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAIL_HEADERS = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Language",
    "Auto-Submitted", "X-Auto-Response-Suppress", "X-Dijous-Kind", "List-Unsubscribe", "List-Unsubscribe-Post",
    "References", "In-Reply-To", "List-Id", "Content-Transfer-Encoding",
}  # fmt: skip
CALENDAR_PROPERTIES = {
    "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS",
    "ORGANIZER", "ATTENDEE", "TRANSP", "CREATED", "LAST-MODIFIED", "CLASS", "CATEGORIES", "CONTACT", "DURATION",
}  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
KINDS = ("confirmation", "session_cancelled", "proposal_received", "proposal_declined")


@dataclass
class Attack:
    """A payload and where it was written."""

    number: int
    payload: str
    programme: str
    session: str = ""
    proposal: str = ""
    mails: list[dict[str, Any]] = field(default_factory=list)

    @property
    def email(self) -> str:
        """The address that all its mails go to."""
        return f"attack{self.number}@inj.example"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def attacks(world: World) -> Sequence[Attack]:
    """Every payload written in every field, and the mails that came of it."""
    installation = world.installation
    attacks = [Attack(number, payload, f"attack-{number}") for number, payload in enumerate(PAYLOADS)]
    for attack in attacks:
        await _write(installation, attack)
    await asyncio.gather(*(_receive(installation, attack, ("confirmation", "proposal_received")) for attack in attacks))
    for attack in attacks:
        reason = {"reason": {"ca": attack.payload}}
        await installation.staff("POST", f"/sessions/{attack.session}/cancel", reason)
        await installation.staff("POST", f"/proposals/{attack.proposal}/decline", {"reason": attack.payload})
    await asyncio.gather(*(_receive(installation, attack, KINDS) for attack in attacks))
    return attacks


async def _write(installation: Embedded, attack: Attack) -> None:
    words = attack.payload
    programme = {
        "slug": attack.programme, "name": {"ca": words}, "kind": "series", "time_zone": "Europe/Madrid",
        "organiser": words,
    }  # fmt: skip
    await installation.staff("POST", "/programmes", programme)
    session = {
        "programme": attack.programme, "title": {"ca": words, "es": words}, "description": {"ca": words},
        "starts_at": installation.minute(timedelta(days=30, minutes=attack.number)).isoformat(),
        "join_url": "https://teams.example/x",
    }  # fmt: skip
    attack.session = (await installation.staff("POST", "/sessions", session))["id"]
    person = {
        "name": words, "role": words, "email": attack.email, "entity": ALAMUS, "language": "ca", "consent": True,
    }  # fmt: skip
    await installation.public("POST", f"/sessions/{attack.session}/registrations", person)

    async def known() -> None:
        proposal = {"programme": attack.programme, "title": words, "body": words, "email": attack.email}
        answer = await installation.api.post("/api/v1/proposals", json=proposal)
        assert answer.is_success, answer.text
        attack.proposal = answer.json()["id"]

    await eventually(known)


async def _receive(installation: Embedded, attack: Attack, kinds: Sequence[str]) -> None:
    async def check() -> None:
        attack.mails = await installation.mails(attack.email)
        missing = set(kinds) - {mail["kind"] for mail in attack.mails}
        assert not missing, f"{attack.payload!r}: no {missing} yet"

    await eventually(check, within=60, every=0.5)


def _titles(attack: Attack) -> str:
    """The payload as a title keeps it: without blanks around."""
    return attack.payload.strip()


async def test_mails_go_to_one_person_with_the_headers_that_we_wrote(attacks: Sequence[Attack]) -> None:
    for attack in attacks:
        for mail in attack.mails:
            assert set(mail["headers"]) <= MAIL_HEADERS, attack.payload
            assert mail["headers"]["To"] == attack.email
            assert mail["headers"].get("Subject", "").count("\n") == 0


async def test_what_was_written_is_read_as_it_was_written(attacks: Sequence[Attack]) -> None:
    for attack in attacks:
        for mail in attack.mails:
            assert "1337" not in mail["text"].replace(attack.payload, ""), f"evaluated: {attack.payload!r}"
            assert "evil.example" not in mail["text"].replace(attack.payload, "")
        subjects = " ".join(mail["subject"] for mail in attack.mails).replace("\N{WORD JOINER}", "")
        assert "".join(_titles(attack).split()) in "".join(subjects.split()), attack.payload


async def test_the_html_of_mails_is_inert(attacks: Sequence[Attack], chromium: Chromium) -> None:
    for attack in attacks:
        for mail in attack.mails:
            assert active_parts(mail["html"]) == [], attack.payload
    async with chromium.page("http://mail.test") as page:
        for attack in attacks:
            for mail in attack.mails[:2]:
                await page.set_content(f"<script>{CANARY}</script>{mail['html']}")
                assert await calls(page) == 0, attack.payload


async def test_calendar_parts_hold_one_event_for_one_person(attacks: Sequence[Attack]) -> None:
    seen = 0
    for attack in attacks:
        for mail in attack.mails:
            if mail["calendar"]:
                seen += 1
                calendar = icalendar.Calendar.from_ical(mail["calendar"])
                (event,) = calendar.walk("VEVENT")
                assert set(event) <= CALENDAR_PROPERTIES, attack.payload
                assert str(event["ATTENDEE"]).lower() == f"mailto:{attack.email}"
                assert str(event["SUMMARY"]) == _titles(attack)
                assert not {part.name for part in calendar.walk()} - {
                    "VCALENDAR",
                    "VEVENT",
                    "VTIMEZONE",
                    "STANDARD",
                    "DAYLIGHT",
                }
    assert seen >= 2 * len(attacks)


async def test_pages_about_one_thing_are_inert(attacks: Sequence[Attack], world: World) -> None:
    for attack in attacks:
        for path in (f"/sessions/{attack.session}", f"/programmes/{attack.programme}", f"/proposals/{attack.proposal}"):
            answer = await world.installation.api.get(path)
            assert answer.status_code == 200, path
            assert active_parts(answer.text) == [], f"{path}: {attack.payload!r}"
        mail = next(mail for mail in attack.mails if mail["kind"] == "confirmation")
        own = await world.installation.api.get(world.installation.link(mail, "registration"))
        assert active_parts(own.text) == [], attack.payload


LISTS = ("/", "/sessions", "/proposals", "/sessions?q=<script>xq()</script>", '/sessions?q="autofocus onfocus=xq()')
OFFICE_LISTS = (
    "/office",
    "/office/sessions",
    "/office/proposals",
    "/office/mails",
    "/office/programmes",
    "/office/audit",
)


@pytest.mark.parametrize("path", LISTS)
async def test_lists_are_inert_in_the_browser(
    attacks: Sequence[Attack], world: World, chromium: Chromium, path: str
) -> None:
    async with chromium.page(world.installation.url) as page:
        await page.add_init_script(CANARY)
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200
        assert await calls(page) == 0
        assert active_parts(await answer.text()) == []


@pytest.mark.parametrize("path", [*OFFICE_LISTS, "/office/sessions/{session}", "/office/proposals/{proposal}"])
async def test_pages_of_the_office_are_inert(attacks: Sequence[Attack], world: World, path: str) -> None:
    cookies = office_cookie(world.installation, Role.ADMIN)
    for attack in attacks if "{" in path else attacks[:1]:
        filled = path.format(session=attack.session, proposal=attack.proposal)
        answer = await world.installation.api.get(filled, headers=cookies)
        assert answer.status_code == 200, filled
        assert active_parts(answer.text) == [], attack.payload


async def test_feeds_stay_feeds(attacks: Sequence[Attack], world: World) -> None:
    api = world.installation.api
    entries = ElementTree.fromstring((await api.get("/feed.atom")).content).findall(
        "{http://www.w3.org/2005/Atom}entry"
    )
    assert entries
    assert json.loads((await api.get("/feed.json")).content)["items"]
    for path in ("/calendar.ics", *(f"/programmes/{attack.programme}/calendar.ics" for attack in attacks[:5])):
        calendar = icalendar.Calendar.from_ical((await api.get(path)).content)
        for event in calendar.walk("VEVENT"):
            assert set(event) <= CALENDAR_PROPERTIES - {"ATTENDEE"}, "nobody else's address, nothing injected"


async def test_spreadsheets_hold_no_formula(attacks: Sequence[Attack], world: World) -> None:
    cookies = office_cookie(world.installation, Role.EDITOR)
    for attack in attacks:
        address = f"/office/sessions/{attack.session}/registrations"
        answer = await world.installation.api.get(f"{address}.csv", headers=cookies)
        assert answer.headers["content-disposition"].startswith("attachment")
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        cells = [cell for row in rows for cell in row]
        assert {attack.payload, f"'{attack.payload}"} & set(cells), attack.payload
        assert not [cell for cell in cells if cell.startswith(FORMULA)], attack.payload
        sheet = await world.installation.api.get(f"{address}.xlsx", headers=cookies)
        with zipfile.ZipFile(io.BytesIO(sheet.content)) as parts:
            markup = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")]
        assert not [text for text in markup if "<f>" in text or "<f " in text or "<hyperlink" in text], attack.payload


async def test_what_is_not_one_line_is_refused(world: World) -> None:
    installation = world.installation
    for words in BROKEN_LINES:
        for field_name in ("name", "role", "email"):
            person = {"name": "Núria", "role": "", "email": "n@inj.example", "entity": ALAMUS, "consent": True}
            answer = await installation.api.post(
                f"/api/v1/sessions/{world.sessions['coming']}/registrations", json={**person, field_name: words}
            )
            assert answer.status_code == 422, f"{field_name}: {words!r}"
        proposal = {"programme": PROGRAMME, "title": words}
        assert (await installation.api.post("/api/v1/proposals", json=proposal)).status_code == 422, repr(words)


async def test_logs_hold_nothing_of_it(attacks: Sequence[Attack], world: World) -> None:
    written = (world.installation.data / "logs" / "application.log").read_text()
    assert "inj.example" not in written
    assert "xq()" not in written
