import asyncio
from typing import Any

import pytest

from services.registration.registrations.domain import RegistrationState, republish
from tests.integration.registration.conftest import JOIN_URL, Office, data, told


@pytest.mark.parametrize("capacity", [None, 20])
async def test_a_person_is_registered_for_an_entity(office: Office, capacity: int | None) -> None:
    session = await office.scheduled(capacity=capacity)
    answer = await office.register(session, role=" Secretària ", language="es", email="Person1@ALAMUS.example")
    assert (answer.status_code, answer.json()) == (202, {"session": session, "status": "accepted"})
    registration = await office.registration(session)
    assert told(registration) == ["entity-registered"]
    event = data(registration)[0]
    assert event | {"registration_id": registration.id} == event
    expected = {
        "session_id": session,
        "programme": "dijous",
        "status": "registered",
        "name": "Núria Puig",
        "email": "person1@alamus.example",
        "entity_code": "2500450006",
        "entity_name": "Ajuntament dels Alamús",
        "role": "Secretària",
        "language": "es",
        "generation": 1,
        "version": registration.version,
    }
    assert event | expected == event


async def test_eighty_at_once_for_twenty_seats_get_twenty(office: Office) -> None:
    session = await office.scheduled(capacity=20)
    answers = await asyncio.gather(*(office.register(session, number) for number in range(80)))
    assert {answer.status_code for answer in answers} == {202}
    states = [registration.state for registration in await office.registrations(session)]
    assert states.count(RegistrationState.REGISTERED) == 20
    assert states.count(RegistrationState.WAITING) == 60
    roster = await office.roster(session)
    assert (roster.seats_free, roster.waiting_count) == (0, 60)
    shown = (await office.api.get(f"/api/v1/sessions/{session}")).json()
    assert (shown["seats_left"], shown["waiting"]) == (0, 60)


@pytest.mark.parametrize("capacity", [None, 5])
async def test_twenty_identical_posts_make_one_registration_and_one_event(office: Office, capacity: int | None) -> None:
    session = await office.scheduled(capacity=capacity)
    answers = await asyncio.gather(*(office.register(session) for _ in range(20)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert {answer.status_code for answer in answers} == {202}
    [registration] = await office.registrations(session)
    assert told(registration) == ["entity-registered"]
    if capacity:
        assert (await office.roster(session)).seats_free == 4


@pytest.mark.parametrize("capacity", [None, 1])
async def test_the_answer_does_not_tell_who_is_registered(office: Office, capacity: int | None) -> None:
    session = await office.scheduled(capacity=capacity)
    new = await office.register(session, 1)
    known = await office.register(session, 1, name="Somebody Else", language="en")
    waiting = await office.register(session, 2)
    for answer in (known, waiting):
        assert (answer.status_code, answer.content) == (new.status_code, new.content)
        assert set(answer.headers) == set(new.headers)
    registration = await office.registration(session)
    assert registration.name == "Núria Puig", "the first registration stays as it was"
    assert told(registration) == ["entity-registered"]


@pytest.mark.parametrize("capacity", [None, 1])
async def test_registering_after_cancelling_begins_a_new_round(office: Office, capacity: int | None) -> None:
    session = await office.scheduled(capacity=capacity)
    await office.register(session)
    assert (await office.cancel(session)).json()["status"] == "cancelled"
    await office.register(session, role="Alcaldia")
    registration = await office.registration(session)
    assert told(registration) == ["entity-registered", "registration-cancelled", "entity-registered"]
    assert [event["generation"] for event in data(registration)] == [1, 1, 2]
    assert [event["version"] for event in data(registration)] == sorted({e["version"] for e in data(registration)})
    assert (registration.state, registration.role) == (RegistrationState.REGISTERED, "Alcaldia")


async def test_a_free_seat_goes_to_who_waited_longest_and_once(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    for number in (1, 2, 3):
        await office.register(session, number)
    await office.cancel(session, 1)
    assert told(await office.registration(session, 2)) == ["entity-registered", "waiting-list-promoted"]
    assert data(await office.registration(session, 2))[0]["status"] == "waiting"
    assert told(await office.registration(session, 3)) == ["entity-registered"]
    again = await office.cancel(session, 1)
    assert again.status_code == 200, "cancelling again changes nothing"
    assert told(await office.registration(session, 1)) == ["entity-registered", "registration-cancelled"]
    assert (await office.roster(session)).waiting_count == 1


async def test_who_waits_may_leave_the_list(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    for number in (1, 2, 3):
        await office.register(session, number)
    await office.cancel(session, 2)
    await office.cancel(session, 1)
    assert (await office.registration(session, 2)).state is RegistrationState.CANCELLED
    assert (await office.registration(session, 3)).state is RegistrationState.REGISTERED


async def test_it_is_told_whether_a_seat_or_a_place_on_the_waiting_list_was_given_up(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    for number in (1, 2, 3):
        await office.register(session, number)
    for number, held_seat in ((2, False), (1, True), (3, True)):  # the third is promoted before
        await office.cancel(session, number)
        registration = await office.registration(session, number)
        assert data(registration)[-1]["held_seat"] is held_seat
        (again,) = republish(registration)
        assert again.model_dump()["held_seat"] is held_seat
    await office.register(session, 2)
    await office.cancel(session, 2)
    assert data(await office.registration(session, 2))[-1]["held_seat"], "the next round counts"


async def test_parallel_cancelling_and_registering_keeps_the_seats_right(office: Office) -> None:
    session = await office.scheduled(capacity=10)
    await asyncio.gather(*(office.register(session, number) for number in range(30)))
    await asyncio.gather(
        *(office.cancel(session, number) for number in range(15)),
        *(office.register(session, number) for number in range(30, 40)),
        office.staff("PATCH", f"/sessions/{session}", {"capacity": 12}),
    )
    await office.sweep()
    states = [registration.state for registration in await office.registrations(session)]
    roster = await office.roster(session)
    assert states.count(RegistrationState.REGISTERED) == 12
    assert roster.seats_free == 0
    assert states.count(RegistrationState.WAITING) == roster.waiting_count == 40 - 15 - 12


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"entity": "0000000000"}, "/entity"),
        ({"consent": False}, "/consent"),
        ({"consent": "true"}, "/consent"),
        ({"consent": 1}, "/consent"),
        ({"email": '"a" <v@y.example>'}, "/email"),
        ({"email": "a@x.example,b@x.example"}, "/email"),
        ({"name": "  "}, "/name"),
        ({"name": "Núria\nBcc: x"}, "/name"),
        ({"name": "N" * 201}, "/name"),
        ({"language": "fr"}, "/language"),
        ({"state": "registered"}, "/state"),
        ({"generation": 7}, "/generation"),
    ],
)
async def test_a_wrong_or_unknown_field_is_refused(office: Office, given: dict[str, object], pointer: str) -> None:
    session = await office.scheduled()
    answer = await office.register(session, **given)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await office.registrations(session) == []


async def test_what_a_paste_leaves_unseen_is_left_out(office: Office) -> None:
    session = await office.scheduled()
    pasted = {"name": "\ufeffNúria\tPuig\u200b", "role": "\u200eTècnica", "email": "\u200bnuria@x.example\u2060"}
    await office.register(session, **pasted)
    [stored] = await office.registrations(session)
    assert (stored.name, stored.role, stored.email) == ("Núria Puig", "Tècnica", "nuria@x.example")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": " "}, "This field is required."),
        ({"name": "\u3164"}, "This field is required."),
        ({"name": "\u00ad\u200b"}, "This field is required."),
        ({"role": "R" * 201}, "This is too long: at most 200 characters."),
    ],
)
async def test_how_long_a_field_may_be_is_said(office: Office, given: dict[str, object], words: str) -> None:
    body = {"name": "Núria", "email": "a@x.example", "entity": "2500450006", "consent": True, **given}
    url = f"/api/v1/sessions/{await office.scheduled()}/registrations"
    answer = await office.api.post(url, json=body, headers={"Accept-Language": "en"})
    assert [error["detail"] for error in answer.json()["errors"]] == [words]


async def test_consent_must_be_given(office: Office) -> None:
    session = await office.scheduled()
    body = {"name": "Núria", "email": "a@x.example", "entity": "2500450006"}
    answer = await office.api.post(f"/api/v1/sessions/{session}/registrations", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/consent")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ca", "Aquest ens no és al directori."),
        ("es-ES,es;q=0.9", "Esta entidad no está en el directorio."),
        ("en", "There is no such entity in the directory."),
    ],
)
async def test_a_problem_is_told_in_the_callers_language(office: Office, language: str, words: str) -> None:
    session = await office.scheduled()
    body = {"name": "Núria", "email": "a@x.example", "entity": "0", "consent": True}
    answer = await office.api.post(
        f"/api/v1/sessions/{session}/registrations", json=body, headers={"Accept-Language": language}
    )
    assert answer.json()["errors"][0]["detail"] == words


async def test_one_cannot_register_for_what_is_not_open(office: Office) -> None:
    assert (await office.register("unknown")).status_code == 404
    ended, cancelled, over = [await office.scheduled() for _ in range(3)]
    await office.staff("POST", f"/sessions/{ended}/end", {})
    await office.staff("POST", f"/sessions/{cancelled}/cancel", {})
    office.clock.move(days=8)
    for session in (ended, cancelled, over):
        answer = await office.register(session)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:dijous:problem:session-closed")
        assert await office.registrations(session) == []


FULL = {
    "ca": "La sessió ha començat i totes les places estan ocupades.",
    "es": "La sesión ha empezado y todas las plazas están ocupadas.",
    "en": "The session has begun and all its seats are taken.",
}


@pytest.mark.parametrize("language", FULL)
async def test_a_session_that_has_begun_and_is_full_takes_nobody_more(office: Office, language: str) -> None:
    session = await office.scheduled(capacity=1)
    await office.register(session, 1)
    office.clock.move(days=7)
    office.api.headers["accept-language"] = language
    for number in (1, 2):  # the same answer whoever is registered
        answer = await office.register(session, number)
        assert answer.status_code == 409
        assert answer.json() == {"type": "urn:dijous:problem:session-full", "title": FULL[language], "status": 409}
    assert [each.state for each in await office.registrations(session)] == [RegistrationState.REGISTERED]


async def test_a_session_that_has_begun_takes_people_while_it_has_seats(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    for number in (1, 2):
        await office.register(session, number)
    office.clock.move(days=7)
    await office.staff("PATCH", f"/sessions/{session}", {"capacity": 3})
    assert (await office.register(session, 3)).status_code == 202
    assert (await office.register(session, 4)).status_code == 409
    states = [each.state for each in await office.registrations(session)]
    assert states == [RegistrationState.REGISTERED] * 3, "who waited has a seat of those that the office added"


async def test_the_office_adds_whom_it_wants_to_a_full_session_under_way(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    await office.register(session)
    office.clock.move(days=7)
    body = {"name": "Pau Vila", "email": "pau@alamus.example", "entity": "2500450006", "consent": True}
    await office.staff("POST", f"/sessions/{session}/registrations", body, expect=202)
    await office.staff("PATCH", f"/sessions/{session}", {"capacity": 2})
    assert [each.state for each in await office.registrations(session)] == [RegistrationState.REGISTERED] * 2


async def test_a_link_shows_and_cancels_ones_own_registration_only(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    token = await office.token(session)
    shown = (await office.api.get(f"/api/v1/registrations/{token}")).json()
    assert (shown["status"], shown["entity_name"], shown["join_url"]) == ("registered", "Ajuntament dels Alamús", None)
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert (await office.api.get(f"/api/v1/registrations/{forged}")).status_code == 404
    office.clock.move(days=40)
    assert (await office.api.get(f"/api/v1/registrations/{token}")).status_code == 410


async def test_a_registration_cannot_be_cancelled_once_the_session_has_begun(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    office.clock.move(days=7, minutes=1)
    answer = await office.cancel(session)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:dijous:problem:session-started")
    assert (await office.registration(session)).state is RegistrationState.REGISTERED


async def test_the_join_link_is_shown_to_who_has_a_seat_near_the_time(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    for number in (1, 2):
        await office.register(session, number)

    async def shown(number: int) -> Any:
        answer = await office.api.get(f"/api/v1/registrations/{await office.token(session, number)}")
        return answer.json()["join_url"]

    assert await shown(1) is None
    office.clock.move(days=6, hours=23, minutes=46)
    assert (await shown(1), await shown(2)) == (JOIN_URL, None)
    office.clock.move(hours=2, minutes=20)
    assert await shown(1) is None


async def test_the_office_lists_registrations_page_by_page(office: Office) -> None:
    session = await office.scheduled()
    for number in range(5):
        await office.register(session, number)
    seen: list[str] = []
    path = f"/sessions/{session}/registrations?limit=2"
    page = await office.staff("GET", path)
    while True:
        seen += [item["email"] for item in page["items"]]
        if page["next"] is None:
            break
        page = await office.staff("GET", f"{path}&cursor={page['next']}")
    assert seen == [f"person{number}@alamus.example" for number in range(5)]
    assert (await office.api.get(f"/api/v1/sessions/{session}/registrations")).status_code == 401
