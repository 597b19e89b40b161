"""What the server refuses because of the address or the mail itself: tried again, given up, or never tried again."""

from datetime import timedelta

from services.notifications.deliveries.domain import DeliveryKind, DeliveryState, message_id
from shared.events.vocabulary import RegistrationStatus
from tests.integration.notifications.mailroom import Mailroom, person
from tests.support.mails import (
    DOMAIN,
    NOW,
    SESSION,
    delivery_of,
    make_registration,
)

MINUTE = timedelta(minutes=1)


async def test_a_refused_address_bounces_and_gets_nothing_more(mailroom: Mailroom) -> None:
    await mailroom.know(people=2)
    mailroom.smtp.answer("RCPT", "550 5.1.1 no such user", address="p0@x.example")
    refused, accepted = await mailroom.due(people=2)
    await mailroom.send()
    state, reason = await mailroom.state(refused)
    assert (state, "550" in reason) == (DeliveryState.BOUNCED, True)
    assert (await mailroom.state(accepted))[0] is DeliveryState.SENT
    mailroom.smtp.answer_normally()
    (again, _) = await mailroom.due(DeliveryKind.REGISTRATION_CANCELLED, people=2)
    await mailroom.store.known.registrations.apply(
        make_registration(id=person(0), email="p0@x.example", seen=2, status=RegistrationStatus.CANCELLED),
    )
    await mailroom.send()
    assert await mailroom.state(again) == (DeliveryState.SKIPPED, "address bounced")


async def test_a_bounce_is_told_once_without_the_address_until_it_is_lifted(mailroom: Mailroom) -> None:
    await mailroom.know()
    mailroom.smtp.answer("RCPT", "550 5.1.1 no such user", address="p0@x.example")
    (refused,) = await mailroom.due()
    await mailroom.send()
    (told,) = await mailroom.told()
    assert (told["headers"]["ce-type"], told["stream"]) == ("dijous.people.mail-bounced.v1", "DIJOUS_PEOPLE")
    data = {name: told["data"][name] for name in ("kind", "subject_id", "recipient_id")}
    assert data == {"kind": "confirmation", "subject_id": SESSION, "recipient_id": person(0)}
    assert "x.example" not in str(told)
    await mailroom.store.suppressions.bounce("p0@x.example", await mailroom.delivery(refused), NOW + MINUTE)
    assert await mailroom.told() == [told], "as after a crash between the two writes"
    assert await mailroom.store.suppressions.lift(told["data"]["suppression_id"])
    assert not await mailroom.store.suppressions.lift(told["data"]["suppression_id"])
    assert await mailroom.store.deliveries.make_due_again(refused, NOW)
    await mailroom.send()
    assert [
        (event["headers"]["ce-type"].split(".")[2], event["data"]["version"]) for event in await mailroom.told()
    ] == [
        ("mail-bounced", 1),
        ("bounce-lifted", 2),
        ("mail-bounced", 3),
    ]
    assert len({event["data"]["suppression_id"] for event in await mailroom.told()}) == 1


async def test_a_temporary_refusal_is_tried_again_later_and_later_until_it_is_given_up(mailroom: Mailroom) -> None:
    await mailroom.know()
    mailroom.smtp.answer("RCPT", "450 4.2.1 later")
    (delivery,) = await mailroom.due()
    sender = mailroom.sender()
    waits = []
    while (await mailroom.delivery(delivery)).open:
        await mailroom.send(sender)
        after = await mailroom.delivery(delivery)
        if after.state is DeliveryState.DEFERRED:
            assert after.next_try_at is not None
            waits.append(after.next_try_at - mailroom.now)
            mailroom.now = after.next_try_at
    for wait, minutes in zip(waits, (1, 5, 30, 120, 120), strict=False):
        assert 0.8 * minutes * MINUTE <= wait <= 1.2 * minutes * MINUTE
    state, reason = await mailroom.state(delivery)
    assert state is DeliveryState.FAILED
    assert reason.startswith("given up: RCPT: 450")
    assert timedelta(days=3) < mailroom.now - NOW < timedelta(days=3, hours=3)


async def test_a_deferred_mail_is_the_same_mail_at_the_next_try(mailroom: Mailroom) -> None:
    await mailroom.know()
    mailroom.smtp.answer("ACCEPTED", "451 4.3.0 sorry, what did you say?")  # taken, but the answer says otherwise
    (delivery,) = await mailroom.due()
    sender = mailroom.sender()
    await mailroom.send(sender)
    mailroom.smtp.answer("ACCEPTED")
    mailroom.now += 2 * MINUTE
    await mailroom.send(sender)
    first, second = mailroom.smtp.mails()
    assert first.message_id == second.message_id == message_id(await mailroom.delivery(delivery), DOMAIN)
    assert first.message["Date"] == second.message["Date"]


async def test_what_the_office_sends_once_more_is_a_new_mail_and_its_next_try_the_same(mailroom: Mailroom) -> None:
    await mailroom.know()
    (delivery,) = await mailroom.due()
    sender = mailroom.sender()
    await mailroom.send(sender)
    mailroom.now += timedelta(days=10)
    resent_at = mailroom.now
    assert await mailroom.store.deliveries.make_due_again(delivery, resent_at)
    mailroom.smtp.answer("ACCEPTED", "451 4.3.0 sorry, what did you say?")
    await mailroom.send(sender)
    mailroom.smtp.answer("ACCEPTED")
    mailroom.now += 2 * MINUTE
    await mailroom.send(sender)
    first, again, next_try = mailroom.smtp.mails()
    assert len({first.message_id, again.message_id}) == 2
    assert next_try.message_id == again.message_id
    assert [mail.message["Date"].datetime for mail in (first, again, next_try)] == [NOW, resent_at, resent_at]


async def test_what_the_office_sends_once_more_is_tried_as_long_as_a_new_mail(mailroom: Mailroom) -> None:
    await mailroom.know()
    mailroom.smtp.answer("RCPT", "451 4.7.1 greylisted")
    days_ago = NOW - timedelta(days=30)
    again = delivery_of(DeliveryKind.MATERIALS, id="again", recipient_id=person(0), due_at=days_ago, resent_at=NOW)
    await mailroom.store.deliveries.add([again])
    await mailroom.send()
    assert (await mailroom.state("again"))[0] is DeliveryState.DEFERRED
