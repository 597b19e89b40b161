"""Sixty texts that try to act, through every field in which people write, to every place where it is shown."""

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import icalendar
import pytest
import pytest_asyncio
from rdflib import Graph

from services.notifications.rendering.domain import theirs
from shared.staff import Role
from tests.conftest import NO_LIMITS_FOR_THIS_MACHINE
from tests.security.attacking import attack_everything
from tests.security.attacks import LANGUAGES, Attack
from tests.security.crawling import Crawl, crawl
from tests.security.inert import (
    CALENDAR_PARTS,
    CALENDAR_PROPERTIES,
    CANARY,
    FORMULA,
    MAIL_HEADERS,
    active_parts,
    calls,
    summary,
)
from tests.security.matrix import MATRIX
from tests.security.payloads import PAYLOADS
from tests.security.people import office_cookie
from tests.security.routes import Route
from tests.security.writers import ByTheForms, import_entities, shared_session, title_of
from tests.support.browser import Chromium
from tests.support.embedded import Embedded, running_embedded

pytestmark = pytest.mark.asyncio(loop_scope="session")

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def attacked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Embedded]:
    """An installation that nobody else looks at: its directory and its lists are full of this."""
    settings = {**NO_LIMITS_FOR_THIS_MACHINE, "DIJOUS_DIR3": "L99999999"}
    async with running_embedded(tmp_path_factory.mktemp("attacked"), **settings) as installation:
        yield installation


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def attacks(attacked: Embedded) -> Sequence[Attack]:
    """Every payload written in every field, and the mails that came of it."""
    attacks = [Attack(number, payload) for number, payload in enumerate(PAYLOADS)]
    await import_entities(attacked, attacks)
    await attack_everything(attacked, ByTheForms(attacked), attacks, await shared_session(attacked))
    return attacks


def written(attack: Attack) -> str:
    """The payload as a title keeps it: without blanks around."""
    return attack.payload.strip()


def about(attack: Attack) -> tuple[str, ...]:
    """The public pages about what was written."""
    sessions = [f"/sessions/{session}" for session in attack.sessions.values()]
    return (*sessions, f"/programmes/{attack.programme}", *(f"/proposals/{each}" for each in attack.proposals.values()))


def office_about(attack: Attack) -> tuple[str, ...]:
    """The office's pages about it."""
    sessions = [f"/office/sessions/{session}" for session in attack.sessions.values()]
    return (
        *sessions,
        f"{sessions[0]}/registrations",
        f"{sessions[1]}/materials",
        f"/office/results/{attack.sessions['ended']}",
        f"/office/programmes/{attack.programme}",
        f"/office/programmes/{attack.programme}/survey",
        f"/office/programmes/{attack.programme}/plan",
        f"/office/resources/{attack.programme}",
        f"/office/entities/{attack.entity}",
        *(f"/office/proposals/{each}" for each in attack.proposals.values()),
    )


async def assert_inert(
    api: httpx.AsyncClient, path: str, attack: Attack, headers: dict[str, str] | None = None
) -> httpx.Response:
    """A page is there, and nothing on it acts."""
    answer = await api.get(path, headers=headers)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    assert active_parts(answer.text) == [], f"{path}: {attack.payload!r}"
    return answer


async def test_mails_go_to_one_person_with_the_headers_that_we_wrote(attacks: Sequence[Attack]) -> None:
    for attack in attacks:
        for mail in attack.mails:
            assert set(mail["headers"]) <= MAIL_HEADERS, attack.payload
            assert mail["headers"]["To"] == attack.email
            assert mail["headers"].get("Subject", "").count("\n") == 0


async def test_what_was_written_is_read_as_it_was_written(attacks: Sequence[Attack]) -> None:
    for attack in attacks:
        for mail in attack.mails:
            others = mail["text"]
            for words in (attack.payload, attack.url, *(theirs(attack.payload, most) for most in (60, 120, 150))):
                others = others.replace(words, "")
            assert "1337" not in others, f"evaluated: {attack.payload!r}"
            assert "evil.example" not in others, attack.payload
        subjects = " ".join(mail["subject"] for mail in attack.mails).replace("\N{WORD JOINER}", "")
        assert "".join(written(attack).split()) in "".join(subjects.split()), attack.payload


async def test_the_html_of_mails_is_inert(attacks: Sequence[Attack], chromium: Chromium) -> None:
    for attack in attacks:
        for mail in attack.mails:
            assert active_parts(mail["html"]) == [], attack.payload
    async with chromium.page("http://mail.test") as page:
        for attack in attacks:
            for kind in ("confirmation", "materials"):
                shown = next(mail["html"] for mail in attack.mails if mail["kind"] == kind)
                await page.set_content(f"<script>{CANARY}</script>{shown}")
                assert await calls(page) == 0, attack.payload


async def test_calendar_parts_hold_one_event_for_one_person(attacks: Sequence[Attack]) -> None:
    for attack in attacks:
        calendars = [mail["calendar"] for mail in attack.mails if mail["calendar"]]
        assert len(calendars) > 2, "confirmations and a cancellation"
        summaries = [summary(calendar, attack.email) for calendar in calendars]
        assert written(attack) in summaries


async def test_pages_about_one_thing_are_inert(attacks: Sequence[Attack], attacked: Embedded) -> None:
    for attack in attacks:
        for path in about(attack):
            await assert_inert(attacked.api, path, attack)
        mail = next(mail for mail in attack.mails if mail["kind"] == "confirmation")
        for rest in ("", "/erase"):
            await assert_inert(attacked.api, attacked.link(mail, "registration") + rest, attack)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_search_engines_read_says_what_was_written(
    attacks: Sequence[Attack], attacked: Embedded, language: str
) -> None:
    for attack in attacks:
        page = await assert_inert(attacked.api, f"/sessions/{attack.sessions['ended']}?lang={language}", attack)
        found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.S)
        assert found
        event = json.loads(found[1])
        names = (event["name"], event["description"], event["superEvent"]["name"], event["organizer"]["name"])
        assert set(names) == {written(attack)}


LISTS = ("/", "/sessions", "/proposals", "/results", "/results/{commented}")


@pytest.mark.parametrize("path", LISTS)
async def test_lists_are_inert_in_the_browser(
    attacks: Sequence[Attack], attacked: Embedded, chromium: Chromium, path: str
) -> None:
    async with chromium.page(attacked.url) as page:
        await page.add_init_script(CANARY)
        answer = await page.goto(path.format(**attacks[0].sessions))
        assert answer is not None
        assert answer.status == 200
        assert await calls(page) == 0
        assert active_parts(await answer.text()) == []


async def test_pages_of_the_office_are_inert(attacks: Sequence[Attack], attacked: Embedded) -> None:
    cookies = office_cookie(attacked, Role.ADMIN)
    for attack in attacks:
        for path in office_about(attack):
            await assert_inert(attacked.api, path, attack, cookies)


async def test_comments_are_read_as_they_were_written(attacks: Sequence[Attack], attacked: Embedded) -> None:
    found = await attacked.staff("GET", f"/results/{attacks[0].sessions['commented']}/comments")
    assert {attack.payload.strip() for attack in attacks} <= set(found["comments"])


async def test_a_mail_s_preview_in_the_office_is_inert(attacks: Sequence[Attack], attacked: Embedded) -> None:
    """It stands in a frame without scripts of its own; what is in there is looked at as well."""
    cookies = office_cookie(attacked, Role.ADMIN)
    for attack in attacks:
        for kind in ("confirmation", "session_cancelled"):
            answer = await attacked.api.get(f"/office/mails/wording/{attack.programme}/{kind}/ca", headers=cookies)
            frame = re.search(r'<iframe class="letter" sandbox title="[^"]*" srcdoc="([^"]*)"></iframe>', answer.text)
            assert frame, f"{answer.status_code} {attack.payload!r}"
            assert active_parts(html.unescape(frame[1])) == [], attack.payload
            assert active_parts(answer.text.replace(frame[0], "")) == [], attack.payload


async def test_feeds_stay_feeds(attacks: Sequence[Attack], attacked: Embedded) -> None:
    titles = {written(attack) for attack in attacks}
    entries = ElementTree.fromstring((await attacked.api.get("/feed.atom")).content).findall(f"{ATOM}entry")
    assert {_without_state(entry.findtext(f"{ATOM}title", "")) for entry in entries} & titles
    assert not [text for entry in entries for text in entry if text.get("type") in ("html", "xhtml")]
    items = json.loads((await attacked.api.get("/feed.json")).content)["items"]
    assert {_without_state(item["title"]) for item in items} & titles
    assert not [item for item in items if "content_html" in item]
    for path in ("/calendar.ics", *(f"/programmes/{attack.programme}/calendar.ics" for attack in attacks)):
        calendar = icalendar.Calendar.from_ical((await attacked.api.get(path)).content)
        assert {part.name for part in calendar.walk()} <= CALENDAR_PARTS
        for event in calendar.walk("VEVENT"):
            assert set(event) <= CALENDAR_PROPERTIES - {"ATTENDEE"}, "nobody's address, nothing injected"
    ElementTree.fromstring((await attacked.api.get("/sitemap.xml")).content)


def _without_state(title: str) -> str:
    """The title of a session that was called off, without these words."""
    return title.removeprefix("Anul·lada: ").removeprefix("Cancelled: ")


LETTER = re.compile(r'<iframe class="letter" sandbox [^>]*>')


def formulas(answer: httpx.Response) -> list[str]:
    """Cells of a table that a spreadsheet would evaluate."""
    cells = [cell for row in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))) for cell in row]
    return [cell for cell in cells if cell.startswith(FORMULA)]


def active_cells(answer: httpx.Response) -> list[str]:
    """Sheets of a workbook with a formula or a link."""
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
        markup = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")]
    return [text for text in markup if "<f>" in text or "<f " in text or "<hyperlink" in text]


def injected_lines(answer: httpx.Response) -> set[str]:
    """Of a public calendar: nobody's address, nothing that we do not write."""
    calendar = icalendar.Calendar.from_ical(answer.content)
    events = {name for event in calendar.walk("VEVENT") for name in event}
    return (events - CALENDAR_PROPERTIES | events & {"ATTENDEE"}) | {
        part.name for part in calendar.walk()
    } - CALENDAR_PARTS


def active_markup(answer: httpx.Response) -> list[str]:
    """Of an XML document, which must be one: entries as HTML, and elements of HTML."""
    elements = list(ElementTree.fromstring(answer.content).iter())
    return [element.tag for element in elements if element.get("type") in ("html", "xhtml") or "xhtml" in element.tag]


ACTIVE: Mapping[str, Callable[[httpx.Response], Collection[str]]] = {
    "text/html": lambda answer: active_parts(LETTER.sub("", answer.text)),
    "text/csv": formulas,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": active_cells,
    "text/calendar": injected_lines,
    "application/atom+xml": active_markup,
    "application/xml": active_markup,
    "application/json": lambda answer: json.loads(answer.content) and [],
    "application/ld+json": lambda answer: json.loads(answer.content) and [],
    "text/turtle": lambda answer: Graph().parse(data=answer.text, format="turtle") and [],
    "application/problem+json": lambda answer: json.loads(answer.content) and [],
    "application/feed+json": lambda answer: re.findall("content_html", answer.text),
    "text/plain": lambda _: [],
    "image/svg+xml": lambda _: [],
}
"""What acts in an answer, by its media type."""


ELSEWHERE = {
    Route("GET", "/support/{token}"),
    Route("GET", "/office/first-run/{token}"),
    Route("GET", "/office/password/{token}"),
    Route("GET", "/office/sessions/{session_id}/registrations/{registration_id}/cancel"),
    Route("GET", "/office/account/passkeys/{passkey_id}"),
}
"""Pages to which nothing of an attack leads; test_hostile_inside and test_office_passkeys open them."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crawled(attacks: Sequence[Attack], attacked: Embedded) -> Crawl:
    mails = "".join(mail["text"] for attack in attacks[:3] for mail in attack.mails)
    commented = attacks[0].sessions["commented"]
    chosen = f"/office/programmes/{attacks[0].programme}/offers/chosen/selection.json"
    office = [f"/office/results/{commented}", f"/office/sessions/{commented}/registrations", chosen]
    return await crawl(attacked, office, re.findall(rf"{attacked.url}(/\S+)", mails))


@pytest.mark.parametrize("route", [route for route in MATRIX if route.method == "GET"], ids=str)
async def test_what_was_written_acts_on_no_page_and_in_no_file(crawled: Crawl, route: Route) -> None:
    places = crawled.places.get(route, [])
    assert places or route in ELSEWHERE
    for place in places:
        assert place.answer.status_code < 500
        media_type = place.answer.headers.get("content-type", "text/plain").partition(";")[0]
        assert not ACTIVE[media_type](place.answer), place.path


async def test_tables_to_download_hold_no_formula(attacks: Sequence[Attack], attacked: Embedded) -> None:
    cookies = office_cookie(attacked, Role.EDITOR)
    commented = attacks[0].sessions["commented"]
    tables = ["/office/entities/coverage.csv", "/office/results/export.csv", f"/results/{commented}.csv"]
    tables += [f"/office/sessions/{attack.sessions['cancelled']}/registrations.csv" for attack in attacks]
    cells = set()
    for path in tables:
        answer = await attacked.api.get(path, headers=cookies)
        assert answer.headers["content-disposition"].startswith("attachment"), path
        cells |= {cell for row in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))) for cell in row}
    assert not [cell for cell in cells if cell.startswith(FORMULA)]
    assert not [attack.payload for attack in attacks if not {attack.payload, f"'{attack.payload}"} & cells]


async def test_workbooks_hold_neither_formula_nor_link(attacks: Sequence[Attack], attacked: Embedded) -> None:
    cookies = office_cookie(attacked, Role.EDITOR)
    for attack in attacks:
        address = f"/office/sessions/{attack.sessions['cancelled']}/registrations.xlsx"
        assert not active_cells(await attacked.api.get(address, headers=cookies)), attack.payload


async def test_logs_hold_nothing_of_it(attacks: Sequence[Attack], attacked: Embedded) -> None:
    logs = "".join(path.read_text(errors="replace") for path in (attacked.data / "logs").iterdir())
    assert "inj.example" not in logs
    assert "xq()" not in logs


async def test_programs_write_what_people_write(attacks: Sequence[Attack], attacked: Embedded) -> None:
    """What comes by the API is kept as what comes by the forms; the other tests look at where that is shown."""
    for attack in attacks:
        programme = await attacked.staff("GET", f"/programmes/{attack.programme}")
        session = await attacked.staff("GET", f"/sessions/{attack.sessions['ended']}")
        proposal = await attacked.public("GET", f"/proposals/{attack.proposals['answered']}")
        people = await attacked.staff("GET", f"/sessions/{attack.sessions['ended']}/registrations")
        again = await _by_a_program(attacked, attack)
        for one, other, fields in (
            (programme, again["programme"], ("name", "summary", "audience", "tool", "organiser")),
            (session, again["session"], ("title", "description", "join_url")),
            (proposal, again["proposal"], ("title", "body")),
            (people["items"][0], again["person"], ("name", "role", "entity", "entity_name")),
        ):
            assert {name: other[name] for name in fields} == {name: one[name] for name in fields}, attack.payload


async def _by_a_program(attacked: Embedded, attack: Attack) -> dict[str, dict[str, Any]]:
    """The same once more by the API, as it tells it."""
    words, slug = attack.everywhere(), f"by-a-program-{attack.number}"
    texts = {"name": words, "summary": words, "audience": words, "tool": attack.payload, "organiser": attack.payload}
    programme = await attacked.staff("POST", "/programmes", {"slug": slug, "kind": "series", **texts})
    starts_at = attacked.minute(timedelta(days=60, minutes=attack.number)).isoformat()
    session = {"programme": slug, "title": words, "description": words, "starts_at": starts_at}
    scheduled = await attacked.staff("POST", "/sessions", {**session, "join_url": attack.url})
    path = f"/sessions/{scheduled['id']}/registrations"
    person = {"name": attack.payload, "role": attack.payload, "email": attack.email, "entity": attack.entity}
    await attacked.public("POST", path, {**person, "consent": True})
    proposal = {"programme": attack.programme, "title": title_of(attack, "answered"), "body": attack.payload}
    proposed = await attacked.public("POST", "/proposals", {**proposal, "kind": "doubt"})
    return {
        "programme": programme,
        "session": await attacked.staff("GET", f"/sessions/{scheduled['id']}"),
        "proposal": await attacked.public("GET", f"/proposals/{proposed['id']}"),
        "person": (await attacked.staff("GET", path))["items"][0],
    }
