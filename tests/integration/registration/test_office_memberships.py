"""The members of a programme at the office: the board, one page each, and what a body's staff see."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.registration.projections import KnownBounce
from shared.staff import Role, StaffMember
from tests.integration.registration.office_desk import SECRET, OfficeDesk, desk_at_work, main_of, where
from tests.integration.registration.test_memberships import ALAMUS, PILOT, REUS, contact
from tests.support.office import office_cookie

BOARD = "/office/programmes/pilot/members"
MEMBER = f"{BOARD}/{ALAMUS}"
PERSON = {"name": "Núria Puig", "email": "nuria@alamus.example", "role": "Secretària", "language": "ca"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        await opened.staff("POST", "/programmes", PILOT, expect=201)
        yield opened


async def start(desk: OfficeDesk, entity: str = ALAMUS, *numbers: int) -> None:
    people = [contact(number) for number in numbers]
    body = {"programme": "pilot", "entity": entity, "reason": "Acord", "contacts": people}
    await desk.staff("POST", "/memberships", body, expect=201)


def as_body(desk: OfficeDesk, body: str) -> None:
    member = StaffMember("mentor", "Joana", Role.EDITOR, body=body)
    desk.browser.cookies.set("office", office_cookie(SECRET, desk.clock, member), domain="localhost.local")


async def words(desk: OfficeDesk, path: str = BOARD) -> str:
    page = (await desk.get(path)).text.partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_an_entity_is_added_by_its_name_with_a_reason_and_a_contact(desk: OfficeDesk) -> None:
    sent = {"entity": "els Alamús", "reason": "Acord de la xarxa", "mentor": "", **PERSON}
    answer = await desk.submit(f"{BOARD}/new", sent)
    assert where(answer) == f"{MEMBER}?done=started"
    shown = await words(desk, MEMBER)
    assert "Acord de la xarxa" in shown
    assert "Diputació de Lleida" in shown
    assert "Núria Puig" in shown
    assert await desk.acts() == ["programme.defined", "programme.defined", "membership.started"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"entity": "Vilanova"}, "entity_code"),
        ({"entity": "No n'hi ha cap"}, "entity"),
        ({"email": "nobody"}, "email"),
        ({"petition": "nothing"}, "reason"),
        ({"mentor": "nobody"}, "mentor"),
    ],
)
async def test_what_is_wrong_in_the_form_is_said_at_its_field_and_nothing_is_lost(
    desk: OfficeDesk, changed: dict[str, str], field: str
) -> None:
    sent = {"entity": "els Alamús", "reason": "Acord", "mentor": "", **PERSON, **changed}
    page = (await desk.submit(f"{BOARD}/new", sent, expect=422)).text
    assert f'href="#{field}"' in page
    assert "Secretària" in page
    assert await desk.store.members.count() == 0


async def test_who_takes_part_already_is_not_said_to_be_added(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    sent = {"entity": "els Alamús", "reason": "Una altra", "mentor": "", **PERSON, "email": "altra@alamus.example"}
    answer = await desk.submit(f"{BOARD}/new", sent)
    assert where(answer) == f"{MEMBER}?done=there"
    shown = await words(desk, f"{MEMBER}?done=there")
    assert "Ja hi participava" in shown
    assert "Desat." not in shown


async def test_settings_with_a_body_that_is_none_say_so(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    page = (await desk.submit(f"{MEMBER}/settings", {"mentor": "nobody", "project_url": ""}, expect=422)).text
    assert 'href="#mentor"' in page


async def test_the_board_shows_entities_by_phases_and_who_is_late_or_has_no_contact(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    await start(desk, REUS)
    await desk.submit(f"{MEMBER}/advance", {"phase": "design", "state": "doing", "evidence": "", "note": ""})
    await desk.submit(f"{MEMBER}/next-step", {"text": "Nomenar qui administra", "due_on": "2026-12-03"})
    rows = re.findall(r"<tr>(.*?)</tr>", (await desk.get(BOARD)).text, re.DOTALL)
    cells = [re.findall(r'class="word"> ([^<]+)<', row) for row in rows[1:]]
    assert cells == [["en curs", *["per començar"] * 3], ["feta", "en curs", "per començar", "per començar"]]
    assert [("sense contacte" in row) for row in rows[1:]] == [True, False]
    desk.come_back(days=8)
    [late] = re.findall(r'class="word"> endarrerida<', (await desk.get(BOARD)).text)
    assert late, "the phase that it is in, and no other"
    today = await words(desk, "/office")
    assert "Ens participants amb el pas següent endarrerit" in today
    assert "Nomenar qui administra" in today


async def test_the_board_is_one_table_with_a_caption_and_headers(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    page = (await desk.get(BOARD)).text
    assert page.count("<table") == page.count("<caption") == 1
    assert page.count('scope="col"') == 5
    assert page.count('scope="row"') == 1


async def test_steps_with_evidence_are_listed_and_their_addresses_are_links(desk: OfficeDesk) -> None:
    await start(desk)
    evidence = "https://docs.example/acta"
    sent = {"phase": "training", "state": "done", "evidence": evidence, "note": "Acta signada"}
    await desk.submit(f"{MEMBER}/advance", sent)
    page = (await desk.get(MEMBER)).text
    assert f'<a class="address" href="{evidence}" rel="noreferrer nofollow">' in page
    assert "Acta signada" in page
    wrong = (await desk.submit(f"{MEMBER}/advance", {**sent, "evidence": "http://x"}, expect=422)).text
    assert 'href="#evidence"' in wrong
    await desk.submit(f"{MEMBER}/advance", {**sent, "phase": "nothing"}, expect=422)


async def test_a_next_step_needs_words_and_a_day_and_goes_when_both_are_empty(desk: OfficeDesk) -> None:
    await start(desk)
    assert 'href="#due_on"' in (await desk.submit(f"{MEMBER}/next-step", {"text": "Res"}, expect=422)).text
    await desk.submit(f"{MEMBER}/next-step", {"text": "Res", "due_on": "2026-12-24"})
    await desk.submit(f"{MEMBER}/next-step", {"text": "", "due_on": ""})
    membership = await desk.store.members.get(f"pilot:{ALAMUS}")
    assert membership is not None
    assert membership.next_step is None


async def test_contacts_are_added_up_to_five_and_taken_out(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1, 2, 3, 4)
    await desk.submit(f"{MEMBER}/contacts", PERSON)
    sixth = {**PERSON, "email": "other@alamus.example"}
    assert "cinc persones" in main_of((await desk.submit(f"{MEMBER}/contacts", sixth, expect=422)).text)
    membership = await desk.store.members.get(f"pilot:{ALAMUS}")
    assert membership is not None
    for each in membership.people:
        await desk.submit(f"{MEMBER}/contacts/{each.id}/erase", {})
    assert "sense contacte" in await words(desk)
    assert "alamus.example" not in str(await desk.raw.find("memberships"))


async def test_a_mentor_sees_and_changes_only_what_their_body_accompanies(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    await start(desk, REUS, 2)
    as_body(desk, "diputacio-lleida")
    shown = await words(desk)
    assert ("Alamús" in shown, "Reus" in shown) == (True, False)
    await desk.get(f"{BOARD}/{REUS}", expect=404)
    await desk.submit(f"{MEMBER}/next-step", {"text": "Res", "due_on": "2026-12-24"})
    sent = {"phase": "design", "state": "doing"}
    await desk.submit(f"{MEMBER}/advance", sent)
    await desk.submit(f"{BOARD}/{REUS}/advance", sent, expect=404)
    await desk.submit(f"{MEMBER}/settings", {"mentor": ""}, expect=403)
    await desk.get(f"{BOARD}/new", expect=403)
    assert "(Diputació de Lleida)" in await words(desk, MEMBER)


async def test_the_body_that_accompanied_an_entity_before_sees_nothing_of_it(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    await desk.submit(f"{MEMBER}/settings", {"mentor": "diputacio-tarragona", "project_url": ""})
    as_body(desk, "diputacio-lleida")
    assert "Alamús" not in await words(desk)
    await desk.get(MEMBER, expect=404)
    as_body(desk, "diputacio-tarragona")
    assert "Alamús" in await words(desk)


async def test_who_leaves_or_finishes_is_asked_about_and_listed_apart(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    assert "primera fase" in await words(desk, f"{MEMBER}/end/left")
    await desk.get(f"{MEMBER}/end/nothing", expect=404)
    await desk.submit(f"{MEMBER}/end/left", {})
    shown = await words(desk)
    assert "Ara no hi participa cap ens." in shown
    assert "ha deixat el programa" in shown
    assert "Anoteu un pas" not in await words(desk, MEMBER)


async def test_the_office_is_told_how_many_mails_leave_before_members_are_enrolled(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1, 2)
    await start(desk, REUS)
    session = await desk.scheduled(programme="pilot")
    path = f"/office/sessions/{session}/enrol"
    assert path in (await desk.get(f"/office/sessions/{session}")).text
    shown = await words(desk, path)
    assert "rebran la confirmació per correu: 2." in shown
    assert "Ajuntament de Reus" in shown
    await desk.submit(path, {})
    assert len(await desk.store.registrations.all_of(session)) == 2
    assert "session.enrolled" in await desk.acts()


async def test_today_names_the_members_who_came_after_the_others_were_enrolled(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    session = await desk.scheduled(programme="pilot", audience="members")
    await desk.submit(f"/office/sessions/{session}/enrol", {})
    await start(desk, REUS, 2)
    shown = await words(desk, "/office")
    assert "Ens participants que no estan inscrits en una sessió seva" in shown
    assert "Ajuntament de Reus" in shown


async def test_a_programme_without_phases_says_where_to_write_them(desk: OfficeDesk) -> None:
    shown = await words(desk, "/office/programmes/dijous/members")
    assert "Aquest programa no té fases" in shown
    await desk.get("/office/programmes/nothing/members", expect=404)


async def test_a_contact_whose_address_refused_a_mail_is_marked(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    membership = await desk.store.members.get(f"pilot:{ALAMUS}")
    assert membership is not None
    assert "correus refusats" not in await words(desk, MEMBER)
    bounce = KnownBounce(id="b", seen=1, standing=1, recipient_id=membership.people[0].id)
    await desk.use_cases.known.bounces.apply(bounce)
    assert "correus refusats" in await words(desk, MEMBER)


async def test_the_page_of_an_entity_leads_to_where_it_takes_part(desk: OfficeDesk) -> None:
    await start(desk, ALAMUS, 1)
    page = (await desk.get(f"/office/entities/{ALAMUS}")).text
    assert f'href="{MEMBER}"' in page
    assert "Formació general sobre participació ciutadana" in page
