"""Our own trouble ends no mail and blames no address: all wait, readiness says why, and all go out after the repair."""

import asyncio
import errno
import os
import threading
from datetime import timedelta
from typing import Any

import pytest

from services.notifications.deliveries.domain import DeliveryKind, DeliveryState
from services.notifications.preferences.store import SUPPRESSIONS
from services.notifications.sending.sender import Sender
from services.notifications.sending.state import SENDING_STATES
from services.notifications.usecases import Stores
from tests.integration.notifications.mailroom import Mailroom, person
from tests.support.mails import NOW, delivery_of
from tests.support.probes import eventually

PEOPLE = 20
ADDRESSES = sorted(f"p{number}@x.example" for number in range(PEOPLE))
WAITING = {DeliveryState.DUE, DeliveryState.DEFERRED}


async def all_arrive(mailroom: Mailroom, sender: Sender) -> None:
    """Send, as the loop does, until everybody has their mail."""

    async def check() -> None:
        mailroom.now += timedelta(minutes=1)
        await mailroom.send(sender)
        assert mailroom.arrived() == ADDRESSES

    await eventually(check)


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("RCPT", "550 relay not permitted"),
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("RCPT", "550 5.4.5 Daily sending limit exceeded"),
        ("RCPT", "550 blocked"),
        ("RCPT", "550 Requested action not taken: mailbox unavailable"),
        ("MAIL", "530 5.7.57 Client not authenticated to send mail"),
        ("DATA", "550 5.4.5 quota exceeded"),
        ("DATA", "554 5.7.1 message rejected"),
    ],
)
async def test_a_relay_that_refuses_us_ends_no_mail_and_suppresses_nobody(
    mailroom: Mailroom, step: str, reply: str
) -> None:
    await mailroom.know(people=PEOPLE)
    made = await mailroom.due(people=PEOPLE)
    mailroom.smtp.answer(step, reply)
    sender = mailroom.sender(per_day=2 * PEOPLE)

    async def every_mail_was_tried() -> None:
        mailroom.now += timedelta(seconds=1)
        await mailroom.send(sender)
        deliveries = [await mailroom.delivery(each) for each in made]
        assert {delivery.state for delivery in deliveries} <= WAITING
        assert {delivery.reason.partition(": ")[2] for delivery in deliveries} == {reply}
        assert sum(delivery.tries for delivery in deliveries) <= 2, "those that came before it was known as our fault"

    await eventually(every_mail_was_tried)
    assert reply in sender.trouble
    mailroom.smtp.answer_normally()
    await all_arrive(mailroom, sender)
    assert sender.trouble == ""
    assert await mailroom.store.documents.find(SUPPRESSIONS) == []


async def test_sending_pauses_as_soon_as_the_relay_refuses_us(mailroom: Mailroom) -> None:
    await mailroom.know(people=PEOPLE)
    made = await mailroom.due(people=PEOPLE)
    mailroom.smtp.answer("MAIL", "550 5.7.1 who are you")
    sender = mailroom.sender(connections=1, fault_pause=(600.0, 600.0))
    await mailroom.send(sender)
    assert await sender.step() is False
    deliveries = [await mailroom.delivery(each) for each in made]
    assert {(delivery.state in WAITING, delivery.tries) for delivery in deliveries} == {(True, 0)}
    assert mailroom.arrived() == []


async def test_every_replica_and_the_office_know_that_mails_wait_until_they_go_out(mailroom: Mailroom) -> None:
    async def told() -> list[tuple[bool, str]]:
        (state,) = await mailroom.store.documents.find(SENDING_STATES)
        return [(event["data"]["pauses"], event["data"]["since"]) for event in state["outbox"]]

    other = Stores.over(mailroom.store.documents, secret="s" * 40, clock=mailroom.clock).sending
    await mailroom.know(people=PEOPLE)
    await mailroom.due(people=PEOPLE)
    mailroom.smtp.answer("MAIL", "550 5.7.1 who are you")
    sender = mailroom.sender()
    await mailroom.send(sender)
    assert "who are you" in await other.trouble()
    paused = (True, "2024-04-20T08:00:00Z")
    assert await told() == [paused]
    mailroom.smtp.answer_normally()
    await all_arrive(mailroom, sender)
    assert await other.trouble() == ""
    assert [pauses for pauses, _ in await told()] == [True, False]


async def test_a_replica_that_finds_nothing_to_send_ends_the_trouble_of_one_before(mailroom: Mailroom) -> None:
    await mailroom.store.sending.note("550 5.7.1 who are you")
    await mailroom.send()
    assert await mailroom.store.sending.trouble() == ""


async def test_a_refusal_that_may_be_ours_is_told_before_others_are_refused(mailroom: Mailroom) -> None:
    await mailroom.know()
    await mailroom.due()
    mailroom.smtp.answer("RCPT", "550 relay not permitted")
    sender = mailroom.sender()
    await mailroom.send(sender)
    assert sender.trouble == "RCPT: 550 relay not permitted"
    assert await mailroom.store.documents.find(SUPPRESSIONS) == []


async def test_who_is_unknown_is_suppressed_while_the_relay_refuses_others(mailroom: Mailroom) -> None:
    await mailroom.know(people=PEOPLE)
    unknown, *others = await mailroom.due(people=PEOPLE)
    mailroom.smtp.answer("RCPT", "550 relay not permitted")
    mailroom.smtp.answer("RCPT", "550 user unknown", address="p0@x.example")
    await mailroom.send()
    assert (await mailroom.state(unknown))[0] is DeliveryState.BOUNCED
    assert {(await mailroom.state(each))[0] for each in others} <= WAITING
    (suppressed,) = await mailroom.store.documents.find(SUPPRESSIONS)
    assert suppressed["address"] == "p0@x.example"


@pytest.mark.parametrize(
    ("step", "reply"), [("DATA", "554 5.6.0 this is spam"), ("RCPT", "550 5.7.1 not from outside")]
)
async def test_one_odd_mail_delays_nobody(mailroom: Mailroom, step: str, reply: str) -> None:
    await mailroom.know(people=PEOPLE)
    odd, *others = await mailroom.due(people=PEOPLE)
    mailroom.smtp.answer(step, reply, address="p0@x.example")
    sender = mailroom.sender(connections=1, fault_pause=(600.0, 600.0))
    await mailroom.send(sender)
    assert {(await mailroom.state(each))[0] for each in others} == {DeliveryState.SENT}
    assert (await mailroom.delivery(odd)).state is DeliveryState.DEFERRED
    assert sender.trouble == ""


async def test_a_mail_whose_content_is_refused_again_and_again_fails_with_the_reason(mailroom: Mailroom) -> None:
    await mailroom.know(people=2)
    mailroom.smtp.answer("DATA", "554 5.6.0 this is spam", address="p0@x.example")
    odd, _ = await mailroom.due(people=2)
    sender = mailroom.sender(fault_pause=(600.0, 600.0))
    tries = 0
    while (await mailroom.delivery(odd)).open:
        await mailroom.send(sender)
        tries += 1
        mailroom.now += timedelta(hours=3)
    assert await mailroom.state(odd) == (DeliveryState.FAILED, "content: 554 5.6.0 this is spam")
    assert tries == 5
    assert await mailroom.store.documents.find(SUPPRESSIONS) == []


async def test_refused_mails_let_the_others_be_tried_first_the_next_time(mailroom: Mailroom) -> None:
    await mailroom.know(people=PEOPLE)
    mailroom.smtp.answer("DATA", "554 5.6.0 this is spam", delay=0.05)
    mailroom.smtp.answer("DATA", address="p9@x.example")
    *refused, accepted = await mailroom.due(people=10)
    sender = mailroom.sender(connections=1)

    async def the_last_one_is_sent() -> None:
        mailroom.now += timedelta(seconds=1)
        await mailroom.send(sender)
        assert (await mailroom.state(accepted))[0] is DeliveryState.SENT

    await eventually(the_last_one_is_sent)
    assert {(await mailroom.state(each))[0] for each in refused} <= WAITING


async def test_while_the_relay_is_away_mails_stay_due_and_go_out_when_it_is_back(mailroom: Mailroom) -> None:
    await mailroom.know(people=PEOPLE)
    made = await mailroom.due(people=PEOPLE)
    mailroom.smtp.kill()
    sender = mailroom.sender(per_day=PEOPLE)
    for _ in range(3):
        await mailroom.send(sender)
    assert "refused" in sender.trouble
    assert {await mailroom.state(each) for each in made} == {(DeliveryState.DUE, "")}
    await mailroom.smtp.start()
    await all_arrive(mailroom, sender)
    assert sender.trouble == ""
    assert {(await mailroom.delivery(each)).tries for each in made} == {0}


@pytest.mark.parametrize("error", [OSError(errno.EMFILE, os.strerror(errno.EMFILE)), MemoryError()])
async def test_mails_that_we_cannot_compose_now_stay_due_and_go_out_when_we_can(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    await mailroom.know(people=PEOPLE)
    made = await mailroom.due(people=PEOPLE)
    sender = mailroom.sender()

    def cannot(*_: Any) -> bytes:
        raise error

    monkeypatch.setattr(sender._composer, "compose", cannot)
    await mailroom.send(sender)
    assert type(error).__name__ in sender.trouble
    assert {await mailroom.state(each) for each in made} == {(DeliveryState.DUE, "")}
    monkeypatch.undo()
    await all_arrive(mailroom, sender)
    assert sender.trouble == ""


async def test_a_mail_that_had_to_wait_for_days_is_tried_as_often_as_a_new_one(mailroom: Mailroom) -> None:
    await mailroom.know()
    days_ago = delivery_of(DeliveryKind.CONFIRMATION, recipient_id=person(0), due_at=NOW - timedelta(days=4))
    await mailroom.store.deliveries.add([days_ago])
    mailroom.smtp.answer("RCPT", "450 4.2.0 greylisted")
    sender = mailroom.sender()
    await mailroom.send(sender)
    assert (await mailroom.state(days_ago.id))[0] is DeliveryState.DEFERRED
    mailroom.smtp.answer_normally()
    mailroom.now += timedelta(minutes=2)
    await mailroom.send(sender)
    assert mailroom.arrived() == ["p0@x.example"]


async def test_threads_that_the_system_refuses_are_started_later(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mailroom.know(people=PEOPLE)
    await mailroom.due(people=PEOPLE)
    sender = mailroom.sender()

    def cannot(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", cannot)
        with pytest.raises(RuntimeError):
            await sender.step()
    async with asyncio.timeout(10):
        await mailroom.send(sender)
    assert mailroom.arrived() == ADDRESSES
