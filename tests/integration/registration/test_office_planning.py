import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.registration.projections import KnownBounce, KnownProposal, KnownSender
from services.registration.sessions.store import SessionFilter
from shared.events.notifications import BounceLifted, MailBounced, SendingStateChanged
from shared.events.proposals import ProposalAnswered, ProposalEvent, TopicProposed
from shared.events.vocabulary import ProposalKind, ProposalState
from shared.staff import API_CALLER, Role
from tests.integration.registration.office_desk import JOIN_URL, OfficeDesk, desk_at_work, main_of, open_desk, where

RULE = "nth=-1&weekday=3&first=2027-01&last=2027-06&at=10:00&duration_minutes=60&capacity=&title_ca=Dijous"
PROGRAMME_FORM = {
    "slug": "pilot",
    "name_ca": "Pilot de Decidim Catalunya",
    "kind": "cohort",
    "tool": "Microsoft Teams",
    "time_zone": "Europe/Madrid",
    "reply_to": "",
    "reminders_minutes": "1440, 60",
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        yield opened


async def _scheduled(desk: OfficeDesk) -> list[str]:
    found = (await desk.store.sessions.office_page(SessionFilter.UPCOMING, "dijous", limit=100)).items
    return [f"{session.starts_at:%Y-%m-%d %H:%M}" for session in found]


async def _plan(desk: OfficeDesk, rule: str = RULE) -> tuple[str, dict[str, str]]:
    """The page of suggestions, and its form as it is sent back untouched."""
    page = (await desk.get(f"/office/programmes/dijous/plan?{rule}")).text
    inputs = re.findall(r"<input [^>]*>", page)
    fields: dict[str, str] = {}
    for tag in inputs:
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes["type"] != "checkbox" or tag.endswith("checked>") or " checked" in tag:
            fields[attributes["name"]] = attributes["value"]
    return page, fields


async def test_a_rule_gives_suggestions_and_looking_schedules_nothing(desk: OfficeDesk) -> None:
    page, fields = await _plan(desk)
    days = [fields[f"starts_at_{place}"] for place in range(6)]
    assert days == [
        "2027-01-28T10:00",
        "2027-02-25T10:00",
        "2027-03-25T10:00",
        "2027-04-29T10:00",
        "2027-05-27T10:00",
        "2027-06-24T10:00",
    ]
    assert await _scheduled(desk) == []
    assert "Sant Joan" in page
    assert "Setmana Santa" in page, "Holy Thursday of 2027 is 25 March"
    assert [place for place in range(6) if f"keep_{place}" in fields] == [0, 1, 3, 4]


async def test_suggestions_are_moved_struck_and_scheduled_in_one_step_once(desk: OfficeDesk) -> None:
    _, fields = await _plan(desk)
    fields |= {"starts_at_0": "2027-01-21T11:30", "title_0": "Un altre títol"}
    del fields["keep_4"]
    for _ in range(2):
        await desk.submit("/office/programmes/dijous/plan", fields)
    assert await _scheduled(desk) == ["2027-01-21 10:30", "2027-02-25 09:00", "2027-04-29 08:00"]
    assert "Un altre títol" in (await desk.get("/office/sessions")).text
    assert (await desk.acts()).count("series.planned") == 1


async def test_a_plan_that_adds_to_what_is_scheduled_is_recorded(desk: OfficeDesk) -> None:
    one, other = [await desk.store.sessions.get(await desk.scheduled()) for _ in range(2)]
    assert one
    assert other
    first, second = one.model_copy(update={"id": "plan-1"}), other.model_copy(update={"id": "plan-2"})
    for planned in ([first], [first, second], [first, second]):
        await desk.use_cases.planning.schedule(API_CALLER, "dijous", planned)
    assert [entry.details["sessions"] for entry in await desk.entries(action="series.planned")] == [2, 1]


async def test_a_day_that_is_taken_is_flagged(desk: OfficeDesk) -> None:
    await desk.scheduled(starts_at="2027-02-25T17:00:00+01:00")
    page, fields = await _plan(desk)
    assert "keep_1" not in fields
    assert "ja té una sessió" in page


async def test_what_is_wrong_in_a_plan_is_said_and_the_rest_is_kept(desk: OfficeDesk) -> None:
    _, fields = await _plan(desk)
    wrong = {**fields, "title_0": "x" * 301, "starts_at_1": "2020-01-01T10:00", "title_3": "Un títol <nou>"}
    page = (await desk.submit("/office/programmes/dijous/plan", wrong, expect=422)).text
    assert 'href="#title_0"' in page
    assert 'href="#starts_at_1"' in page
    assert 'value="Un títol &lt;nou&gt;"' in page
    assert fields["plan"] in page
    assert await _scheduled(desk) == []
    nothing = {name: value for name, value in fields.items() if not name.startswith("keep_")}
    assert 'href="#keep_0"' in (await desk.submit("/office/programmes/dijous/plan", nothing, expect=422)).text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("first=2027-01", "first=gener"), "first"),
        (("last=2027-06", "last=2026-12"), "last"),
        (("10:00", "x"), "at"),
        (("duration_minutes=60", "duration_minutes=abc"), "duration_minutes"),
        (("duration_minutes=60", "duration_minutes="), "duration_minutes"),
        (("capacity=", "capacity=-3"), "capacity"),
    ],
)
async def test_a_rule_that_cannot_be_is_said(desk: OfficeDesk, change: tuple[str, str], field: str) -> None:
    page = await desk.get(f"/office/programmes/dijous/plan?{RULE.replace(*change)}", expect=422)
    assert f'href="#{field}"' in page.text


async def test_all_that_is_wrong_with_a_rule_is_said_at_once(desk: OfficeDesk) -> None:
    rule = RULE.replace("10:00", "x").replace("duration_minutes=60", "duration_minutes=2")
    page = (await desk.get(f"/office/programmes/dijous/plan?{rule}", expect=422)).text
    assert re.findall(r'href="#(\w+)"', page.partition("<main")[2]) == ["at", "duration_minutes"]


async def test_a_length_that_cannot_be_is_said_of_the_rule_and_not_of_the_titles(desk: OfficeDesk) -> None:
    _, fields = await _plan(desk)
    page = await desk.submit("/office/programmes/dijous/plan", {**fields, "duration_minutes": "abc"}, expect=422)
    assert 'href="#duration_minutes"' in page.text
    assert 'href="#title_0"' not in page.text
    assert await _scheduled(desk) == []


async def test_of_a_rule_that_spans_more_than_a_plan_holds_it_is_said_that_months_are_left_out(
    desk: OfficeDesk,
) -> None:
    told = "36 mesos"
    page, fields = await _plan(desk, RULE.replace("last=2027-06", "last=2030-01"))
    assert told in main_of(page)
    assert [fields["starts_at_35"], "starts_at_36" in fields] == ["2029-12-27T10:00", False]
    just, _ = await _plan(desk, RULE.replace("last=2027-06", "last=2029-12"))
    assert told not in main_of(just)
    over, _ = await _plan(desk, RULE.replace("first=2027-01", "first=2020-01"))
    assert told in main_of(over), "all its first months are over"


async def test_what_is_over_is_not_suggested(desk: OfficeDesk) -> None:
    _, fields = await _plan(
        desk, RULE.replace("first=2027-01", "first=2026-09").replace("last=2027-06", "last=2026-12")
    )
    starts = [value for name, value in fields.items() if name.startswith("starts_at_")]
    assert starts == ["2026-12-31T10:00"], "it is 26 November at ten"


async def test_a_programme_is_made_and_changed(desk: OfficeDesk) -> None:
    assert where(await desk.submit("/office/programmes/new", PROGRAMME_FORM)) == "/office/sessions?programme=pilot"
    changed = {**PROGRAMME_FORM, "organiser": "Consorci", "reminders_minutes": ""}
    await desk.submit("/office/programmes/pilot", changed)
    programme = await desk.use_cases.programmes.get("pilot")
    assert (programme.organiser, programme.reminders_minutes) == ("Consorci", [])
    assert 'value="Consorci"' in (await desk.get("/office/programmes/pilot")).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"slug": "dijous"}, "slug"),
        ({"slug": "Un Nom"}, "slug"),
        ({"name_ca": ""}, "name_ca"),
        ({"time_zone": "Catalunya"}, "time_zone"),
        ({"reply_to": "bústia"}, "reply_to"),
        ({"reminders_minutes": "un dia"}, "reminders_minutes"),
    ],
)
async def test_what_is_wrong_in_a_programme_is_said(desk: OfficeDesk, wrong: dict[str, str], field: str) -> None:
    page = (await desk.submit("/office/programmes/new", {**PROGRAMME_FORM, **wrong}, expect=422)).text
    assert f'href="#{field}"' in page
    assert f'id="{field}"' in page
    assert "Error:" in page


def _proposal(event: type[ProposalEvent], version: int, state: ProposalState) -> KnownProposal:
    told = event(
        version=version,
        proposal_id="abcdefghijklmnop",
        programme="dijous",
        kind=ProposalKind.TOPIC,
        title="Actes en format obert",
        state=state,
        supports=3,
    )
    return KnownProposal.from_event(told)


async def test_today_tells_what_needs_doing(desk: OfficeDesk) -> None:
    bare = await desk.scheduled(title={"ca": "Sense enllaç"})
    await desk.scheduled(title={"ca": "Més endavant"}, starts_at="2026-12-17T10:00:00+01:00")
    ended = await desk.scheduled(title={"ca": "Ja feta"}, join_url=JOIN_URL, starts_at="2026-12-04T10:00:00+01:00")
    await desk.register(bare)
    await desk.use_cases.sessions.end(API_CALLER, ended)
    desk.clock.move(days=8)
    desk.sign_in()
    await desk.use_cases.known.proposals.apply(_proposal(TopicProposed, 1, ProposalState.RECEIVED))
    page = (await desk.get("/office")).text
    assert f'href="/office/sessions/{ended}/materials"' in page
    assert "Més endavant" in page, "the next one"
    assert "Actes en format obert" in page
    assert "1 proposta" in page
    await desk.use_cases.sessions.publish_materials(API_CALLER, ended, "https://video.example/1", [])
    await desk.use_cases.known.proposals.apply(_proposal(ProposalAnswered, 2, ProposalState.ANSWERED_IN_SESSION))
    await desk.use_cases.known.proposals.apply(_proposal(TopicProposed, 1, ProposalState.RECEIVED))
    page = (await desk.get("/office")).text
    assert "Actes en format obert" not in page, "an older event changes nothing"
    assert f"{ended}/materials" not in page


def _bounced(recipient_id: str, version: int = 1) -> MailBounced:
    return MailBounced(
        version=version,
        suppression_id="s" * 26,
        kind="confirmation",
        subject_id="s1",
        recipient_id=recipient_id,
        bounced_at=datetime(2026, 11, 26, 9, tzinfo=UTC),
    )


async def test_whom_mails_do_not_reach_is_on_the_list_and_marked_until_that_is_lifted(desk: OfficeDesk) -> None:
    one, other = await desk.scheduled(join_url=JOIN_URL), await desk.scheduled(join_url=JOIN_URL)
    await desk.register(one, 1)
    await desk.register(other, 1)
    await desk.register(other, 2)
    desk.sign_in()
    assert "No hi ha res pendent." in (await desk.get("/office")).text
    (refused,) = await desk.store.registrations.all_of(one)
    await desk.use_cases.known.bounces.apply(KnownBounce.from_bounced(_bounced(refused.id)))
    await desk.use_cases.known.bounces.apply(KnownBounce.from_bounced(_bounced(refused.id)))
    page = (await desk.get("/office")).text
    assert "1 adreça ha refusat els nostres correus" in page
    assert 'href="/office/mails?state=bounced"' in page
    assert "No hi ha res pendent." not in page
    for session in (one, other):
        table = (await desk.get(f"/office/sessions/{session}/registrations")).text
        assert table.count("correus refusats") == 1, "the address is the same for both sessions"
    await desk.use_cases.known.bounces.apply(KnownBounce.from_lifted(BounceLifted(version=2, suppression_id="s" * 26)))
    await desk.use_cases.known.bounces.apply(KnownBounce.from_bounced(_bounced(refused.id)))
    assert "refusa" not in (await desk.get("/office")).text, "an older event changes nothing"
    assert "correus refusats" not in (await desk.get(f"/office/sessions/{one}/registrations")).text
    await desk.use_cases.known.bounces.apply(KnownBounce.from_bounced(_bounced(refused.id, version=3)))
    assert "1 adreça" in (await desk.get("/office")).text


async def test_that_mails_do_not_go_out_is_on_the_list_until_they_do(desk: OfficeDesk) -> None:
    def told(version: int, *, pauses: bool) -> KnownSender:
        since = datetime(2026, 11, 26, 9, 5, tzinfo=UTC)
        return KnownSender.from_event(SendingStateChanged(version=version, sender="sender", pauses=pauses, since=since))

    known = desk.use_cases.known.senders
    await known.apply(told(1, pauses=True))
    page = (await desk.get("/office")).text
    assert "Els correus no surten" in page
    assert "des del dijous 26 de novembre de 2026, 10.05" in page
    assert "No hi ha res pendent." not in page
    await known.apply(told(2, pauses=False))
    await known.apply(told(1, pauses=True))
    assert "Els correus no surten" not in (await desk.get("/office")).text


async def test_the_mark_of_who_was_not_reached_goes_with_the_person(desk: OfficeDesk) -> None:
    session = await desk.scheduled(join_url=JOIN_URL)
    await desk.register(session)
    (refused,) = await desk.store.registrations.all_of(session)
    await desk.use_cases.known.bounces.apply(KnownBounce.from_bounced(_bounced(refused.id)))
    await desk.use_cases.erasing.begin(refused.id, refused.generation)
    desk.sign_in()
    assert "correus refusats" not in (await desk.get(f"/office/sessions/{session}/registrations")).text


async def test_a_session_near_without_join_link_is_on_the_list_and_a_far_one_is_not(desk: OfficeDesk) -> None:
    near = await desk.scheduled()
    far = await desk.scheduled(starts_at="2026-12-17T10:00:00+01:00")
    page = (await desk.get("/office")).text
    assert f'href="/office/sessions/{near}/edit#join_url"' in page
    assert f"{far}/edit" not in page
    await desk.use_cases.sessions.change(API_CALLER, near, {"join_url": JOIN_URL})
    assert f"{near}/edit" not in (await desk.get("/office")).text


async def test_today_of_an_empty_office_says_how_to_begin(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as empty:
        empty.sign_in(Role.VIEWER)
        assert "/office/programmes/new" in (await empty.get("/office")).text


async def test_coverage_counts_the_councils_that_came(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.register(session, 1)
    await desk.register(session, 2, entity="0800180001")
    first = (await desk.store.registrations.all_of(session))[0]
    desk.come_back(days=7)
    await desk.use_cases.attendance.mark(API_CALLER, session, [first.id], [])
    page = (await desk.get("/office/entities/coverage")).text
    assert "1 dels 947" in main_of(page)
    assert "els Alamús" not in page.partition("<details")[2]
    assert "Abrera" in page.partition("<details")[2], "registered, and never came"
    assert page.count('role="img"') == 2
    rows = {row.split(",")[0]: row for row in (await desk.get("/office/entities/coverage.csv")).text.splitlines()}
    assert rows["2500450006"].endswith(",1,1,1")
    assert rows["0800180001"].endswith(",1,0,0")
    other = (await desk.get("/office/entities/coverage?programme=pilot")).text
    assert "0 dels 947" in main_of(other)


async def test_the_directory_is_searched_and_shows_who_came(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.register(session, 1)
    assert "Ajuntament dels Alamús" in (await desk.get("/office/entities")).text
    assert "Ajuntament d&#39;Abrera" in (await desk.get("/office/entities?q=abrera")).text
    assert "No s'ha trobat" in (await desk.get("/office/entities?q=xyz")).text


async def test_pages_of_the_office_are_light(desk: OfficeDesk) -> None:
    first = datetime(2026, 12, 3, 9, tzinfo=UTC)
    for number in range(30):
        await desk.scheduled(starts_at=(first + timedelta(days=number)).isoformat())
    for path in ("/office", "/office/sessions", "/office/entities/coverage", f"/office/programmes/dijous/plan?{RULE}"):
        assert len((await desk.get(path)).content) < 100_000, path
