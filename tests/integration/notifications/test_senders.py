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
from tests.integration.notifications.post import LEASE, Post
from tests.support.probes import eventually


async def test_of_several_senders_one_sends_and_another_goes_on_when_it_stops(post: Post) -> None:
    await post.know(people=60)
    await post.due(people=60)
    first, second, third = (post.sender(page=5) for _ in range(3))
    await first.step()
    assert not await second.step()
    await eventually(lambda: _assert_some(post.arrived()))  # closing leaves alone what no thread has begun with
    await first.close()
    assert len(post.arrived()) <= 5
    await asyncio.gather(post.send(second), post.send(third))
    assert post.arrived() == sorted(f"p{number}@x.example" for number in range(60))


async def test_a_relay_slower_than_the_lease_leaves_the_mails_in_the_same_hands(post: Post) -> None:
    await post.know(people=4)
    await post.due(people=4)
    post.smtp.answer("DATA", delay=0.4)
    slow, other = (post.sender(connections=1, lease=timedelta(seconds=0.6)) for _ in range(2))
    await slow.step()

    async def others_have_no_turn() -> None:
        post.now += timedelta(seconds=0.1)
        assert await other.step() is False
        assert len(post.arrived()) == 4

    await eventually(others_have_no_turn, every=0.1)
    await slow.settled()
    assert post.arrived() == [f"p{number}@x.example" for number in range(4)]


async def test_a_sender_that_was_stopped_for_longer_than_its_lease_sends_nothing_more(post: Post) -> None:
    await post.know(people=4)
    made = await post.due(people=4)
    post.smtp.answer("DATA", delay=0.4, address="p0@x.example")
    stopped = post.sender(connections=1, lease=timedelta(seconds=0.3))
    await stopped.step()
    time.sleep(1)  # as SIGSTOP does to its loop: nothing renews the lease
    await stopped.settled()
    assert len(post.arrived()) < 4
    assert {(await post.state(each))[0] for each in made} == {DeliveryState.SENT, DeliveryState.DUE}


async def test_a_page_in_hand_is_not_sent_after_another_had_the_lease(post: Post) -> None:
    await post.know(people=4)
    made = await post.due(people=4)
    post.smtp.answer("DATA", delay=1, address="p0@x.example")
    paused = post.sender(connections=1, lease=timedelta(seconds=0.6))
    await paused.step()
    await post.store.deliveries.mark_sent(made[1:], post.now)
    await post.store.documents.update(LEASES, "sending", assign={"lease_owner": "another", "lease_until": 0})
    await paused.settled()
    await post.send(paused)
    assert post.arrived() == ["p0@x.example"]


async def test_another_takes_over_when_the_lease_of_a_dead_sender_ends(post: Post) -> None:
    await post.know()
    await post.due()
    assert await Lease(post.store.documents, "sending", clock=post.clock, length=LEASE).hold()
    await post.send()
    assert post.arrived() == []
    post.now += LEASE + MAX_SKEW
    await post.send()
    assert post.arrived() == ["p0@x.example"]


async def test_a_page_read_while_its_mails_are_being_marked_sends_none_twice(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.know(people=40)
    await post.due(people=40)
    due, sender = post.store.deliveries.due, post.sender(page=30)

    async def late(*args: Any, **kwargs: Any) -> Any:
        """A page that shows what was due before the mails in hand were marked."""
        page = await due(*args, **kwargs)
        await sender.settled()
        return page

    monkeypatch.setattr(post.store.deliveries, "due", late)
    await post.send(sender)
    assert post.arrived() == sorted(f"p{number}@x.example" for number in range(40))


async def test_closing_finishes_what_is_in_flight_and_gives_the_rest_back(post: Post) -> None:
    await post.know(people=20)
    made = await post.due(people=20)
    post.smtp.answer("DATA", delay=0.2)
    sender = post.sender(connections=2)
    await sender.step()
    await eventually(lambda: _assert_some(post.arrived()))
    await sender.close()
    sent = [each for each in made if (await post.state(each))[0] is DeliveryState.SENT]
    assert len(sent) == len(post.arrived()) < 20
    post.smtp.answer_normally()
    await post.send()
    assert post.arrived() == sorted(f"p{number}@x.example" for number in range(20))


def _assert_some(arrived: list[str]) -> None:
    assert arrived, "no mail has arrived"


async def test_no_more_than_the_window_is_accepted_while_nothing_can_be_marked(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.know(people=30)
    await post.due(people=30)
    answers, refused, mark_sent = asyncio.Event(), list[Any](), post.store.deliveries.mark_sent

    async def away(*args: Any) -> int:
        if not answers.is_set():
            refused.append(args)
            raise StoreError("away")
        return await mark_sent(*args)

    monkeypatch.setattr(post.store.deliveries, "mark_sent", away)
    sender = post.sender(window=8, connections=4)
    await sender.step()

    def marking_was_tried_twice() -> None:
        assert len(refused) >= 2, "the marker has not tried again"

    await eventually(marking_was_tried_twice)
    assert len(post.arrived()) == 8
    answers.set()
    await post.send(sender)
    assert len(post.arrived()) == 30


async def test_while_many_mails_are_in_hand_the_threads_share_one_core(post: Post) -> None:
    """Whether that holds is seen on a machine with several; on one it always does."""
    anywhere = os.sched_getaffinity(0)
    await post.know(people=300)
    await post.due(people=300)
    sender = post.sender(page=300)
    await sender.step()
    assert len(os.sched_getaffinity(0)) == 1
    await sender.settled()
    assert os.sched_getaffinity(0) == anywhere
    await sender.close()
