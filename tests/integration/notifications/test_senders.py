"""Several senders, slow ones, and those that stop: every mail is in one pair of hands."""

import asyncio
import os
import time
from datetime import timedelta
from typing import Any

import pytest

from services.notifications.deliveries.domain import DeliveryState
from shared.messaging.lease import LEASES, MAX_SKEW, Lease
from shared.storage.contract import StoreError
from tests.integration.notifications.mailroom import LEASE, Mailroom
from tests.support.probes import eventually


async def test_of_several_senders_one_sends_and_another_goes_on_when_it_stops(mailroom: Mailroom) -> None:
    await mailroom.know(people=60)
    await mailroom.due(people=60)
    first, second, third = (mailroom.sender(page=5) for _ in range(3))
    await first.step()
    assert not await second.step()
    await eventually(lambda: _assert_some(mailroom.arrived()))  # closing leaves alone what no thread has begun with
    await first.close()
    assert len(mailroom.arrived()) <= 5
    await asyncio.gather(mailroom.send(second), mailroom.send(third))
    assert mailroom.arrived() == sorted(f"p{number}@x.example" for number in range(60))


async def test_a_relay_slower_than_the_lease_leaves_the_mails_in_the_same_hands(mailroom: Mailroom) -> None:
    await mailroom.know(people=4)
    await mailroom.due(people=4)
    mailroom.smtp.answer("DATA", delay=0.4)
    slow, other = (mailroom.sender(connections=1, lease=timedelta(seconds=0.6)) for _ in range(2))
    await slow.step()

    async def others_have_no_turn() -> None:
        mailroom.now += timedelta(seconds=0.1)
        assert await other.step() is False
        assert len(mailroom.arrived()) == 4

    await eventually(others_have_no_turn, every=0.1)
    await slow.settled()
    assert mailroom.arrived() == [f"p{number}@x.example" for number in range(4)]


async def test_a_sender_that_was_stopped_for_longer_than_its_lease_sends_nothing_more(mailroom: Mailroom) -> None:
    await mailroom.know(people=4)
    made = await mailroom.due(people=4)
    mailroom.smtp.answer("DATA", delay=0.4, address="p0@x.example")
    stopped = mailroom.sender(connections=1, lease=timedelta(seconds=0.3))
    await stopped.step()
    time.sleep(1)  # as SIGSTOP does to its loop: nothing renews the lease
    await stopped.settled()
    assert len(mailroom.arrived()) < 4
    assert {(await mailroom.state(each))[0] for each in made} == {DeliveryState.SENT, DeliveryState.DUE}


async def test_a_page_in_hand_is_not_sent_after_another_had_the_lease(mailroom: Mailroom) -> None:
    await mailroom.know(people=4)
    made = await mailroom.due(people=4)
    mailroom.smtp.answer("DATA", delay=1, address="p0@x.example")
    paused = mailroom.sender(connections=1, lease=timedelta(seconds=0.6))
    await paused.step()
    await mailroom.store.deliveries.mark_sent(made[1:], mailroom.now)
    await mailroom.store.documents.update(LEASES, "sending", assign={"lease_owner": "another", "lease_until": 0})
    await paused.settled()
    await mailroom.send(paused)
    assert mailroom.arrived() == ["p0@x.example"]


async def test_another_takes_over_when_the_lease_of_a_dead_sender_ends(mailroom: Mailroom) -> None:
    await mailroom.know()
    await mailroom.due()
    assert await Lease(mailroom.store.documents, "sending", clock=mailroom.clock, length=LEASE).hold()
    await mailroom.send()
    assert mailroom.arrived() == []
    mailroom.now += LEASE + MAX_SKEW
    await mailroom.send()
    assert mailroom.arrived() == ["p0@x.example"]


async def test_a_page_read_while_its_mails_are_being_marked_sends_none_twice(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mailroom.know(people=40)
    await mailroom.due(people=40)
    due, sender = mailroom.store.deliveries.due, mailroom.sender(page=30)

    async def late(*args: Any, **kwargs: Any) -> Any:
        """A page that shows what was due before the mails in hand were marked."""
        page = await due(*args, **kwargs)
        await sender.settled()
        return page

    monkeypatch.setattr(mailroom.store.deliveries, "due", late)
    await mailroom.send(sender)
    assert mailroom.arrived() == sorted(f"p{number}@x.example" for number in range(40))


async def test_closing_finishes_what_is_in_flight_and_gives_the_rest_back(mailroom: Mailroom) -> None:
    await mailroom.know(people=20)
    made = await mailroom.due(people=20)
    mailroom.smtp.answer("DATA", delay=0.2)
    sender = mailroom.sender(connections=2)
    await sender.step()
    await eventually(lambda: _assert_some(mailroom.arrived()))
    await sender.close()
    sent = [each for each in made if (await mailroom.state(each))[0] is DeliveryState.SENT]
    assert len(sent) == len(mailroom.arrived()) < 20
    mailroom.smtp.answer_normally()
    await mailroom.send()
    assert mailroom.arrived() == sorted(f"p{number}@x.example" for number in range(20))


def _assert_some(arrived: list[str]) -> None:
    assert arrived, "no mail has arrived"


async def test_no_more_than_the_window_is_accepted_while_nothing_can_be_marked(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mailroom.know(people=30)
    await mailroom.due(people=30)
    answers, refused, mark_sent = asyncio.Event(), list[Any](), mailroom.store.deliveries.mark_sent

    async def away(*args: Any) -> int:
        if not answers.is_set():
            refused.append(args)
            raise StoreError("away")
        return await mark_sent(*args)

    monkeypatch.setattr(mailroom.store.deliveries, "mark_sent", away)
    sender = mailroom.sender(window=8, connections=4)
    await sender.step()

    def marking_was_tried_twice() -> None:
        assert len(refused) >= 2, "the marker has not tried again"

    await eventually(marking_was_tried_twice)
    assert len(mailroom.arrived()) == 8
    answers.set()
    await mailroom.send(sender)
    assert len(mailroom.arrived()) == 30


async def test_while_many_mails_are_in_hand_the_threads_share_one_core(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether that holds is seen on a machine with several; on one it always does."""
    monkeypatch.setattr("services.notifications.sending.queues._FIRST_PAGE", 300)
    anywhere = os.sched_getaffinity(0)
    await mailroom.know(people=300)
    await mailroom.due(people=300)
    sender = mailroom.sender(page=300)
    await sender.step()
    assert len(os.sched_getaffinity(0)) == 1
    await sender.settled()
    assert os.sched_getaffinity(0) == anywhere
    await sender.close()
