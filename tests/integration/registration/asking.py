"""An offer and councils that ask under it, as tests need them."""

from datetime import timedelta
from typing import Any

import httpx

from services.registration.offers.domain import Offer
from services.registration.petitions.domain import Petition
from shared.events.vocabulary import PetitionState
from shared.security.links import LinkPurpose
from tests.integration.registration.conftest import Office

OFFER = "dijous:pilot"
COUNCILS = ("2500450006", "0800180001", "0800230008", "4300170005", "4300220002")
"""Els Alamús (Lleida), Abrera, Aguilar de Segarra (Barcelona); Aiguamúrcia, Albinyana (Tarragona)."""
QUESTIONS = [
    {"key": "hours", "text": {"ca": "Hores de dedicació"}, "kind": "number", "weight": 6, "required": True},
    {"key": "plan", "text": {"ca": "Teniu pla de participació?"}, "kind": "yes_no", "weight": 2},
    {"key": "why", "text": {"ca": "Per què ho voleu?"}, "kind": "text"},
]


async def publish(office: Office, **terms: Any) -> str:
    """The id of an offer."""
    body = {
        "programme": "dijous",
        "slug": "pilot",
        "title": {"ca": "Pilot de Decidim"},
        "questions": QUESTIONS,
        **terms,
    }
    return str((await office.staff("POST", "/offers", body, expect=201))["id"])


async def ask(office: Office, number: int = 1, *, offer: str = OFFER, **given: Any) -> httpx.Response:
    """A council asks, by the API."""
    body = {
        "name": f"Persona {number}",
        "email": f"persona{number}@alamus.example",
        "entity": COUNCILS[number % len(COUNCILS)],
        "role": "Secretària",
        "consent": True,
        "answers": {"hours": str(number)},
        **given,
    }
    return await office.api.post(f"/api/v1/offers/{offer}/petitions", json=body)


async def asked(office: Office, count: int, *, offer: str = OFFER) -> list[str]:
    """The ids of so many petitions, in the order of arrival."""
    for number in range(1, count + 1):
        answer = await ask(office, number, offer=offer)
        assert answer.status_code == 202, answer.text
    return [petition.id for petition in await office.store.petitions.of_offer(offer)]


async def petition(office: Office, petition_id: str) -> Petition:
    found = await office.store.petitions.get(petition_id)
    assert found
    return found


async def the_offer(office: Office, offer_id: str = OFFER) -> Offer:
    found = await office.store.offers.get(offer_id)
    assert found
    return found


async def states(office: Office, offer: str = OFFER) -> list[PetitionState]:
    """In the order of arrival."""
    return [petition.state for petition in await office.store.petitions.of_offer(offer)]


def token(office: Office, petition: Petition) -> str:
    return office.links.token(LinkPurpose.PETITION, petition.contact.id, office.clock() + timedelta(days=100))


async def decide(office: Office, petition_id: str, state: str, reason: str = "", *, expect: int = 200) -> Any:
    body = {"state": state, "reason": reason}
    return await office.staff("POST", f"/petitions/{petition_id}/decide", body, expect=expect)


async def accept(office: Office, petition_id: str, name: str = "Joan Pons") -> None:
    await office.use_cases.support.petitions.accept(await petition(office, petition_id), name, "Alcalde")


async def assert_sound(office: Office, offer_id: str = OFFER) -> None:
    """What holds whenever nothing is half done: the places, and that offer and petitions say the same."""
    offer = await the_offer(office, offer_id)
    found = await office.store.petitions.of_offer(offer_id)
    holding = [each for each in found if each.state in (PetitionState.OFFERED, PetitionState.ACCEPTED)]
    assert offer.places is None or len(holding) <= offer.places
    assert not offer.unsettled
    assert not any(each.unsettled for each in found)
    told = {key: verdict.state for key, verdict in offer.verdicts.items()}
    placed = (PetitionState.OFFERED, PetitionState.ACCEPTED, PetitionState.RESERVE)
    assert {each.id: each.state for each in found if each.state in placed} == {
        key: state for key, state in told.items() if state in placed
    }
    if offer.free > 0 and offer.places is not None:
        assert not offer.reserve or offer.taken < offer.places


async def withdraw(office: Office, petition_id: str) -> None:
    await office.use_cases.support.petitions.withdraw(await petition(office, petition_id))
