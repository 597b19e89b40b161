"""Asking under an offer by its page, and one's own petition behind the link."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.registration.registrations.rate_limits import Allowance
from shared.events.vocabulary import PetitionState
from tests.integration.registration.asking import (
    COUNCILS,
    OFFER,
    QUESTIONS,
    asked,
    decide,
    petition,
    publish,
    token,
)
from tests.integration.registration.browsing import assert_page, follow, send, words
from tests.integration.registration.conftest import PROGRAMME, MovingClock, Office, open_office

PATH = "/programmes/dijous/pilot"
PERSON = {
    "name": "Núria Puig",
    "email": "nuria@alamus.example",
    "entity": "ajuntament dels alamus",
    "role": "Secretària",
    "language": "ca",
    "consent": "1",
    "answer_hours": "12,5",
    "answer_plan": "yes",
    "answer_why": "Volem escoltar.",
}


@pytest.fixture(autouse=True)
def catalan(office: Office) -> None:
    office.api.headers["accept-language"] = "ca"


async def _send(office: Office, **changes: str) -> httpx.Response:
    return await send(office, PATH, {**PERSON, **changes})


async def test_the_form_makes_a_petition_and_leads_to_what_happens_next(office: Office) -> None:
    await publish(office, answer_days=90, places=10)
    assert_page(await office.api.get(PATH))
    page = await follow(office, await _send(office))
    assert_page(page)
    assert "Hem rebut la vostra petició" in words(page)
    assert "L'oficina respon en 90 dies." in words(page)
    (one,) = await office.store.petitions.of_offer(OFFER)
    assert one.answers == {"hours": "12.5", "plan": "yes", "why": "Volem escoltar."}
    assert (one.contact.name, one.contact.role, one.entity) == ("Núria Puig", "Secretària", COUNCILS[0])
    assert one.answer_by
    assert (one.answer_by - one.received_at).days == 90


async def test_what_the_data_say_against_it_is_shown_and_the_petition_can_be_sent_all_the_same(office: Office) -> None:
    await publish(office, rule={"provinces": ["Tarragona"]})
    shown = await _send(office)
    assert_page(shown)
    assert "no es compleix" in words(shown)
    assert "Tarragona" in words(shown)
    assert not await office.store.petitions.of_offer(OFFER), "only shown"
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown.text))
    again = await office.api.post(PATH, data={**fields, "change": "1"})
    assert "Volem escoltar." in again.text, "nothing typed is lost"
    page = await follow(office, await office.api.post(PATH, data={**fields, "confirmed": "1"}))
    assert "no es compleix" in words(page)
    (one,) = await office.store.petitions.of_offer(OFFER)
    assert not one.is_eligible


async def test_what_is_wrong_is_said_at_the_top_and_at_its_field(office: Office) -> None:
    await publish(office)
    page = await _send(office, name="", entity="", answer_hours="moltes", consent="")
    assert_page(page, 422)
    listed = re.findall(r'<li><a href="#(\w+)">', page.text)
    assert listed == ["name", "entity", "answer_hours", "consent"]
    assert "Volem escoltar." in page.text


async def test_a_closed_offer_shows_no_form_and_takes_nothing(office: Office) -> None:
    await publish(office, opens_at="2027-01-01T09:00:00Z")
    page = await office.api.get(PATH)
    assert "Encara no s'admeten peticions." in words(page)
    assert "<form" not in page.text.partition("<main")[2]
    assert "Pilot de Decidim" in words(await office.api.get("/programmes/dijous"))


async def test_limits_are_those_of_registering(tmp_path: Path) -> None:
    async for office in _limited(tmp_path):
        office.api.headers["accept-language"] = "ca"
        await publish(office)
        assert (await _send(office)).status_code == 303
        refused = await _send(office, email="altra@alamus.example")
        assert_page(refused, 429)
        assert refused.headers["retry-after"]


async def _limited(folder: Path) -> AsyncIterator[Office]:
    (folder / "limited").mkdir()
    async for office in open_office(folder / "limited", MovingClock(), Allowance(per_session=1)):
        await office.staff("POST", "/programmes", PROGRAMME, expect=201)
        yield office


async def _own(office: Office, petition_id: str) -> str:
    """The address of one's own petition."""
    return f"/petition/{token(office, await petition(office, petition_id))}"


async def test_the_page_of_a_petition_says_where_it_stands_and_why(office: Office) -> None:
    await publish(office, places=1)
    first, _ = await asked(office, 2)
    await office.staff("POST", f"/offers/{OFFER}/select", {"reasons": {first: "Menys hores."}})
    page = await office.api.get(await _own(office, first))
    assert_page(page)
    shown = words(page)
    assert "La vostra petició és a la reserva" in shown
    assert "Hi teniu el número 1." in shown
    assert "Menys hores." in shown
    assert "Posició 2 de 2, amb una puntuació de 3,00." in shown
    assert "Hores de dedicació: 2 en lloc de 1" in shown, "the smallest change"


async def test_the_council_accepts_with_name_and_role(office: Office) -> None:
    await publish(office, places=1)
    (one,) = await asked(office, 1)
    await decide(office, one, "offered", "Enhorabona.")
    own = await _own(office, one)
    shown = words(await office.api.get(own))
    assert "S'ofereix una plaça al vostre ens local." in shown
    assert "Enhorabona." in shown
    refused = await send(office, f"{own}/accept", {"name": "", "role": ""}, form_on=own)
    assert_page(refused, 422)
    page = await follow(
        office, await send(office, f"{own}/accept", {"name": "Joan Pons", "role": "Alcalde"}, form_on=own)
    )
    assert "Heu acceptat la plaça." in words(page)
    assert "Joan Pons, Alcalde" in words(page)
    assert (await petition(office, one)).state is PetitionState.ACCEPTED


async def test_a_council_withdraws_after_being_asked(office: Office) -> None:
    await publish(office, places=1)
    (one,) = await asked(office, 1)
    own = await _own(office, one)
    page = await follow(office, await send(office, f"{own}/withdraw"))
    assert "Heu retirat la petició." in words(page)
    assert (await office.api.get(f"{own}/withdraw")).status_code == 409


async def test_whoever_erases_their_data_leaves_the_petition_to_the_entity(office: Office) -> None:
    await publish(office)
    (one,) = await asked(office, 1)
    await office.store.petitions.change(one, lambda now: (now.model_copy(update={"answers": _ANSWERS}), []))
    own = await _own(office, one)
    kept = (await office.api.get(f"{own}/data.json")).json()
    assert kept["petition"]["answers"] == _ANSWERS
    page = await follow(office, await send(office, f"{own}/erase"))
    assert "Les vostres dades s'han esborrat" in words(page)
    erased = await petition(office, one)
    assert (erased.contact.name, erased.contact.email, erased.answers) == ("", "", {"hours": "3"})
    assert erased.entity == COUNCILS[1]
    assert (await office.api.get(own)).status_code == 410


_ANSWERS = {"hours": "3", "why": "La Núria ho portarà."}


async def test_an_address_is_exported_and_erased_from_all_petitions_of_it(office: Office) -> None:
    await publish(office)
    (one,) = await asked(office, 1)
    email = (await petition(office, one)).contact.email
    found = await office.staff("POST", "/registrations/export", {"email": email})
    assert [(each["about"], each["entity"]) for each in found["contacts"]] == [("petition", COUNCILS[1])]
    assert found["contacts"][0]["written"] == {"hours": "1"}
    erased = await office.staff("POST", "/registrations/erase", {"email": email})
    assert erased["erased"] == 1
    stored = await petition(office, one)
    assert not stored.contact.is_somebody
    assert email not in stored.model_dump_json(), "also not in what waits to be published"
    assert stored.records, "the act is recorded with the erasure"


async def test_the_questions_appear_with_their_kinds(office: Office) -> None:
    choice = {"key": "size", "text": {"ca": "Mida"}, "kind": "choice", "options": [{"ca": "Petita"}, {"ca": "Gran"}]}
    await publish(office, questions=[*QUESTIONS, choice])
    page = await office.api.get(PATH)
    assert 'type="radio" name="answer_size" value="2"' in page.text
    assert 'type="radio" name="answer_plan" value="yes"' in page.text
    assert '<textarea id="answer_why"' in page.text
