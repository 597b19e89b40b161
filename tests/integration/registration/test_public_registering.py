"""Registering by the form of a session's page, with and without the script that helps to find one's entity."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.registration.registrations.domain import RegistrationState
from services.registration.registrations.rate_limits import Allowance
from tests.integration.registration.browsing import assert_page, follow, send, title, words
from tests.integration.registration.conftest import PROGRAMME, STAFF, MovingClock, Office, open_office, told

PERSON = {
    "name": "Núria Puig",
    "email": "Person1@Alamus.example",
    "entity": "ajuntament dels alamus",
    "role": "Secretària",
    "language": "es",
    "consent": "1",
}


@pytest.fixture(autouse=True)
def catalan(office: Office) -> None:
    office.api.headers["accept-language"] = "ca"


async def _register(office: Office, session: str, **changes: str) -> httpx.Response:
    fields = {name: value for name, value in {**PERSON, **changes}.items() if value is not None}
    return await send(office, f"/sessions/{session}/register", fields, form_on=f"/sessions/{session}")


async def test_a_form_that_comes_once_the_session_is_full_and_has_begun_says_so(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    guard = re.search(r'name="csrf" value="(\w+)"', (await office.api.get(f"/sessions/{session}")).text)
    assert guard
    await office.register(session, 2)
    office.clock.move(days=7, minutes=5)
    page = await office.api.post(f"/sessions/{session}/register", data={"csrf": guard[1], **PERSON})
    assert_page(page, 409)
    assert "La sessió ha començat i totes les places estan ocupades." in words(page)
    assert len(await office.registrations(session)) == 1


async def test_the_form_registers_and_leads_to_what_happens_next(office: Office) -> None:
    session = await office.scheduled()
    answer = await _register(office, session)
    assert answer.headers["location"] == f"/sessions/{session}/registered"
    page = await follow(office, answer)
    assert_page(page)
    assert "Us hem enviat un missatge" in words(page)
    stored = await office.registration(session)
    assert (stored.name, stored.email, stored.entity_code) == ("Núria Puig", "person1@alamus.example", "2500450006")
    assert (stored.role, stored.language, stored.state) == ("Secretària", "es", RegistrationState.REGISTERED)


async def test_the_consent_is_said_to_be_needed(office: Office) -> None:
    page = await office.api.get(f"/sessions/{await office.scheduled()}")
    consent = re.search(r'<input type="checkbox" id="consent"[^>]*>', page.text)
    assert consent
    assert 'aria-required="true"' in consent[0]


async def test_whoever_was_registered_before_gets_the_same_pages(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    answers = [await _register(office, session) for _ in range(2)]
    answers.append(await _register(office, session, email="waiting@alamus.example"))
    assert len({(answer.status_code, answer.headers["location"]) for answer in answers}) == 1
    pages = [re.sub(r'value="\w{64}"', "", (await follow(office, answer)).text) for answer in answers]
    assert len(set(pages)) == 1
    assert len(await office.registrations(session)) == 2


async def test_what_is_wrong_is_said_at_the_top_and_at_its_field_and_nothing_typed_is_lost(office: Office) -> None:
    session = await office.scheduled()
    page = await _register(office, session, name="", email="no <address>", entity="", consent="", role="Cap d'àrea")
    assert_page(page, 422)
    assert title(page).startswith("Error: ")
    for name, message in (
        ("name", "Escriviu el nom i els cognoms."),
        ("email", "Això no és una adreça electrònica."),
        ("entity", "Escriviu el nom del vostre ens local."),
        ("consent", "Per inscriure's cal acceptar l'avís sobre dades personals."),
    ):
        assert f'<a href="#{name}">' in page.text
        assert f'id="{name}-error"' in page.text
        assert words(page).count(message) == 2
    assert 'value="no &lt;address&gt;"' in page.text
    assert 'value="Cap d&#39;àrea"' in page.text
    assert '<option value="es" selected>' in page.text
    assert not await office.registrations(session)


async def test_what_is_too_long_is_called_so_with_how_long_it_may_be(office: Office) -> None:
    session = await office.scheduled()
    page = await _register(office, session, role="x" * 201, email="núria@alamus.example")
    assert_page(page, 422)
    for message in ("Això és massa llarg: com a màxim 200 caràcters.", "Abans de l'arrova no hi pot haver accents"):
        assert words(page).count(message) == 2


async def test_without_the_script_the_entities_that_may_be_meant_are_radios(office: Office) -> None:
    session = await office.scheduled()
    page = await _register(office, session, entity="vilanova")
    assert_page(page, 422)
    assert '<a href="#entity_code">' in page.text
    choices = re.findall(r'<input type="radio" name="entity_code" value="(\d+)"', page.text)
    assert 2 < len(choices) <= 15
    assert 'value="vilanova"' in page.text
    assert " checked" in page.text, "the consent that was given stays"
    await follow(office, await _register(office, session, entity="vilanova", entity_code=choices[1]))
    assert (await office.registration(session)).entity_code == choices[1]


async def test_that_the_words_mean_more_entities_than_are_shown_is_said(office: Office) -> None:
    session = await office.scheduled()
    for entity, has_more in (("sant", True), ("vilanova", False)):
        page = await _register(office, session, entity=entity)
        assert ("Es mostren els 15 primers." in words(page)) is has_more, entity
        assert page.text.count('type="radio"') <= 15


@pytest.mark.parametrize(
    ("entity", "code"),
    [
        ("lalbi", "2500960009"),
        ("Alamús", "2500450006"),  # the only one that is called so, whatever article and accent
        ("els alamus", "2500450006"),
        ("2500450006", "2500450006"),
        ("Ajuntament de Vilanova i la Geltrú", "0830730008"),
    ],
)
async def test_an_entity_called_by_its_name_needs_no_choice(office: Office, entity: str, code: str) -> None:
    session = await office.scheduled()
    await follow(office, await _register(office, session, entity=entity))
    assert (await office.registration(session)).entity_code == code


async def test_an_old_choice_does_not_stand_for_other_words(office: Office) -> None:
    session = await office.scheduled()
    page = await _register(office, session, entity="vilanova", entity_code="2500450006")
    assert_page(page, 422)
    assert 'name="entity_code"' in page.text
    unknown = await _register(office, session, entity="qwertz", entity_code="2500450006")
    assert "Cap ens local del directori no es diu així." in words(unknown)
    assert not await office.registrations(session)


async def test_a_form_from_elsewhere_registers_nobody_and_shows_what_it_held(office: Office) -> None:
    session = await office.scheduled()
    page = await office.api.post(f"/sessions/{session}/register", data=PERSON)
    assert_page(page, 403)
    assert 'value="Núria Puig"' in page.text
    assert "Reviseu-lo i torneu-lo a enviar." in words(page)
    assert not await office.registrations(session)


async def test_fields_that_are_not_the_form_s_change_nothing(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    await _register(office, session, state="cancelled", promoted="1", generation="7", session_id="x", id="y")
    stored = await office.registration(session)
    assert (stored.state, stored.promoted, stored.generation) == (RegistrationState.REGISTERED, 0, 1)


async def test_a_closed_session_takes_nobody_by_an_old_page(office: Office) -> None:
    session = await office.scheduled()
    form = await office.api.get(f"/sessions/{session}")
    guard = re.search(r'name="csrf" value="(\w+)"', form.text)
    assert guard
    await office.staff("POST", f"/sessions/{session}/cancel", {})
    page = await office.api.post(f"/sessions/{session}/register", data={**PERSON, "csrf": guard[1]})
    assert_page(page, 409)
    assert "La inscripció a aquesta sessió està tancada." in words(page)
    assert f'<a href="/sessions/{session}/register">' in page.text, "which leads to the session"


async def test_the_language_is_switched_beside_a_form_with_errors(office: Office) -> None:
    session = await office.scheduled()
    answer = await office.api.get(f"/sessions/{session}/register?lang=es")
    assert answer.headers["location"] == f"/sessions/{session}?lang=es"


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[Office]:
    async for opened in open_office(
        tmp_path / "limited", MovingClock(), Allowance(per_client=4, per_address=2, per_session=3)
    ):
        await opened.staff("POST", "/programmes", PROGRAMME, expect=201)
        yield opened


async def test_too_many_from_one_place_wait_and_lose_nothing(limited: Office) -> None:
    sessions = [await limited.scheduled() for _ in range(3)]
    for number in range(4):
        await limited.register(sessions[number % 2], number)
    fields = {**PERSON, "email": "fifth@alamus.example"}
    session = sessions[2]
    page = await send(limited, f"/sessions/{session}/register", fields, form_on=f"/sessions/{session}")
    assert_page(page, 429)
    assert 0 < int(page.headers["retry-after"]) <= 600
    assert 'value="fifth@alamus.example"' in page.text
    refused = await limited.register(session, 5)
    assert (refused.status_code, refused.headers["retry-after"] != "") == (429, True)
    assert refused.json()["type"] == "urn:dijous:problem:too-often"
    limited.clock.move(minutes=10)
    assert (await limited.register(session, 5)).status_code == 202


async def test_one_address_cannot_be_written_to_without_end(limited: Office) -> None:
    sessions = [await limited.scheduled() for _ in range(3)]
    statuses = [(await limited.register(session)).status_code for session in sessions]
    assert statuses == [202, 202, 429]
    assert (await limited.register(sessions[0])).status_code == 202, "the same again is no other registration"


async def test_addresses_with_a_plus_count_as_one(limited: Office) -> None:
    session = await limited.scheduled()
    addresses = [f"p.u+{number}@gmail.com" for number in range(2)] + ["pu@googlemail.com"]
    bodies = [{**PERSON, "email": each, "entity": "2500450006", "consent": True} for each in addresses]
    path = f"/api/v1/sessions/{session}/registrations"
    assert [(await limited.api.post(path, json=body)).status_code for body in bodies] == [202, 202, 429]


async def test_one_place_cannot_fill_a_session_in_a_minute(tmp_path: Path) -> None:
    async for office in open_office(tmp_path / "quick", MovingClock(), Allowance(per_client=100, at_once=3)):
        await office.staff("POST", "/programmes", PROGRAMME, expect=201)
        session, other = await office.scheduled(), await office.scheduled()
        statuses = [(await office.register(session, number)).status_code for number in range(5)]
        assert statuses == [202, 202, 202, 429, 429]
        assert (await office.register(other, 3)).status_code == 202
        office.clock.move(minutes=1)
        assert (await office.register(session, 4)).status_code == 202


async def test_who_registers_again_is_sent_the_mail_again_but_not_at_once(office: Office) -> None:
    session = await office.scheduled()
    await _register(office, session)
    await _register(office, session)
    assert told(await office.registration(session)) == ["entity-registered"]
    office.clock.move(minutes=10)
    for _ in range(3):
        answer = await _register(office, session)
        assert answer.headers["location"] == f"/sessions/{session}/registered"
    assert told(await office.registration(session)) == ["entity-registered", "confirmation-requested"]


async def test_how_many_seats_are_left_tells_nobody_who_is_registered(office: Office) -> None:
    session = await office.scheduled(capacity=100)
    await office.register(session, 1)
    await office.register(session, 2)
    shown = []
    for number in (2, 3):
        await office.register(session, number)
        page = await office.api.get(f"/sessions/{session}")
        api = (await office.api.get(f"/api/v1/sessions/{session}")).json()
        assert "Queden 90 places o més" in words(page)
        shown.append((api["seats_left"], api["waiting"]))
    assert shown == [(90, 0), (90, 0)]
    staff = (await office.api.get(f"/api/v1/sessions/{session}", headers=STAFF)).json()
    assert staff["seats_left"] == 97


async def test_of_few_seats_no_number_is_told(office: Office) -> None:
    session = await office.scheduled(capacity=9)
    assert "Queden menys de 10 places" in words(await office.api.get(f"/sessions/{session}"))
    assert (await office.api.get(f"/api/v1/sessions/{session}")).json()["seats_left"] == 1


async def test_one_session_cannot_be_filled_at_once(limited: Office) -> None:
    session = await limited.scheduled()
    statuses = [(await limited.register(session, number)).status_code for number in range(4)]
    assert statuses == [202, 202, 202, 429]


async def test_the_office_registers_as_many_as_it_likes(limited: Office) -> None:
    session = await limited.scheduled()
    for number in range(6):
        body = {**PERSON, "email": f"person{number}@alamus.example", "entity": "2500450006", "consent": True}
        answer = await limited.api.post(f"/api/v1/sessions/{session}/registrations", json=body, headers=STAFF)
        assert answer.status_code == 202
