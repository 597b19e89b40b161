"""Selecting among the petitions of an offer, with the real store: in order, once, whatever happens meanwhile."""

import asyncio
from functools import partial

from services.registration.offers import domain as offers
from services.registration.petitions import domain as petitions
from services.registration.petitions.selecting import NothingToSelectProblem, SelectionChangedProblem, Wish
from shared.events.vocabulary import PetitionState
from shared.staff import API_CALLER
from tests.integration.registration.asking import (
    OFFER,
    asked,
    assert_sound,
    petition,
    publish,
    states,
    the_offer,
    withdraw,
)
from tests.integration.registration.conftest import Office

S = PetitionState


async def test_a_selection_offers_the_first_and_puts_the_others_in_order(office: Office) -> None:
    await publish(office, places=2)
    ids = await asked(office, 4)
    shown = await office.staff("POST", f"/offers/{OFFER}/select?dry_run=true", {"left_out": {ids[3]: "Fora."}})
    assert set(await states(office)) == {S.RECEIVED}, "only shown"
    wish = {"left_out": {ids[3]: "Fora."}, "reasons": {ids[0]: "Menys hores."}, "digest": shown["digest"]}
    await office.staff("POST", f"/offers/{OFFER}/select", wish, expect=409)
    del wish["digest"]
    await office.staff("POST", f"/offers/{OFFER}/select", wish)
    assert await states(office) == [S.RESERVE, S.OFFERED, S.OFFERED, S.DECLINED]
    assert [(await petition(office, each)).reason for each in ids] == ["Menys hores.", "", "", "Fora."]
    selection = await office.use_cases.support.offers.selection(await the_offer(office))
    assert selection
    assert [each["outcome"] for each in selection.file["petitions"]] == ["offered", "offered", "reserve", "declined"]
    await assert_sound(office)


async def test_what_changed_since_a_selection_was_shown_is_not_decided(office: Office) -> None:
    await publish(office, places=2)
    ids = await asked(office, 3)
    shown = await office.staff("POST", f"/offers/{OFFER}/select?dry_run=true", {})
    await withdraw(office, ids[2])
    await office.staff("POST", f"/offers/{OFFER}/select", {"digest": shown["digest"]}, expect=409)
    assert set(await states(office)) == {S.RECEIVED, S.WITHDRAWN}


async def test_a_selection_sent_again_after_a_crash_decides_nothing_otherwise(office: Office) -> None:
    await publish(office, places=1)
    ids = await asked(office, 3)
    proposed = await office.use_cases.support.selecting.propose(OFFER, Wish(left_out={ids[0]: "Fora."}))
    select = partial(offers.select, selection_id="s", verdicts=proposed.verdicts(), by="Anna", now=office.clock())
    await office.store.offers.change(OFFER, select)  # stored, and not yet carried out
    await office.staff("POST", f"/offers/{OFFER}/select", {}, expect=409)
    await office.use_cases.support.placing.recover()
    assert await states(office) == [S.DECLINED, S.RESERVE, S.OFFERED]
    assert (await the_offer(office)).selection == "s"


async def test_of_two_selections_at_once_one_is_decided(office: Office, replica: Office) -> None:
    await publish(office, places=1)
    ids = await asked(office, 3)
    one = office.use_cases.support.selecting.select(API_CALLER, OFFER, Wish(left_out={ids[2]: "Fora."}))
    other = replica.use_cases.support.selecting.select(API_CALLER, OFFER, Wish(left_out={ids[0]: "Fora."}))
    found = await asyncio.gather(one, other, return_exceptions=True)
    assert sum(isinstance(each, SelectionChangedProblem | NothingToSelectProblem) for each in found) == 1
    assert sorted(await states(office)) == sorted([S.OFFERED, S.RESERVE, S.DECLINED])
    await assert_sound(office)


async def test_who_withdraws_while_being_selected_leaves_the_place_to_the_next(office: Office) -> None:
    await publish(office, places=1)
    one, two = await asked(office, 2)
    proposed = await office.use_cases.support.selecting.propose(OFFER, Wish())
    change = office.store.offers.change
    select = partial(offers.select, selection_id="s", verdicts=proposed.verdicts(), by="Anna", now=office.clock())
    await change(OFFER, select)  # stored, and not yet carried out
    await office.store.petitions.change(two, partial(petitions.withdraw, reason="", by="", now=office.clock()))
    await office.use_cases.support.placing.recover()
    assert await states(office) == [S.OFFERED, S.WITHDRAWN]
    await assert_sound(office)
    assert one


async def test_who_is_answered_while_being_selected_leaves_the_place_to_the_next(office: Office) -> None:
    await publish(office, places=1)
    _, two = await asked(office, 2)
    proposed = await office.use_cases.support.selecting.propose(OFFER, Wish())
    select = partial(offers.select, selection_id="s", verdicts=proposed.verdicts(), by="Anna", now=office.clock())
    await office.store.offers.change(OFFER, select)  # stored, and not yet carried out
    await office.staff("POST", f"/petitions/{two}/answer", {"text": "Ja teniu el que demanàveu."})
    await office.use_cases.support.placing.recover()
    assert await states(office) == [S.OFFERED, S.ANSWERED]
    await assert_sound(office)
