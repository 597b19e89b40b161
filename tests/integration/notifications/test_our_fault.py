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
from tests.integration.notifications.post import Post, person
from tests.support.mails import NOW, delivery_of
from tests.support.probes import eventually

PEOPLE = 20
ADDRESSES = sorted(f"p{number}@x.example" for number in range(PEOPLE))
WAITING = {DeliveryState.DUE, DeliveryState.DEFERRED}


async def all_arrive(post: Post, sender: Sender) -> None:
    """Send, as the loop does, until everybody has their mail."""

    async def check() -> None:
        post.now += timedelta(minutes=1)
        await post.send(sender)
        assert post.arrived() == ADDRESSES

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
async def test_a_relay_that_refuses_us_ends_no_mail_and_suppresses_nobody(post: Post, step: str, reply: str) -> None:
    await post.know(people=PEOPLE)
    made = await post.due(people=PEOPLE)
    post.smtp.answer(step, reply)
    sender = post.sender(per_day=2 * PEOPLE)

    async def every_mail_was_tried() -> None:
        post.now += timedelta(seconds=1)
        await post.send(sender)
        deliveries = [await post.delivery(each) for each in made]
        assert {delivery.state for delivery in deliveries} <= WAITING
        assert {delivery.reason.partition(": ")[2] for delivery in deliveries} == {reply}
        assert sum(delivery.tries for delivery in deliveries) <= 2, "those that came before it was known as our fault"

    await eventually(every_mail_was_tried)
    assert reply in sender.trouble
    post.smtp.answer_normally()
    await all_arrive(post, sender)
    assert sender.trouble == ""
    assert await post.store.documents.find(SUPPRESSIONS) == []


async def test_sending_pauses_as_soon_as_the_relay_refuses_us(post: Post) -> None:
    await post.know(people=PEOPLE)
    made = await post.due(people=PEOPLE)
    post.smtp.answer("MAIL", "550 5.7.1 who are you")
    sender = post.sender(connections=1, fault_pause=(600.0, 600.0))
    await post.send(sender)
    assert await sender.step() is False
    deliveries = [await post.delivery(each) for each in made]
    assert {(delivery.state in WAITING, delivery.tries) for delivery in deliveries} == {(True, 0)}
    assert post.arrived() == []


async def test_a_refusal_that_may_be_ours_is_told_before_others_are_refused(post: Post) -> None:
    await post.know()
    await post.due()
    post.smtp.answer("RCPT", "550 relay not permitted")
    sender = post.sender()
    await post.send(sender)
    assert sender.trouble == "RCPT: 550 relay not permitted"
    assert await post.store.documents.find(SUPPRESSIONS) == []


async def test_who_is_unknown_is_suppressed_while_the_relay_refuses_others(post: Post) -> None:
    await post.know(people=PEOPLE)
    unknown, *others = await post.due(people=PEOPLE)
    post.smtp.answer("RCPT", "550 relay not permitted")
    post.smtp.answer("RCPT", "550 user unknown", address="p0@x.example")
    await post.send()
    assert (await post.state(unknown))[0] is DeliveryState.BOUNCED
    assert {(await post.state(each))[0] for each in others} <= WAITING
    (suppressed,) = await post.store.documents.find(SUPPRESSIONS)
    assert suppressed["address"] == "p0@x.example"


@pytest.mark.parametrize(
    ("step", "reply"), [("DATA", "554 5.6.0 this is spam"), ("RCPT", "550 5.7.1 not from outside")]
)
async def test_one_odd_mail_delays_nobody(post: Post, step: str, reply: str) -> None:
    await post.know(people=PEOPLE)
    odd, *others = await post.due(people=PEOPLE)
    post.smtp.answer(step, reply, address="p0@x.example")
    sender = post.sender(connections=1, fault_pause=(600.0, 600.0))
    await post.send(sender)
    assert {(await post.state(each))[0] for each in others} == {DeliveryState.SENT}
    assert (await post.delivery(odd)).state is DeliveryState.DEFERRED
    assert sender.trouble == ""


async def test_a_mail_whose_content_is_refused_again_and_again_fails_with_the_reason(post: Post) -> None:
    await post.know(people=2)
    post.smtp.answer("DATA", "554 5.6.0 this is spam", address="p0@x.example")
    odd, _ = await post.due(people=2)
    sender = post.sender(fault_pause=(600.0, 600.0))
    tries = 0
    while (await post.delivery(odd)).open:
        await post.send(sender)
        tries += 1
        post.now += timedelta(hours=3)
    assert await post.state(odd) == (DeliveryState.FAILED, "content: 554 5.6.0 this is spam")
    assert tries == 5
    assert await post.store.documents.find(SUPPRESSIONS) == []


async def test_refused_mails_let_the_others_be_tried_first_the_next_time(post: Post) -> None:
    await post.know(people=PEOPLE)
    post.smtp.answer("DATA", "554 5.6.0 this is spam", delay=0.05)
    post.smtp.answer("DATA", address="p9@x.example")
    *refused, accepted = await post.due(people=10)
    sender = post.sender(connections=1)

    async def the_last_one_is_sent() -> None:
        post.now += timedelta(seconds=1)
        await post.send(sender)
        assert (await post.state(accepted))[0] is DeliveryState.SENT

    await eventually(the_last_one_is_sent)
    assert {(await post.state(each))[0] for each in refused} <= WAITING


async def test_while_the_relay_is_away_mails_stay_due_and_go_out_when_it_is_back(post: Post) -> None:
    await post.know(people=PEOPLE)
    made = await post.due(people=PEOPLE)
    post.smtp.kill()
    sender = post.sender(per_day=PEOPLE)
    for _ in range(3):
        await post.send(sender)
    assert "refused" in sender.trouble
    assert {await post.state(each) for each in made} == {(DeliveryState.DUE, "")}
    await post.smtp.start()
    await all_arrive(post, sender)
    assert sender.trouble == ""
    assert {(await post.delivery(each)).tries for each in made} == {0}


@pytest.mark.parametrize("error", [OSError(errno.EMFILE, os.strerror(errno.EMFILE)), MemoryError()])
async def test_mails_that_we_cannot_compose_now_stay_due_and_go_out_when_we_can(
    post: Post, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    await post.know(people=PEOPLE)
    made = await post.due(people=PEOPLE)
    sender = post.sender()

    def cannot(*_: Any) -> bytes:
        raise error

    monkeypatch.setattr(sender._composer, "compose", cannot)
    await post.send(sender)
    assert type(error).__name__ in sender.trouble
    assert {await post.state(each) for each in made} == {(DeliveryState.DUE, "")}
    monkeypatch.undo()
    await all_arrive(post, sender)
    assert sender.trouble == ""


async def test_a_mail_that_had_to_wait_for_days_is_tried_as_often_as_a_new_one(post: Post) -> None:
    await post.know()
    days_ago = delivery_of(DeliveryKind.CONFIRMATION, recipient_id=person(0), due_at=NOW - timedelta(days=4))
    await post.store.deliveries.add([days_ago])
    post.smtp.answer("RCPT", "450 4.2.0 greylisted")
    sender = post.sender()
    await post.send(sender)
    assert (await post.state(days_ago.id))[0] is DeliveryState.DEFERRED
    post.smtp.answer_normally()
    post.now += timedelta(minutes=2)
    await post.send(sender)
    assert post.arrived() == ["p0@x.example"]


async def test_threads_that_the_system_refuses_are_started_later(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    await post.know(people=PEOPLE)
    await post.due(people=PEOPLE)
    sender = post.sender()

    def cannot(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", cannot)
        with pytest.raises(RuntimeError):
            await sender.step()
    async with asyncio.timeout(10):
        await post.send(sender)
    assert post.arrived() == ADDRESSES
