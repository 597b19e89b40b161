"""What the contact of a petition and the mailbox of whoever answers it are told, in any order."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.notifications.deliveries.domain import DeliveryKind
from shared import ids
from shared.events.registration import Body
from shared.events.support import (
    ContactErased,
    ContactNamed,
    Finding,
    OfferPublished,
    PetitionAdvanced,
    PetitionReceived,
)
from shared.events.vocabulary import ContactSubject, Language, PetitionState
from tests.integration.notifications.house import NOW, PROGRAMME, House, programme_defined

OFFER = f"{PROGRAMME}:pilot"
PETITION, ANNA = ids.encode(b"petition.."), ids.encode(b"anna".ljust(16, b"."))
UNTIL = NOW + timedelta(days=14)
BODIES = [Body(key="lleida", name="Diputació de Lleida", mailbox="ajuda@lleida.example", provinces=["Lleida"])]


def office() -> Any:
    return programme_defined(reply_to="oficina@consorci.example", bodies=BODIES)


def offer() -> OfferPublished:
    return OfferPublished(version=1, offer_id=OFFER, programme=PROGRAMME, title={Language.CA: "Pilot de Decidim"})


def petition(state: PetitionState = PetitionState.RECEIVED, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "petition_id": PETITION,
        "offer_id": OFFER,
        "programme": PROGRAMME,
        "entity": "2500450006",
        "state": state,
    }
    return {**values, **changes}


def received(**changes: Any) -> PetitionReceived:
    found = [Finding(passed=False, text={Language.CA: "És només per a Tarragona."})]
    return PetitionReceived(version=1, **petition(**changes), findings=found)


def advanced(
    state: PetitionState, step: int = 1, version: int = 2, until: datetime | None = None, **changes: Any
) -> PetitionAdvanced:
    return PetitionAdvanced(version=version, offered_until=until, **petition(state, step=step, **changes))


def named() -> ContactNamed:
    return ContactNamed(
        version=1,
        contact_id=ANNA,
        about=ContactSubject.PETITION,
        about_id=PETITION,
        programme=PROGRAMME,
        entity="2500450006",
        entity_name="Ajuntament dels Alamús",
        name="Anna",
        email="anna@alamus.example",
        language=Language.CA,
    )


async def ready(house: House) -> dict[str, str]:
    """Addresses by kind of the mails that would be sent now."""
    open_ones = [each for each in await house.deliveries() if each["open"]]
    batch = await house.loader().load(open_ones, house.clock.now)
    return {mail.delivery.kind.value: mail.recipient.email for mail in batch.ready}


async def skipped(house: House) -> set[str]:
    open_ones = [each for each in await house.deliveries() if each["open"]]
    return set((await house.loader().load(open_ones, house.clock.now)).skipped)


async def test_the_contact_and_the_mailbox_are_told_of_what_was_received(house: House) -> None:
    await house.hear(office(), offer(), received(), named(), received(), named())
    assert await ready(house) == {
        "petition_received": "anna@alamus.example",
        "petition_assigned": "oficina@consorci.example",
    }
    known = await house.store.known.petitions.get(PETITION)
    assert known
    assert [finding.passed for finding in known.findings] == [False]


async def test_no_mail_leaves_without_what_was_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if another worker sent it before the rest of the event is handled."""

    async def not_yet(*_: object) -> bool:
        return False

    monkeypatch.setattr(house.store.known.petitions, "apply_part", not_yet)
    await house.hear(office(), offer(), named(), received())
    open_ones = [each for each in await house.deliveries() if each["open"]]
    batch = await house.loader().load(open_ones, house.clock.now)
    [mail] = [each for each in batch.ready if each.delivery.kind is DeliveryKind.PETITION_RECEIVED]
    assert mail.context.petition
    assert [finding.passed for finding in mail.context.petition.findings] == [False]


async def test_news_reach_the_contact_in_any_order(house: House) -> None:
    events = [offer(), received(), named(), advanced(PetitionState.OFFERED, until=UNTIL)]
    for number, order in enumerate(permutations(events)):
        if number % 5 == 0:
            await house.hear(*order)
    await house.hear(office())
    assert sorted(await ready(house)) == ["petition_offered", "petition_received"]
    known = await house.store.known.petitions.get(PETITION)
    assert known
    assert (known.state, known.offered_until, len(known.findings)) == (PetitionState.OFFERED, UNTIL, 1)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (PetitionState.OFFERED, "petition_offered"),
        (PetitionState.ACCEPTED, "petition_accepted"),
        (PetitionState.RESERVE, "petition_reserve"),
        (PetitionState.DECLINED, "petition_declined"),
        (PetitionState.ANSWERED, "petition_answered"),
        (PetitionState.UNDER_REVIEW, ""),
        (PetitionState.WITHDRAWN, ""),
    ],
)
async def test_each_step_is_told_once_and_some_to_nobody(house: House, state: PetitionState, kind: str) -> None:
    await house.hear(office(), offer(), received(), named())
    await house.hear(advanced(state), advanced(state))
    told = [each["kind"] for each in await house.deliveries() if each["recipient_id"] == ANNA]
    assert sorted(told) == sorted(["petition_received", *([kind] if kind else [])])


async def test_a_step_that_another_one_has_overtaken_is_not_told(house: House) -> None:
    await house.hear(office(), offer(), received(), named(), advanced(PetitionState.RESERVE))
    await house.hear(advanced(PetitionState.OFFERED, 2, 3))
    assert await skipped(house) == {"petition offered"}
    assert "petition_reserve" not in await ready(house)


async def test_passing_on_tells_the_body_and_neither_the_contact_nor_the_office_again(house: House) -> None:
    await house.hear(office(), offer(), received(), named(), advanced(PetitionState.ACCEPTED))
    before = len(await house.deliveries("petition_accepted"))
    moved = advanced(PetitionState.ACCEPTED, 1, 3, owner="lleida", handovers=1)
    await house.hear(moved, moved)
    assert len(await house.deliveries("petition_accepted")) == before == 1
    told = [each["recipient_id"] for each in await house.deliveries("petition_assigned")]
    assert sorted(told) == [f"{PROGRAMME}:", f"{PROGRAMME}:lleida"]


async def test_the_body_of_the_province_gets_the_link_at_its_mailbox(house: House) -> None:
    await house.hear(office(), offer(), received(owner="lleida"))
    assert await ready(house) == {"petition_assigned": "ajuda@lleida.example"}


async def test_where_there_is_no_mailbox_nobody_is_written_to(house: House) -> None:
    await house.hear(programme_defined(), offer(), received())
    assert await ready(house) == {}
    assert await skipped(house) == {"recipient unknown"}


async def test_an_erased_contact_is_told_nothing_more_and_the_petition_goes_on(house: House) -> None:
    await house.hear(office(), offer(), received(), named())
    erased = ContactErased(version=2, contact_id=ANNA, about=ContactSubject.PETITION, about_id=PETITION, generation=1)
    await house.hear(erased, advanced(PetitionState.ACCEPTED, 1, 3))
    assert "anna@alamus.example" not in str(await house.raw.find("contacts"))
    assert await house.recipients("petition_accepted") == []
    known = await house.store.known.petitions.get(PETITION)
    assert known
    assert known.state is PetitionState.ACCEPTED


async def test_a_mail_waits_until_its_offer_and_programme_are_known(house: House) -> None:
    await house.hear(received(), named())
    assert await ready(house) == {}
    await house.hear(office())
    await house.hear(offer())
    assert "petition_received" in await ready(house)
