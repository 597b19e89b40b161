"""Offers, petitions and the selection at the office, and what a body's staff see of them."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.registration.contacts.domain import Person
from services.registration.projections import KnownBounce
from shared.events.notifications import MailBounced
from shared.events.vocabulary import Language, PetitionState
from shared.staff import Role, StaffMember
from tests.integration.registration.asking import COUNCILS, QUESTIONS
from tests.integration.registration.office_desk import SECRET, OfficeDesk, desk_at_work, main_of, where
from tests.support.office import office_cookie

S = PetitionState
OFFERS = "/office/programmes/dijous/offers"
BODIES = [{"key": "lleida", "name": "Diputació de Lleida", "provinces": ["Lleida"]}]
FORM = {
    "slug": "pilot",
    "title_ca": "Pilot de Decidim",
    "closes_at": "2027-01-31T23:59",
    "places": "1",
    "offer_days": "14",
    "answer_days": "30",
    "rule_kind_municipality": "1",
    "rule_provinces": "Lleida, Tarragona",
    "rule_population_max": "5000",
    "rule_openings_0_at": "2026-12-01T09:00",
    "rule_openings_0_provinces": "Lleida",
    "questions_0_text_ca": "Hores de dedicació",
    "questions_0_kind": "number",
    "questions_0_weight": "6",
    "questions_0_required": "1",
    "questions_1_text_ca": "Mida de l'equip",
    "questions_1_kind": "choice",
    "questions_1_options_ca": "Una persona\nMés d'una",
    "questions_1_options_es": "Una persona\nMás de una",
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        yield opened


async def _publish(desk: OfficeDesk, **terms: Any) -> None:
    usual = {"programme": "dijous", "slug": "pilot", "title": {"ca": "Pilot de Decidim"}, "questions": QUESTIONS}
    await desk.staff("POST", "/offers", {**usual, **terms}, expect=201)


async def _ask(desk: OfficeDesk, number: int, entity: str = "", why: str = "") -> str:
    """The id of a petition."""
    offer = await desk.use_cases.support.offers.get("dijous:pilot")
    found = await desk.use_cases.entities.find(entity or COUNCILS[number % len(COUNCILS)])
    assert found
    person = Person(name=f"Persona {number}", email=f"persona{number}@alamus.example", language=Language.CA)
    await desk.use_cases.support.petitions.ask(offer, found, person, {"hours": str(number), "why": why})
    return (await desk.store.petitions.of_offer("dijous:pilot"))[-1].id


def _sign_in_of(desk: OfficeDesk, body: str) -> None:
    member = StaffMember("m", "Mireia", Role.EDITOR, body=body)
    desk.browser.cookies.set("office", office_cookie(SECRET, desk.clock, member), domain="localhost.local")


async def test_an_offer_is_published_by_the_form_and_changed_by_the_same(desk: OfficeDesk) -> None:
    assert where(await desk.submit(f"{OFFERS}/new", FORM)) == f"{OFFERS}/pilot?done=1"
    offer = await desk.use_cases.support.offers.get("dijous:pilot")
    assert (offer.places, offer.answer_days, offer.rule.population_max) == (1, 30, 5000)
    assert offer.rule.provinces == ("Lleida", "Tarragona")
    assert [wave.provinces for wave in offer.rule.openings] == [("Lleida",)]
    hours, size = offer.questions
    assert (hours.weight, hours.required, size.kind) == (6, True, "choice")
    assert size.options[1] == {"ca": "Més d'una", "es": "Más de una"}
    page = (await desk.get(f"{OFFERS}/pilot")).text
    fields = {**_fields(page), "places": "3"}
    await desk.submit(f"{OFFERS}/pilot", fields)
    changed = await desk.use_cases.support.offers.get("dijous:pilot")
    assert (changed.places, changed.questions, changed.rule) == (3, offer.questions, offer.rule)
    assert (await desk.acts())[-2:] == ["offer.published", "offer.changed"]
    assert "Pilot de Decidim" in (await desk.get(OFFERS)).text


def _fields(page: str) -> dict[str, str]:
    """What a browser would send of the main form."""
    form = page.partition("novalidate>")[2]
    fields = dict(re.findall(r'<input id="(\w+)" name="\w+" type="[\w-]+" value="([^"]*)"', form))
    fields |= dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    fields |= dict.fromkeys(re.findall(r'<input type="checkbox" id="(\w+)"[^>]* checked', form), "1")
    fields |= dict(re.findall(r'<textarea id="(\w+)"[^>]*>\n([^<]*)</textarea>', form))
    for name, options in re.findall(r'<select id="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    return {name: value.replace("&#39;", "'") for name, value in fields.items()}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"slug": "Pilot 1"}, "slug"),
        ({"slug": "members"}, "slug"),
        ({"title_ca": ""}, "title_ca"),
        ({"closes_at": "demà"}, "closes_at"),
        ({"opens_at": "2027-06-01T09:00"}, "closes_at"),
        ({"places": "molts"}, "places"),
        ({"rule_provinces": "Lleida, Atlàntida"}, "rule_provinces"),
        ({"rule_population_min": "9000"}, "rule_population_max"),
        ({"questions_1_options_ca": "Una persona", "questions_1_options_es": ""}, "questions_1_kind"),
        ({"questions_0_weight": "-1"}, "questions_0_weight"),
    ],
)
async def test_what_is_wrong_with_an_offer_is_said_at_its_field(
    desk: OfficeDesk, wrong: dict[str, str], field: str
) -> None:
    page = await desk.submit(f"{OFFERS}/new", {**FORM, **wrong}, expect=422)
    assert f'<li><a href="#{field}">' in page.text, main_of(page.text)
    assert f'id="{field}"' in page.text
    assert f'id="{field}-error"' in page.text


async def test_the_steps_are_taken_on_the_petition_s_page_each_with_its_reason(desk: OfficeDesk) -> None:
    await desk.staff("PATCH", "/programmes/dijous", {"bodies": BODIES})
    await _publish(desk)
    one = await _ask(desk, 1)
    path = f"/office/petitions/{one}"
    await desk.submit(f"{path}/review", {"review_reason": "Mirem-ho."})
    await desk.submit(f"{path}/decide", {"decide_state": "declined", "decide_reason": ""}, expect=422)
    await desk.submit(f"{path}/assign", {"assign_owner": "lleida", "assign_reason": "És vostra."})
    await desk.submit(f"{path}/answer", {"answer_text": "Parlem-ne dijous."})
    page = main_of_all((await desk.get(path)).text)
    for text in ("respost", "Mirem-ho.", "passada a: Diputació de Lleida", "És vostra.", "Parlem-ne dijous."):
        assert text in page
    expected = ["petition.reviewed", "petition.assigned", "petition.answered"]
    assert (await desk.acts())[-3:] == expected
    await desk.submit(f"{path}/decide", {"decide_state": "accepted", "decide_reason": ""}, expect=409)


def main_of_all(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).replace("&#39;", "'").split())


async def test_lists_show_what_waits_what_is_ours_and_what_is_late(desk: OfficeDesk) -> None:
    await desk.staff("PATCH", "/programmes/dijous", {"bodies": BODIES})
    await _publish(desk, answer_days=1, rule={"provinces": ["Lleida"]})
    of_lleida, of_office = await _ask(desk, 1, COUNCILS[0]), await _ask(desk, 2, COUNCILS[1])
    await desk.staff("POST", f"/petitions/{of_office}/answer", {"text": "Fet."})

    async def listed(view: str) -> set[str]:
        return set(
            re.findall(r"/office/petitions/([a-z2-7]{26})", (await desk.get(f"/office/petitions?view={view}")).text)
        )

    assert await listed("open") == {of_lleida}
    assert await listed("mine") == {of_office}
    assert await listed("all") == {of_lleida, of_office}
    assert await listed("late") == set()
    desk.come_back(days=2)
    assert await listed("late") == {of_lleida}
    page = main_of_all((await desk.get("/office")).text)
    assert "1 petició ha superat el dia en què calia respondre-la" in page
    rows = list(csv.reader(io.StringIO((await desk.get("/office/petitions.csv")).content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["Ajuntament dels Alamús", "Ajuntament d'Abrera"]
    assert [row[-1] for row in rows[1:]] == ["No", "Sí"]
    assert "persona1@" not in str(rows)


async def test_a_body_finds_its_own_petitions_and_no_others(desk: OfficeDesk) -> None:
    await desk.staff("PATCH", "/programmes/dijous", {"bodies": BODIES})
    await _publish(desk, answer_days=1)
    own, other = await _ask(desk, 1, COUNCILS[0]), await _ask(desk, 2, COUNCILS[1])
    desk.clock.move(days=2)
    _sign_in_of(desk, "lleida")
    for view in ("open", "mine", "late", "all"):
        page = (await desk.get(f"/office/petitions?view={view}")).text
        assert own in page
        assert other not in page
    assert "Abrera" not in (await desk.get("/office/petitions.csv")).text
    assert "1 petició ha superat" in main_of_all((await desk.get("/office")).text)
    await desk.submit(f"/office/petitions/{own}/review", {"review_reason": ""})
    await desk.get(f"/office/petitions/{other}", expect=403)
    await desk.submit(f"/office/petitions/{other}/review", {"review_reason": ""}, expect=403)
    await desk.get(f"{OFFERS}/pilot/select", expect=403)
    await desk.get(OFFERS, expect=403)


async def test_a_contact_whose_address_refuses_mails_is_on_today_and_on_the_list(desk: OfficeDesk) -> None:
    await _publish(desk)
    one = await _ask(desk, 1)
    contact = (await desk.use_cases.support.petitions.get(one, StaffMember("a", "A", Role.VIEWER))).contact
    bounced = MailBounced(
        version=1,
        suppression_id="s",
        recipient_id=contact.id,
        kind="petition_received",
        subject_id=one,
        bounced_at=desk.clock(),
    )
    await desk.use_cases.known.bounces.apply(KnownBounce.from_bounced(bounced))
    assert "La persona de contacte de 1 petició no rep els nostres missatges" in main_of_all(
        (await desk.get("/office")).text
    )
    assert "correus refusats" in (await desk.get("/office/petitions")).text


async def test_a_selection_is_shown_then_decided_and_its_file_taken_along(desk: OfficeDesk) -> None:
    await _publish(desk, places=1, rule={"provinces": ["Lleida", "Barcelona"]})
    low, high, outside = await _ask(desk, 1), await _ask(desk, 2), await _ask(desk, 3)
    path = f"{OFFERS}/pilot/select"
    page = (await desk.get(path)).text
    assert re.search(rf'id="out_{outside}"[^>]* checked', page), "the data speak against it"
    shown = main_of_all(page)
    assert "Posició 1 de 2, amb una puntuació de 6,00." in shown
    assert "Hores de dedicació: 2 en lloc de 1" in shown
    fields = {**_fields(page), f"because_{low}": "Menys hores."}
    again = await desk.submit(path, fields, expect=200)
    assert _fields(again.text)["digest"] != fields["digest"]
    await desk.submit(path, {**fields, "confirmed": "1"}, expect=422)
    await desk.submit(path, {**_fields(again.text), "confirmed": "1"})
    found = {each.id: each for each in await desk.store.petitions.of_offer("dijous:pilot")}
    assert [found[each].state for each in (low, high, outside)] == [S.RESERVE, S.OFFERED, S.DECLINED]
    assert found[low].reason == "Menys hores."
    assert "Tarragona" in found[outside].reason
    file = json.loads((await desk.get(f"{OFFERS}/pilot/selection.json")).text)
    assert [each["outcome"] for each in file["petitions"]] == ["offered", "reserve", "declined"]
    (entry,) = await desk.entries(action="offer.selected")
    assert entry.details == {"offered": 1, "not_chosen": 2}
    assert "persona1" not in json.dumps(file)


async def test_more_places_than_are_free_are_not_offered(desk: OfficeDesk) -> None:
    await _publish(desk, places=1)
    await _ask(desk, 1)
    page = await desk.submit(f"{OFFERS}/pilot/select", {"places": "2"}, expect=422)
    assert '<a href="#places">' in page.text


async def test_a_text_gets_points_with_a_reason_and_then_counts(desk: OfficeDesk) -> None:
    why = {"key": "why", "text": {"ca": "Per què?"}, "kind": "text", "weight": 2}
    await _publish(desk, places=1, questions=[*QUESTIONS[:2], why])
    one = await _ask(desk, 1, why="Volem escoltar.")
    path = f"/office/petitions/{one}/points"
    await desk.submit(path, {"question": "why", "points_why": "11", "reason_why": "Bé."}, expect=422)
    await desk.submit(path, {"question": "why", "points_why": "7", "reason_why": ""}, expect=422)
    await desk.submit(path, {"question": "why", "points_why": "7", "reason_why": "Ho argumenta bé."})
    assert "Ho argumenta bé." in (await desk.get(f"/office/petitions/{one}")).text
    assert "puntuació de 20,00" in main_of_all((await desk.get(f"{OFFERS}/pilot/select")).text)


async def test_doubts_of_accepted_support_are_on_the_preparation_until_they_are_ticked(desk: OfficeDesk) -> None:
    await _publish(desk)  # without places: a service of support
    waiting, accepted = await _ask(desk, 1, why="Encara no."), await _ask(desk, 2, why="Com es publica una acta?")
    await desk.staff("POST", f"/petitions/{accepted}/decide", {"state": "accepted"})
    session = await desk.scheduled()
    desk.sign_in()
    assert "1 dubte d'una petició acceptada espera una sessió" in main_of_all(
        (await desk.get(f"/office/sessions/{session}")).text
    )
    page = (await desk.get(f"/office/sessions/{session}/prepare")).text
    assert "Com es publica una acta?" in page
    assert "Encara no." not in page
    answer = await desk.submit(f"/office/petitions/{accepted}/treat", {"session": session})
    assert where(answer) == f"/office/sessions/{session}/prepare"
    assert "Com es publica una acta?" not in (await desk.get(where(answer))).text
    assert "Una sessió n'ha tractat els dubtes." in main_of_all((await desk.get(f"/office/petitions/{accepted}")).text)
    await desk.submit(f"/office/petitions/{accepted}/treat", {"session": ""})
    assert "Com es publica una acta?" in (await desk.get(f"/office/sessions/{session}/prepare")).text
    assert (await desk.acts())[-2:] == ["petition.treated", "petition.treated"]
    assert waiting


async def test_the_places_of_a_call_bring_no_doubts_to_the_sessions(desk: OfficeDesk) -> None:
    await _publish(desk, places=2)
    one = await _ask(desk, 1, why="Volem ser-hi.")
    await desk.staff("POST", f"/petitions/{one}/decide", {"state": "accepted"})
    session = await desk.scheduled()
    desk.sign_in()
    assert "Volem ser-hi." not in (await desk.get(f"/office/sessions/{session}/prepare")).text


async def test_the_registrations_mark_the_entities_with_support(desk: OfficeDesk) -> None:
    await _publish(desk)
    one = await _ask(desk, 1, COUNCILS[0])
    session = await desk.scheduled()
    await desk.register(session)
    desk.sign_in()
    assert "amb suport" not in (await desk.get(f"/office/sessions/{session}/registrations")).text
    await desk.staff("POST", f"/petitions/{one}/decide", {"state": "accepted"})
    assert "amb suport" in (await desk.get(f"/office/sessions/{session}/registrations")).text
    assert f"/office/petitions/{one}" in (await desk.get(f"/office/entities/{COUNCILS[0]}")).text
