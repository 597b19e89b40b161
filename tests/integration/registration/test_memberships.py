"""Memberships by the API: started, taken on, ended; their contacts enrolled in sessions."""

from datetime import datetime
from typing import Any

import pytest

from services.registration.memberships.domain import Membership
from services.registration.registrations.domain import RegistrationState
from tests.integration.registration.conftest import STAFF, Office
from tests.integration.registration.crashing import CrashedError, crash_between_writes

PILOT = {
    "slug": "pilot",
    "name": {"ca": "Pilot de Decidim"},
    "kind": "cohort",
    "bodies": [
        {"key": "diputacio-lleida", "name": "Diputació de Lleida", "provinces": ["Lleida"]},
        {"key": "diputacio-tarragona", "name": "Diputació de Tarragona", "provinces": ["Tarragona"]},
    ],
}
ALAMUS, REUS = "2500450006", "4312330008"


def contact(number: int, **more: str) -> dict[str, str]:
    return {"name": f"Persona {number}", "email": f"person{number}@alamus.example", **more}


@pytest.fixture
async def pilot(office: Office) -> Office:
    await office.staff("POST", "/programmes", PILOT, expect=201)
    return office


async def start(office: Office, entity: str = ALAMUS, *numbers: int, expect: int = 201, **given: Any) -> Any:
    people = [contact(number) for number in numbers]
    body = {"programme": "pilot", "entity": entity, "reason": "Acord de la xarxa", "contacts": people, **given}
    return await office.staff("POST", "/memberships", body, expect=expect)


async def change(office: Office, entity: str = ALAMUS, *, expect: int = 200, **changes: Any) -> Any:
    return await office.staff("PATCH", f"/memberships/pilot:{entity}", changes, expect=expect)


async def advance(office: Office, phase: str, state: str = "doing", *, expect: int = 200, **given: str) -> Any:
    body = {"phase": phase, "state": state, **given}
    return await office.staff("POST", f"/memberships/pilot:{ALAMUS}/advance", body, expect=expect)


async def stored(office: Office, entity: str = ALAMUS) -> Membership:
    membership = await office.store.members.get(f"pilot:{entity}")
    assert membership is not None
    return membership


async def enrol(office: Office, session: str, *, expect: int = 200) -> Any:
    return await office.staff("POST", f"/sessions/{session}/enrol", {}, expect=expect)


async def test_an_entity_starts_in_the_first_phase_with_the_body_of_its_province(pilot: Office) -> None:
    started = await start(pilot, ALAMUS, 1)
    assert (started["phase"], started["mentor"], started["state"]) == ("training", "diputacio-lleida", "active")
    assert (await start(pilot, REUS))["mentor"] == "diputacio-tarragona"
    listed = await pilot.staff("GET", "/memberships?programme=pilot")
    assert [each["entity"] for each in listed] == [ALAMUS, REUS]


async def test_an_entity_twice_in_one_programme_is_the_same_document(pilot: Office) -> None:
    first = await start(pilot, ALAMUS, 1)
    again = await start(pilot, ALAMUS, 2, reason="Un altre motiu")
    assert again == first
    await change(pilot, state="left")
    back = await start(pilot, ALAMUS, 2, reason="Torna")
    assert (back["id"], back["state"], back["reason"]) == (first["id"], "active", "Torna")
    assert len(await pilot.staff("GET", "/memberships?programme=pilot")) == 1


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"programme": "nothing"}, "/programme"),
        ({"entity": "0"}, "/entity"),
        ({"mentor": "nobody"}, "/mentor"),
        ({"petition": "nothing"}, "/petition"),
        ({"reason": ""}, ""),
        ({"project_url": "ftp://x.example"}, "/project_url"),
        ({"contacts": [contact(number) for number in range(6)]}, "/contacts"),
    ],
)
async def test_a_beginning_that_cannot_be_is_refused_where_it_is_wrong(
    pilot: Office, given: dict[str, Any], pointer: str
) -> None:
    problem = await start(pilot, expect=422, **given)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert await pilot.staff("GET", "/memberships?programme=pilot") == []


async def test_nobody_starts_in_a_programme_without_phases(office: Office) -> None:
    problem = await start(office, expect=409, programme="dijous")
    assert problem["type"].endswith("no-phases")


async def test_each_entity_advances_at_its_own_pace_and_comes_back_to_a_phase(pilot: Office) -> None:
    await start(pilot)
    await start(pilot, REUS)
    await advance(pilot, "design", note="Acta signada", evidence="https://docs.example/acta")
    assert (await advance(pilot, "training"))["phase"] == "training"
    assert (await stored(pilot, REUS)).phase == "training"
    assert [step.phase for step in (await stored(pilot)).steps] == ["training", "training", "design", "training"]
    assert (await advance(pilot, "nothing", expect=422))["errors"][0]["pointer"] == "/phase"


async def test_a_phase_is_not_taken_out_while_an_entity_is_in_it(pilot: Office) -> None:
    await start(pilot)
    phases = (await pilot.staff("GET", "/programmes/pilot"))["phases"]
    problem = await pilot.staff("PATCH", "/programmes/pilot", {"phases": phases[1:]}, expect=409)
    assert problem["type"].endswith("phase-in-use")
    await advance(pilot, "design")
    await pilot.staff("PATCH", "/programmes/pilot", {"phases": phases[1:]})


async def test_steps_are_told_with_the_instant_and_a_next_step_is_of_our_time(pilot: Office) -> None:
    before = pilot.clock()
    [step] = (await start(pilot, ALAMUS, 1))["steps"]
    assert before < datetime.fromisoformat(step["at"]) < pilot.clock()
    for day in ("0001-01-03", "0226-12-17", "9999-12-31"):
        wrong = await change(pilot, next_step={"text": "Nomenar qui administra", "due_on": day}, expect=422)
        assert wrong["errors"][0]["pointer"] == "/next_step/due_on"


async def test_addresses_of_evidence_are_stored_as_they_are_and_never_fetched(pilot: Office) -> None:
    """The tests' transport refuses every connection."""
    await start(pilot)
    evidence = "https://unreachable.invalid/acta?x=1"
    assert (await advance(pilot, "training", "done", evidence=evidence))["steps"][-1]["evidence"] == evidence
    assert (await advance(pilot, "design", evidence="javascript:alert(1)", expect=422))["errors"]


async def test_contacts_are_replaced_and_who_is_not_among_them_is_erased(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1, 2)
    changed = await change(pilot, contacts=[contact(2, role="Tècnica"), contact(3)])
    assert [each["email"][:7] for each in changed["contacts"]] == ["person2", "person3"]
    assert "person1@" not in str(await pilot.documents.find("memberships"))
    assert await pilot.use_cases.contacts.erasing.unfinished() == 1, "until the broker has forgotten too"


async def test_the_last_contact_erased_leaves_the_membership_without_one(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    erased = await pilot.staff("POST", "/registrations/erase", {"email": contact(1)["email"]})
    assert erased["erased"] == 1
    membership = await stored(pilot)
    assert (membership.people, len(membership.contacts), membership.is_active) == ([], 1, True)
    again = await pilot.staff("POST", "/registrations/erase", {"email": contact(1)["email"]})
    assert again["erased"] == 0


async def test_what_is_kept_of_a_contact_is_told_with_the_registrations_of_the_address(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    kept = await pilot.staff("POST", "/registrations/export", {"email": contact(1)["email"]})
    assert [(each["about"], each["entity"], each["name"]) for each in kept["contacts"]] == [
        ("membership", ALAMUS, "Persona 1")
    ]


async def test_the_broker_forgets_an_erased_contact_once_its_event_is_out(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    await pilot.staff("POST", "/registrations/erase", {"email": contact(1)["email"]})
    erasing = pilot.use_cases.contacts.erasing
    await erasing.step()
    assert await erasing.unfinished() == 1
    await pilot.documents.update("memberships", f"pilot:{ALAMUS}", assign={"outbox": [], "pending": 0})
    await erasing.step()
    assert await erasing.unfinished() == 0


async def test_enrolling_registers_each_contact_once_however_often(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1, 2)
    await start(pilot, REUS, 3)
    session = await pilot.scheduled(programme="pilot")
    assert (await enrol(pilot, session))["enrolled"] == 3
    again = await enrol(pilot, session)
    assert (again["enrolled"], again["there"]) == (0, 3)
    assert [each.state for each in await pilot.registrations(session)] == [RegistrationState.REGISTERED] * 3
    assert {each.entity_code for each in await pilot.registrations(session)} == {ALAMUS, REUS}


async def test_who_left_the_session_is_not_enrolled_again(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1, 2)
    session = await pilot.scheduled(programme="pilot")
    await enrol(pilot, session)
    await pilot.cancel(session, 1)
    again = await enrol(pilot, session)
    assert (again["enrolled"], again["there"], again["left"]) == (0, 1, 1)
    assert (await pilot.registration(session, 1)).state is RegistrationState.CANCELLED


async def test_more_contacts_than_seats_make_a_waiting_list(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1, 2, 3)
    session = await pilot.scheduled(programme="pilot", capacity=2)
    await enrol(pilot, session)
    states = sorted(each.state for each in await pilot.registrations(session))
    assert states == [RegistrationState.REGISTERED] * 2 + [RegistrationState.WAITING]


async def test_one_contact_of_two_entities_has_one_seat(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    await start(pilot, REUS, 1)
    session = await pilot.scheduled(programme="pilot")
    assert (await enrol(pilot, session))["enrolled"] == 1
    assert len(await pilot.registrations(session)) == 1


async def test_an_erased_contact_is_not_enrolled_and_the_answer_names_who_has_none(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    await start(pilot, REUS, 2)
    await pilot.staff("POST", "/registrations/erase", {"email": contact(1)["email"]})
    session = await pilot.scheduled(programme="pilot")
    done = await enrol(pilot, session)
    assert (done["enrolled"], done["without_contact"]) == (1, ["Ajuntament dels Alamús"])


async def test_who_is_erased_or_gone_while_others_are_enrolled_is_not_enrolled(
    pilot: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(pilot, ALAMUS, 1, 2)
    await start(pilot, REUS, 3)
    session = await pilot.scheduled(programme="pilot", audience="entities", entities=[ALAMUS, REUS])
    register, done = pilot.use_cases.registrations.register, list[str]()

    async def slowly(*asked: Any) -> None:
        await register(*asked)
        done.append(asked[2].email)
        if len(done) == 1:
            await pilot.staff("POST", "/registrations/erase", {"email": contact(2)["email"]})
            await change(pilot, REUS, state="left")

    monkeypatch.setattr(pilot.use_cases.registrations, "register", slowly)
    await enrol(pilot, session)
    assert done == [contact(1)["email"]]


async def test_nobody_is_enrolled_in_a_session_that_is_closed(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    session = await pilot.scheduled(programme="pilot")
    await pilot.staff("POST", f"/sessions/{session}/cancel", {})
    assert (await enrol(pilot, session, expect=409))["type"].endswith("session-closed")
    await enrol(pilot, "nothing", expect=404)


async def test_only_the_members_for_whom_a_session_is_are_enrolled_in_it(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    await start(pilot, REUS, 2)
    session = await pilot.scheduled(programme="pilot", audience="entities", entities=[REUS])
    assert (await enrol(pilot, session))["enrolled"] == 1
    assert [each.entity_code for each in await pilot.registrations(session)] == [REUS]


async def test_nobody_is_enrolled_on_a_provisional_date(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    session = await pilot.scheduled(programme="pilot", tentative=True)
    assert (await enrol(pilot, session, expect=409))["type"].endswith("tentative")


async def test_a_member_that_comes_after_the_others_were_enrolled_is_missed(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    session = await pilot.scheduled(programme="pilot", audience="members")
    missed = pilot.use_cases.membership.enrolments.incomplete
    assert await missed() == []
    await enrol(pilot, session)
    await start(pilot, REUS, 2)
    [found] = await missed()
    assert (found.session.id, found.members) == (session, ("Ajuntament de Reus",))
    await enrol(pilot, session)
    assert await missed() == []


async def test_an_entity_that_leaves_gives_up_the_seats_to_come_and_others_keep_theirs(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1, 2)
    await start(pilot, REUS, 2, 3)
    session = await pilot.scheduled(programme="pilot", capacity=2)
    await enrol(pilot, session)
    assert (await pilot.registration(session, 3)).state is RegistrationState.WAITING
    await change(pilot, state="left")
    states = {each.email[:7]: each.state for each in await pilot.registrations(session)}
    assert states == {
        "person1": RegistrationState.CANCELLED,
        "person2": RegistrationState.REGISTERED,
        "person3": RegistrationState.REGISTERED,
    }
    assert (await stored(pilot)).unsettled == 0
    assert await pilot.use_cases.stores.members.entities_of("pilot") == {REUS}


async def test_nobody_of_an_entity_that_left_keeps_a_seat_in_a_session_for_some(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    hidden = await pilot.scheduled(programme="pilot", audience="members")
    shown = await pilot.scheduled(programme="pilot")
    for session in (hidden, shown):
        await pilot.register(session, 7, entity=ALAMUS, by_office=True)
    await change(pilot, state="left")
    assert (await pilot.registration(hidden, 7)).state is RegistrationState.CANCELLED
    assert (await pilot.registration(shown, 7)).state is RegistrationState.REGISTERED


async def test_the_sweep_gives_up_what_a_crash_left(pilot: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await start(pilot, ALAMUS, 1)
    session = await pilot.scheduled(programme="pilot")
    await enrol(pilot, session)
    leaving = pilot.use_cases.membership.leaving
    with monkeypatch.context() as broken:
        broken.setattr(type(leaving), "_give_up_seats", _die)
        with pytest.raises(RuntimeError):
            await pilot.api.patch(f"/api/v1/memberships/pilot:{ALAMUS}", json={"state": "left"}, headers=STAFF)
    assert (await pilot.registration(session, 1)).state is RegistrationState.REGISTERED
    await leaving.sweep()
    assert (await pilot.registration(session, 1)).state is RegistrationState.CANCELLED
    assert (await stored(pilot)).unsettled == 0


async def _die(*_: object) -> None:
    raise RuntimeError("killed")


@pytest.mark.parametrize(("before", "given_back"), [(None, ["petition"]), ("design", [])])
async def test_the_reserve_gets_the_place_only_of_who_leaves_in_the_first_phase(
    pilot: Office, monkeypatch: pytest.MonkeyPatch, before: str | None, given_back: list[str]
) -> None:
    told: list[str] = []

    async def give_back(_: object, petition_id: str) -> None:
        told.append(petition_id)

    places = pilot.use_cases.membership.leaving._places
    monkeypatch.setattr(type(places), "give_back", give_back)
    await start(pilot)
    await pilot.documents.update("memberships", f"pilot:{ALAMUS}", assign={"petition_id": "petition"})
    if before:
        await advance(pilot, before)
    await change(pilot, state="left")
    await change(pilot, state="left")
    assert told == given_back


async def test_a_finished_entity_keeps_its_seats(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    session = await pilot.scheduled(programme="pilot")
    await enrol(pilot, session)
    await change(pilot, state="finished")
    assert (await pilot.registration(session, 1)).state is RegistrationState.REGISTERED


async def test_acts_on_an_entity_that_ended_are_refused(pilot: Office) -> None:
    await start(pilot)
    await change(pilot, state="finished")
    assert (await advance(pilot, "design", expect=409))["type"].endswith("membership-ended")
    await change(pilot, expect=409, next_step={"text": "Res", "due_on": "2026-12-17"})
    await change(pilot, expect=422, state="active")
    await change(pilot, "0", expect=404)


async def test_what_the_sweep_asks_for_is_told_again(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    await pilot.documents.update("memberships", f"pilot:{ALAMUS}", assign={"outbox": [], "pending": 0})
    await pilot.use_cases.stores.members.republish_one(f"pilot:{ALAMUS}")
    waiting = [event.headers["ce-type"].split(".")[2] for event in (await stored(pilot)).outbox]
    assert sorted(waiting) == ["contact-named", "membership-started", "next-step-set"]


async def test_who_comes_back_before_everything_was_given_up_leaves_the_sweep_nothing(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    session = await pilot.scheduled(programme="pilot")
    await pilot.register(session, 1)
    store = crash_between_writes(pilot)
    store.restart(1)  # that it left is written
    with pytest.raises(CrashedError):
        await change(pilot, state="left")
    store.restart()
    await start(pilot, ALAMUS, 1, reason="Torna")
    await pilot.use_cases.membership.leaving.sweep()
    assert (await stored(pilot)).unsettled == 0
    assert (await pilot.registration(session)).state is RegistrationState.REGISTERED
