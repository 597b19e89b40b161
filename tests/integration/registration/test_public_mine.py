"""One's own registration behind the personal link."""

from datetime import timedelta

import httpx
import pytest
from icalendar import Calendar, Component

from services.registration.registrations.domain import RegistrationState
from shared.security.links import SESSION_LINKS_LIFE, LinkPurpose
from tests.integration.registration.browsing import assert_page, follow, send, words
from tests.integration.registration.conftest import Office, data, told

CORRECTED = {"name": "Biel Bosch", "entity": "Ajuntament d'Abrera", "role": "Tècnic", "language": "en"}


@pytest.fixture(autouse=True)
def catalan(office: Office) -> None:
    office.api.headers["accept-language"] = "ca"


async def _registered(office: Office, language: str = "ca", **given: object) -> tuple[str, str]:
    """A session, and the path of the registration of person 1."""
    session = await office.scheduled(**given)
    await office.register(session, language=language)
    return session, f"/registration/{await office.token(session)}"


async def _entry(office: Office, path: str) -> Component:
    (entry,) = Calendar.from_ical((await office.api.get(f"{path}/session.ics")).content).walk("VEVENT")
    return entry


async def _press(office: Office, path: str, what: str) -> httpx.Response:
    return await send(office, f"{path}/{what}", form_on=path if what == "again" else "")


@pytest.mark.parametrize(
    ("language", "heading"), [("ca", "La vostra inscripció"), ("es", "Su inscripción"), ("en", "Your registration")]
)
async def test_the_page_speaks_the_language_of_the_registration(office: Office, language: str, heading: str) -> None:
    session = await office.scheduled(title={"ca": "Treu-li <b>suc</b>"})
    await office.register(session, language=language)
    page = await office.api.get(f"/registration/{await office.token(session)}", headers={"accept-language": "ca"})
    assert_page(page, language=language)
    assert heading in words(page)
    assert "Treu-li &lt;b&gt;suc&lt;/b&gt;" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in page.text
    other = await office.api.get(f"/registration/{await office.token(session)}?lang=es")
    assert_page(other, language="es")


async def test_what_goes_wrong_speaks_the_language_of_the_registration_too(office: Office) -> None:
    session, path = await _registered(office, language="es")
    token = await office.token(session)
    office.api.headers["accept-language"] = "en"
    foreign = await office.api.post(f"{path}/cancel", data={"csrf": "x"})
    assert_page(foreign, 403, language="es")
    wrong = await send(office, f"{path}/correct", {**CORRECTED, "name": ""})
    assert_page(wrong, 422, language="es")
    assert "Escriba el nombre y los apellidos." in words(wrong)
    office.clock.move(days=8)
    for page in ("cancel", "correct"):
        assert_page(await office.api.get(f"{path}/{page}"), 409, language="es")
    office.clock.move(days=90)
    assert_page(await office.api.get(path), 410, language="es")
    assert_page(await office.api.get(f"/join/{token}"), 404, language="en")


async def test_correcting_changes_what_is_stored_and_tells_it(office: Office) -> None:
    session, path = await _registered(office)
    form = await office.api.get(f"{path}/correct")
    assert_page(form)
    assert 'value="Núria Puig"' in form.text
    assert 'name="email"' not in form.text
    answer = await send(office, f"{path}/correct", {**CORRECTED, "email": "other@alamus.example"})
    assert "Your data have been corrected." in words(await follow(office, answer))
    stored = await office.registration(session)
    assert (stored.name, stored.entity_code, stored.role, stored.language) == (
        "Biel Bosch",
        "0800180001",
        "Tècnic",
        "en",
    )
    assert told(stored) == ["entity-registered", "registration-corrected"]
    assert data(stored)[1]["entity_name"] == "Ajuntament d'Abrera"
    assert data(stored)[1]["version"] == data(stored)[0]["version"] + 1


async def test_the_same_correction_twice_is_told_once(office: Office) -> None:
    session, path = await _registered(office)
    for _ in range(2):
        await follow(office, await send(office, f"{path}/correct", CORRECTED))
    assert told(await office.registration(session)) == ["entity-registered", "registration-corrected"]


async def test_a_wrong_correction_is_shown_again_with_its_errors(office: Office) -> None:
    session, path = await _registered(office)
    page = await send(office, f"{path}/correct", {**CORRECTED, "name": " ", "entity": "vilanova"})
    assert_page(page, 422)
    assert 'href="#name"' in page.text
    assert 'type="radio"' in page.text
    assert 'value="Tècnic"' in page.text
    assert (await office.registration(session)).name == "Núria Puig"


async def test_cancelling_asks_first_and_a_get_never_cancels(office: Office) -> None:
    session, path = await _registered(office, capacity=1)
    question = await office.api.get(f"{path}/cancel")
    assert_page(question)
    assert (await office.registration(session)).state is RegistrationState.REGISTERED
    answer = await _press(office, path, "cancel")
    assert "Us heu donat de baixa." in words(await follow(office, answer))
    assert (await office.registration(session)).state is RegistrationState.CANCELLED
    again = await office.api.get(f"{path}/cancel")
    assert_page(again)
    assert f'action="{again.url.path}"' not in again.text


async def test_no_form_from_elsewhere_does_anything(office: Office) -> None:
    session, path = await _registered(office)
    before = await office.registration(session)
    for what in ("cancel", "correct", "again", "erase"):
        assert_page(await office.api.post(f"{path}/{what}", data=CORRECTED), 403)
    assert await office.registration(session) == before


async def test_a_session_that_has_begun_offers_no_cancelling(office: Office) -> None:
    session, path = await _registered(office)
    page = await office.api.get(f"{path}/cancel")
    office.clock.move(days=7)
    assert f"{path}/cancel" not in (await office.api.get(path)).text
    assert_page(await office.api.get(f"{path}/cancel"), 409)
    guard = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    assert_page(await office.api.post(f"{path}/cancel", data={"csrf": guard}), 409)
    assert (await office.registration(session)).state is RegistrationState.REGISTERED


async def test_a_session_that_is_over_leaves_only_the_data_s_rights(office: Office) -> None:
    session, path = await _registered(office)
    office.clock.move(days=8)
    await office.staff("POST", f"/sessions/{session}/end", {})
    page = await office.api.get(path)
    assert_page(page)
    for gone in ("correct", "cancel", "again", "session.ics"):
        assert f"{page.url.path}/{gone}" not in page.text
    assert_page(await office.api.get(f"{path}/correct"), 409)
    assert f"{page.url.path}/erase" in page.text


async def test_the_confirmation_comes_again_but_not_without_end(office: Office) -> None:
    session, path = await _registered(office)
    assert "Us tornem a enviar el missatge." in words(await follow(office, await _press(office, path, "again")))
    soon = await _press(office, path, "again")
    assert_page(soon, 429)
    assert int(soon.headers["retry-after"]) <= 600
    assert f'<a href="{path}/again">' in soon.text, "which leads to the registration"
    assert told(await office.registration(session)) == ["entity-registered", "confirmation-requested"]
    office.clock.move(minutes=11)
    await follow(office, await _press(office, path, "again"))
    assert told(await office.registration(session)).count("confirmation-requested") == 2


async def test_the_calendar_entry_is_one_s_own(office: Office) -> None:
    session, path = await _registered(office)
    answer = await office.api.get(f"{path}/session.ics")
    calendar = Calendar.from_ical(answer.content)
    (entry,) = calendar.walk("VEVENT")
    join = await office.token(session, 1, LinkPurpose.JOIN)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert (calendar["METHOD"], entry["UID"]) == ("PUBLISH", f"{session}@dijous.example")
    assert entry["URL"] == entry["LOCATION"] == f"https://dijous.example/join/{join}"
    assert timedelta(days=30) == SESSION_LINKS_LIFE, "what the tests' tokens live"
    await _press(office, path, "cancel")
    gone = await _entry(office, path)
    assert gone["STATUS"] == "CANCELLED"
    assert "URL" not in gone
    await office.register(session)
    back = await _entry(office, path)
    assert [each["SEQUENCE"] for each in (entry, gone, back)] == [0, 1, 2], "as in the mails"


async def test_the_entry_stands_over_the_one_before_whenever_the_person_leaves_and_comes_back(office: Office) -> None:
    session, path = await _registered(office)
    entries = [await _entry(office, path)]
    for what in ("cancel", "erase"):
        await _press(office, path, what)
        await office.register(session)
        entries.append(await _entry(office, path))
    assert len({entry["UID"] for entry in entries}) == 1
    assert [entry["SEQUENCE"] for entry in entries] == [0, 2, 4], "a cancelled one has the number between"
    assert {str(entry["STATUS"]) for entry in entries} == {"CONFIRMED"}


async def _waiting(office: Office) -> tuple[str, str]:
    """A full session, and the path of the registration of person 3, who is the second to wait."""
    session = await office.scheduled(capacity=1)
    for number in (1, 2, 3):
        await office.register(session, number)
    return session, f"/registration/{await office.token(session, 3)}"


async def test_who_waits_is_told_of_no_seat_no_link_and_no_entry(office: Office) -> None:
    session, path = await _waiting(office)
    page = await office.api.get(path)
    assert_page(page)
    assert "Sou a la llista d'espera." in words(page)
    assert "Hi teniu el número 2." in words(page)
    assert "enllaç de connexió" in words(page).partition("Si queda lliure una plaça")[2]
    assert "session.ics" not in page.text
    assert "/join/" not in page.text
    question = words(await office.api.get(f"{path}/cancel"))
    assert "Deixareu la llista d'espera." in question
    assert "calendari" not in question
    await office.cancel(session, 2)
    assert "Hi teniu el número 1." in words(await office.api.get(path))


async def test_who_waits_once_the_session_has_begun_is_told_that_it_is_full(office: Office) -> None:
    session, path = await _waiting(office)
    told = "La sessió ha començat i totes les places estan ocupades."
    assert told not in words(await office.api.get(path))
    office.clock.move(days=7)
    page = await office.api.get(path)
    assert told in words(page)
    assert f"{page.url.path}/cancel" not in page.text
    assert "Si queda lliure una plaça" not in words(page)
    seated = await office.api.get(f"/registration/{await office.token(session, 1)}")
    assert told not in words(seated)


async def test_the_entry_of_who_waits_is_tentative_and_leads_nowhere(office: Office) -> None:
    session, path = await _waiting(office)
    entry = await _entry(office, path)
    assert entry["STATUS"] == "TENTATIVE"
    assert "URL" not in entry
    assert "LOCATION" not in entry
    await office.staff("POST", f"/sessions/{session}/cancel", {})
    assert (await _entry(office, path))["STATUS"] == "CANCELLED"


async def test_the_entry_of_a_seat_that_became_free_is_newer_than_the_tentative_one(office: Office) -> None:
    session, path = await _waiting(office)
    tentative = await _entry(office, path)
    office.clock.move(minutes=5)
    for number in (1, 2):
        await _press(office, f"/registration/{await office.token(session, number)}", "cancel")
    confirmed = await _entry(office, path)
    assert (confirmed["STATUS"], confirmed["SEQUENCE"]) == ("CONFIRMED", tentative["SEQUENCE"])
    assert confirmed["DTSTAMP"].dt > tentative["DTSTAMP"].dt, "of two with one SEQUENCE the later counts"


@pytest.mark.parametrize(("capacity", "is_passed_on"), [(1, True), (None, False)])
async def test_only_a_seat_that_somebody_else_may_lack_is_passed_on(
    office: Office, capacity: int | None, is_passed_on: bool
) -> None:
    _, path = await _registered(office, capacity=capacity)
    for page in (await office.api.get(path), await office.api.get(f"{path}/cancel")):
        assert ("per a una altra persona" in words(page)) is is_passed_on


async def test_before_the_time_the_page_says_when_one_may_connect(office: Office) -> None:
    _, path = await _registered(office)
    page = await office.api.get(path)
    assert "15 minuts abans de l'hora de començar (9.45 h)" in words(page)
    assert "/join/" not in page.text


@pytest.mark.parametrize("minutes", [-14, 30, 110])
async def test_near_the_time_the_page_leads_into_the_session(office: Office, minutes: int) -> None:
    session, path = await _registered(office)
    office.clock.move(days=7, minutes=minutes)
    page = await office.api.get(path)
    assert_page(page)
    join = f"/join/{await office.token(session, 1, LinkPurpose.JOIN)}"
    action = page.text.partition('<form method="post" action="/join/')[2].partition('"')[0]
    assert join != f"/join/{action}" == (await office.api.get(join)).url.path, "no page names a token"
    assert (await office.registration(session)).attended_at is None
    answer = await send(office, f"/join/{action}", form_on=path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/join/{action}")
    assert (await office.registration(session)).attended_at is not None


async def test_a_way_in_that_is_not_known_yet_is_no_button(office: Office) -> None:
    _, path = await _registered(office, join_url="")
    office.clock.move(days=7)
    page = await office.api.get(path)
    assert "Encara no se sap l'enllaç de la sessió." in words(page)
    assert "/join/" not in page.text


async def test_the_export_holds_all_of_one_s_registrations_and_nobody_else_s(office: Office) -> None:
    first, path = await _registered(office)
    second = await office.scheduled()
    await office.register(second)
    await office.register(second, 2)
    answer = await office.api.get(f"{path}/data.json")
    exported = answer.json()["registrations"]
    assert {each["session_id"] for each in exported} == {first, second}
    assert {each["email"] for each in exported} == {"person1@alamus.example"}
    assert "attachment" in answer.headers["content-disposition"]
    assert "secret-room" not in answer.text


async def test_a_wrong_link_gets_a_page_that_says_so(office: Office) -> None:
    session, _ = await _registered(office)
    registration, join = await office.token(session), await office.token(session, 1, LinkPurpose.JOIN)
    for path in (f"/registration/{join}", f"/join/{registration}", "/join/x", "/registration/aaaa/erase"):
        page = await office.api.get(path, headers={"accept-language": "en"})
        assert_page(page, 404, "en")
        assert "This link is not valid." in words(page)
