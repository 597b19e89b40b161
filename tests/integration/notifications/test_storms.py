"""A storm of refusals is no fault of the people: it stops what it concerns, nothing is lost, all go out afterwards."""

from datetime import timedelta

import pytest

from services.notifications.deliveries.domain import DeliveryKind, DeliveryState
from services.notifications.preferences.store import SUPPRESSIONS
from services.notifications.sending.sender import Sender
from tests.integration.notifications.mailroom import Mailroom, person
from tests.support.mails import delivery_of, make_registration
from tests.support.probes import eventually

PEOPLE = 40
UNKNOWN = "550 5.1.1 user unknown"


async def know(mailroom: Mailroom, *domains: str, people: int = PEOPLE) -> None:
    """People with a confirmation due, their addresses in turn at these domains."""
    await mailroom.know()
    for number in range(people):
        address = f"p{number}@{domains[number % len(domains)]}"
        await mailroom.store.known.registrations.apply(make_registration(id=person(number), email=address))
    await mailroom.due(people=people)


async def go_on(mailroom: Mailroom, sender: Sender, *, times: int = 5) -> None:
    for _ in range(times):
        mailroom.now += timedelta(minutes=1)
        await mailroom.send(sender)


async def states(mailroom: Mailroom) -> set[DeliveryState]:
    made = [await mailroom.delivery(f"{DeliveryKind.CONFIRMATION}:{number}") for number in range(PEOPLE)]
    return {delivery.state for delivery in made}


async def suppressed(mailroom: Mailroom) -> list[str]:
    return sorted(each["address"] for each in await mailroom.store.documents.find(SUPPRESSIONS) if each["address"])


@pytest.mark.parametrize("domains", [("a.example",), tuple(f"d{number}.example" for number in range(20))])
async def test_a_storm_of_unknown_users_suppresses_nobody_and_all_mails_go_out_after_the_repair(
    mailroom: Mailroom, domains: tuple[str, ...]
) -> None:
    await know(mailroom, *domains)
    mailroom.smtp.answer("RCPT", UNKNOWN)
    sender = mailroom.sender()
    await go_on(mailroom, sender)
    assert UNKNOWN in sender.trouble
    assert await suppressed(mailroom) == []
    assert await states(mailroom) <= {DeliveryState.DUE, DeliveryState.DEFERRED}
    mailroom.smtp.answer_normally()

    async def all_arrived() -> None:
        await go_on(mailroom, sender, times=1)
        assert len(mailroom.arrived()) == PEOPLE

    await eventually(all_arrived)
    assert sender.trouble == ""
    assert await states(mailroom) == {DeliveryState.SENT}


async def test_a_mail_skipped_in_a_storm_goes_out_after_it(mailroom: Mailroom) -> None:
    await know(mailroom, "a.example", people=1)
    mailroom.smtp.answer("RCPT", UNKNOWN)
    sender = mailroom.sender()
    await mailroom.send(sender)
    assert await suppressed(mailroom) == ["p0@a.example"]
    news = delivery_of(DeliveryKind.MATERIALS, id="news", recipient_id=person(0))
    await mailroom.store.deliveries.add([news])
    await mailroom.send(sender)
    assert await mailroom.state("news") == (DeliveryState.SKIPPED, "address bounced")
    for number in range(1, PEOPLE):
        await mailroom.store.known.registrations.apply(
            make_registration(id=person(number), email=f"p{number}@a.example")
        )
    await mailroom.due(people=PEOPLE)
    await go_on(mailroom, sender)
    mailroom.smtp.answer_normally()

    async def all_arrived() -> None:
        await go_on(mailroom, sender, times=1)
        assert len(mailroom.arrived()) == PEOPLE + 1

    await eventually(all_arrived)


async def test_a_domain_that_refuses_us_delays_no_other(mailroom: Mailroom) -> None:
    await know(mailroom, "a.example", "b.example")
    for number in range(0, PEOPLE, 2):
        mailroom.smtp.answer("RCPT", "550 5.7.1 blocked", address=f"p{number}@a.example")
    sender = mailroom.sender(fault_pause=(600.0, 600.0))
    await mailroom.send(sender)
    assert mailroom.arrived() == sorted(f"p{number}@b.example" for number in range(1, PEOPLE, 2))
    assert sender.trouble == "mails to a.example wait, it says RCPT: 550 5.7.1 blocked"
    assert await suppressed(mailroom) == []


async def test_who_is_unknown_among_others_is_suppressed_at_once(mailroom: Mailroom) -> None:
    await know(mailroom, "a.example")
    mailroom.smtp.answer("RCPT", UNKNOWN, address="p3@a.example")
    await mailroom.send()
    assert await suppressed(mailroom) == ["p3@a.example"]
    assert len(mailroom.arrived()) == PEOPLE - 1


@pytest.mark.parametrize("accepts_others", [True, False])
async def test_an_address_that_is_refused_again_and_again_is_suppressed_while_its_domain_accepts_others(
    mailroom: Mailroom, accepts_others: bool
) -> None:
    await know(mailroom, "a.example", people=2)
    refused = ["p0@a.example"] if accepts_others else ["p0@a.example", "p1@a.example"]
    for address in refused:
        mailroom.smtp.answer("RCPT", "550 5.7.1 not for you", address=address)
    sender = mailroom.sender()
    for number in range(6):
        other = delivery_of(DeliveryKind.MATERIALS, id=f"m{number}", recipient_id=person(1))
        await mailroom.store.deliveries.add([other])
        await mailroom.send(sender)
        mailroom.now += timedelta(hours=3)
    assert await suppressed(mailroom) == (["p0@a.example"] if accepts_others else [])
