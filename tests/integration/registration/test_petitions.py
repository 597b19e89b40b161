"""Petitions with the real store: asking, deciding, accepting at the same time, and what survives a crash."""

import asyncio
from functools import partial
from typing import Any

import pytest

from services.registration.contacts.domain import Person
from services.registration.offers.domain import NotOfferedProblem, OfferExpiredProblem
from services.registration.petitions import domain as petitions
from services.registration.petitions.selecting import Wish
from services.registration.petitions.usecases import Petitions, TakesPartProblem
from shared.events.vocabulary import PetitionState
from shared.staff import API_CALLER, Role, StaffMember
from tests.integration.registration.asking import (
    COUNCILS,
    OFFER,
    accept,
    ask,
    asked,
    assert_sound,
    decide,
    petition,
    publish,
    states,
    the_offer,
    token,
    withdraw,
)
from tests.integration.registration.conftest import Office
from tests.integration.registration.crashing import CrashedError, crash_between_writes

S = PetitionState
BODIES = [
    {"key": "lleida", "name": "Diputació de Lleida", "mailbox": "ajuda@lleida.example", "provinces": ["Lleida"]},
    {"key": "tarragona", "name": "Diputació de Tarragona", "provinces": ["Tarragona"]},
]


def told(aggregate: Any) -> list[str]:
    return [envelope.headers["ce-type"].split(".")[2] for envelope in aggregate.outbox]


async def test_a_petition_is_taken_although_the_data_speak_against_it(office: Office) -> None:
    await publish(office, rule={"provinces": ["Tarragona"]})
    answer = await ask(office, entity=COUNCILS[0])
    assert answer.status_code == 202
    assert [finding["passed"] for finding in answer.json()["findings"]] == [False]
    (one,) = await office.store.petitions.of_offer(OFFER)
    assert (one.state, one.is_eligible, one.entity_name) == (S.RECEIVED, False, "Ajuntament dels Alamús")
    assert told(one) == ["contact-named", "petition-received"]


async def test_what_was_found_stays_when_the_rule_changes(office: Office) -> None:
    await publish(office, rule={"provinces": ["Lleida"]})
    await ask(office, entity=COUNCILS[0])
    terms = {"title": {"ca": "Pilot"}, "rule": {"provinces": ["Tarragona"]}}
    await office.staff("PUT", f"/offers/{OFFER}", terms, expect=409)
    await office.staff("PUT", f"/offers/{OFFER}", {**terms, "questions": (await _questions(office))})
    (one,) = await office.store.petitions.of_offer(OFFER)
    assert [finding.passed for finding in one.findings] == [True]


async def _questions(office: Office) -> Any:
    (offer,) = (await office.api.get("/api/v1/offers")).json()["items"]
    return offer["questions"]


async def test_an_entity_of_a_later_wave_is_told_from_when_and_its_petition_is_marked(office: Office) -> None:
    waves = [{"at": "2026-01-01T09:00:00+01:00", "provinces": ["Lleida"]}, {"at": "2027-03-01T09:00:00+01:00"}]
    await publish(office, rule={"openings": waves})
    first, later = await ask(office, entity=COUNCILS[0]), await ask(office, 2, entity=COUNCILS[1])
    assert [finding["passed"] for finding in first.json()["findings"]] == [True]
    (finding,) = later.json()["findings"]
    assert finding["passed"] is False
    assert "2027" in finding["text"]["en"]


async def test_what_comes_after_the_last_second_is_refused(office: Office) -> None:
    await publish(office, closes_at="2026-11-26T10:00:00Z")
    assert (await ask(office)).status_code == 202
    office.clock.move(hours=2)
    assert (await ask(office, 2)).status_code == 409


async def test_what_is_wrong_with_answers_is_said_at_each(office: Office) -> None:
    await publish(office)
    answer = await ask(office, answers={"plan": "maybe", "other": "1"})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/answers/hours",
        "/answers/plan",
        "/answers/other",
    }


async def test_only_accepted_petitions_of_an_entity_count_so_strangers_block_nobody(office: Office) -> None:
    await publish(office, rule={"per_entity": 1})
    first = (await ask(office, entity=COUNCILS[0])).json()
    second = (await ask(office, 2, entity=COUNCILS[0])).json()
    assert [found["findings"][0]["passed"] for found in (first, second)] == [True, True]
    one, two = await office.store.petitions.of_entity(COUNCILS[0])
    await decide(office, one.id, "accepted")
    third = (await ask(office, 3, entity=COUNCILS[0])).json()
    assert third["findings"][0]["passed"] is False
    assert len(await office.store.petitions.of_entity(COUNCILS[0])) == 3, "all are shown"
    assert (await petition(office, two.id)).state is S.RECEIVED


async def test_a_form_sent_twice_makes_one_petition(office: Office) -> None:
    offer = await office.use_cases.support.offers.get(await publish(office))
    entity = await office.use_cases.entities.find(COUNCILS[0])
    assert entity
    person = Person(name="Núria Puig", email="nuria@alamus.example")
    for _ in range(2):
        await office.use_cases.support.petitions.ask(offer, entity, person, {"hours": "1"}, "form")
    assert len(await office.store.petitions.of_offer(OFFER)) == 1


async def test_twenty_decisions_at_once_for_ten_places_give_ten(office: Office) -> None:
    await publish(office, places=10)
    ids = await asked(office, 20)
    act = office.use_cases.support.petitions.decide
    found = await asyncio.gather(*(act(API_CALLER, each, S.ACCEPTED, "") for each in ids), return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in found) == 10
    assert (await states(office)).count(S.ACCEPTED) == 10
    await assert_sound(office)


async def test_replicas_that_offer_accept_and_withdraw_at_once_never_exceed_the_places(
    office: Office, replica: Office
) -> None:
    await publish(office, places=3)
    ids = await asked(office, 8)
    await office.staff("POST", f"/offers/{OFFER}/select", {})
    offered = [each for each in ids if (await petition(office, each)).state is S.OFFERED]
    assert len(offered) == 3
    steps: list[Any] = [
        accept(office, offered[0]),
        accept(replica, offered[0], "Anna Vila"),
        accept(replica, offered[1]),
    ]
    steps += [withdraw(office, each) for each in offered] + [withdraw(replica, offered[2])]
    steps += [replica.use_cases.support.placing.recover()]
    await asyncio.gather(*steps, return_exceptions=True)
    await office.use_cases.support.placing.recover()
    await assert_sound(office)
    assert (await the_offer(office)).taken == 3, "the reserve came in"


async def test_whoever_follows_the_link_accepts_for_the_council_with_name_and_role(office: Office) -> None:
    await publish(office, places=1)
    (one,) = await asked(office, 1)
    with pytest.raises(NotOfferedProblem):
        await accept(office, one)
    await decide(office, one, "offered", "Enhorabona.")
    await accept(office, one)
    await accept(office, one, "Una altra persona")
    accepted = await petition(office, one)
    assert accepted.acceptance
    assert (accepted.state, accepted.acceptance.name) == (S.ACCEPTED, "Joan Pons")
    await assert_sound(office)


async def test_a_term_that_ends_while_somebody_accepts_lets_one_of_both_win(office: Office) -> None:
    await publish(office, places=1, offer_days=1)
    one, two = await asked(office, 2)
    await decide(office, one, "offered")
    await decide(office, two, "reserve")
    office.clock.move(days=1, minutes=1)
    found = await asyncio.gather(
        accept(office, one), office.use_cases.support.placing.recover(), return_exceptions=True
    )
    assert isinstance(found[0], OfferExpiredProblem | NotOfferedProblem)
    await office.use_cases.support.placing.recover()
    assert await states(office) == [S.DECLINED, S.OFFERED]
    assert (await petition(office, one)).acceptance is None
    await assert_sound(office)


async def test_a_place_given_back_goes_to_the_next_and_each_step_says_why(office: Office) -> None:
    await publish(office, places=1)
    one, two = await asked(office, 2)
    await decide(office, one, "accepted")
    await decide(office, two, "reserve", "Primera de la llista.")
    await withdraw(office, one)
    assert await states(office) == [S.WITHDRAWN, S.OFFERED]
    second = await petition(office, two)
    assert [(step.state, step.reason) for step in second.history] == [
        (S.RECEIVED, ""),
        (S.RESERVE, "Primera de la llista."),
        (S.OFFERED, ""),
    ]
    assert told(second) == ["contact-named", "petition-received", "petition-advanced", "petition-advanced"]


async def test_places_are_not_lowered_below_those_taken(office: Office) -> None:
    await publish(office, places=2)
    one, two = await asked(office, 2)
    await decide(office, one, "accepted")
    await decide(office, two, "accepted")
    terms = {"title": {"ca": "Pilot"}, "questions": await _questions(office)}
    await office.staff("PUT", f"/offers/{OFFER}", {**terms, "places": 1}, expect=409)
    await office.staff("PUT", f"/offers/{OFFER}", {**terms, "places": 2})


async def test_the_owner_is_the_body_of_the_province_and_the_office_once_the_body_is_gone(office: Office) -> None:
    await office.staff("PATCH", "/programmes/dijous", {"bodies": BODIES})
    await publish(office)
    await ask(office, entity=COUNCILS[0])
    await ask(office, 2, entity=COUNCILS[1])
    one, two = await office.store.petitions.of_offer(OFFER)
    assert (one.owner, two.owner) == ("lleida", "")
    await office.staff("POST", f"/petitions/{two.id}/assign", {"owner": "girona", "reason": "No."}, expect=422)
    await office.staff("POST", f"/petitions/{two.id}/assign", {"owner": "tarragona", "reason": "És vostra."})
    await office.staff("PATCH", "/programmes/dijous", {"bodies": BODIES[1:]})
    await office.use_cases.support.petitions.return_to_the_office()
    assert ((await petition(office, one.id)).owner, (await petition(office, two.id)).owner) == ("", "tarragona")
    assert told(await petition(office, one.id))[-1] == "petition-advanced"


async def test_a_body_sees_its_own_petitions_only(office: Office) -> None:
    await office.staff("PATCH", "/programmes/dijous", {"bodies": BODIES})
    await publish(office)
    await ask(office, entity=COUNCILS[0])
    await ask(office, 2, entity=COUNCILS[1])
    one, two = await office.store.petitions.of_offer(OFFER)
    lleida = StaffMember("m", "Marta", Role.EDITOR, body="lleida")
    acts: Petitions = office.use_cases.support.petitions
    assert [each.id for each in (await acts.listed(lleida, limit=10)).items] == [one.id]
    await acts.review(lleida, one.id)
    for forbidden in (acts.review(lleida, two.id), acts.get(two.id, lleida)):
        with pytest.raises(Exception, match="role"):
            await forbidden
    with pytest.raises(Exception, match="role"):
        await office.use_cases.support.selecting.select(lleida, OFFER, Wish())


async def test_an_answer_sent_twice_tells_once(office: Office) -> None:
    await publish(office)
    (one,) = await asked(office, 1)
    for _ in range(2):
        await office.staff("POST", f"/petitions/{one}/answer", {"text": "Parlem-ne dijous."})
    assert told(await petition(office, one)).count("petition-advanced") == 1


async def test_whoever_has_the_link_reads_the_petition_and_after_the_erasure_nothing(office: Office) -> None:
    await publish(office)
    (one,) = await asked(office, 1)
    found = await petition(office, one)
    shown = await office.api.get(f"/api/v1/petitions/{token(office, found)}")
    assert (shown.json()["state"], shown.json()["name"]) == ("received", "Persona 1")
    offer = await the_offer(office)
    erase = partial(petitions.erase_contact, questions=offer.questions, now=office.clock())
    await office.store.petitions.change(one, erase)
    assert (await office.api.get(f"/api/v1/petitions/{token(office, found)}")).status_code == 410
    assert (await petition(office, one)).entity == found.entity


@pytest.mark.parametrize("crash_at", range(15))
async def test_a_crash_between_any_two_writes_leaves_nothing_half_done(office: Office, crash_at: int) -> None:
    await publish(office, places=1)
    one, two, three = await asked(office, 3)
    await office.staff("POST", f"/offers/{OFFER}/select", {})  # the third has most hours
    await accept(office, three)
    crashing = crash_between_writes(office)
    crashing.restart(crash_at)
    try:
        await withdraw(office, three)
        await accept(office, two)
        await withdraw(office, two)
    except CrashedError:
        pass
    crashing.restart()
    await office.use_cases.support.placing.recover()
    await assert_sound(office)
    assert (await the_offer(office)).taken == 1
    assert one


async def test_an_entity_begins_with_its_accepted_petition_and_gives_the_place_back(office: Office) -> None:
    await publish(office, places=1)
    one, two = await asked(office, 2)
    accepted = office.use_cases.support.accepted
    assert await accepted.accepted(one) is None
    await decide(office, one, "accepted")
    await decide(office, two, "reserve")
    found = await accepted.accepted(one)
    assert found
    assert found.contact
    assert (found.entity, found.contact.email) == (COUNCILS[1], "persona1@alamus.example")
    for _ in range(2):
        await accepted.give_back(one)
    assert await states(office) == [S.WITHDRAWN, S.OFFERED]
    await assert_sound(office)


async def test_a_place_that_is_decided_and_not_carried_out_yet_counts_for_its_entity(office: Office) -> None:
    await publish(office, places=2, rule={"per_entity": 1})
    await asked(office, 2)
    store, selecting = crash_between_writes(office), office.use_cases.support.selecting
    store.restart(2)  # the selection's file and the offer are written
    with pytest.raises(CrashedError):
        await selecting.select(API_CALLER, OFFER, Wish(places=1))
    store.restart()
    await ask(office, 7)  # for the entity that has the place
    assert await states(office) == [S.RECEIVED] * 3
    [placed] = (await selecting.propose(OFFER, Wish())).placed
    assert (placed.state, placed.is_repeated) == (S.RESERVE, True)


async def test_who_takes_part_does_not_withdraw_the_petition_that_brought_it_in(office: Office) -> None:
    await office.staff("PATCH", "/programmes/dijous", {"phases": [{"key": "training", "text": {"ca": "Formació"}}]})
    await publish(office, places=1)
    one, two = await asked(office, 2)
    await decide(office, one, "accepted")
    await decide(office, two, "reserve")
    member = await office.staff("POST", "/memberships", {"programme": "dijous", "petition": one}, expect=201)
    with pytest.raises(TakesPartProblem):
        await withdraw(office, one)
    await decide(office, one, "withdrawn", "Ho demanen.", expect=409)
    page = await office.api.get(f"/petition/{token(office, await petition(office, one))}")
    assert "/withdraw" not in page.text
    assert await states(office) == [S.ACCEPTED, S.RESERVE]
    await office.staff("PATCH", f"/memberships/{member['id']}", {"state": "left"})
    assert await states(office) == [S.WITHDRAWN, S.OFFERED]


async def test_an_offer_of_a_programme_that_is_not_there_is_refused_at_its_field(office: Office) -> None:
    body = {"programme": "nowhere", "slug": "pilot", "title": {"ca": "Pilot"}}
    problem = await office.staff("POST", "/offers", body, expect=422)
    assert [error["pointer"] for error in problem["errors"]] == ["/programme"]
