"""Sending over a real store and a real SMTP socket: every delivery ends with its state and reason, once."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifications.domain.deliveries import Delivery, DeliveryKind, DeliveryState, message_id
from services.notifications.domain.reminders import reminder
from services.notifications.domain.suppressions import SuppressionReason
from services.notifications.domain.surveys import Survey
from services.notifications.outgoing import Connection, Transport
from services.notifications.smtp_server import parse_smtp_url
from services.notifications.store import (
    COLLECTIONS,
    FOLLOWERS,
    PROGRAMMES,
    PROPOSALS,
    REGISTRATIONS,
    SESSIONS,
    NotificationsStore,
)
from services.notifications.usecases.sending import Sender, SendingLimits
from shared import ids
from shared.events.vocabulary import ProposalState, RegistrationStatus, SessionStatus
from shared.messaging.lease import Lease
from shared.storage.contract import StoreError
from shared.storage.opening import open_store
from tests.support.mails import (
    DOMAIN,
    NOW,
    PERSON,
    SENDER,
    SESSION,
    STARTS_AT,
    SURVEY_KEY,
    delivery_of,
    make_composer,
    make_follower,
    make_programme,
    make_proposal,
    make_registration,
    make_session,
)
from tests.support.probes import eventually
from tests.support.smtp import RunningSmtpServer, running_smtp_server

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=60)
QUICK = {"unavailable_pause": (0.05, 0.05), "fault_pause": (0.05, 0.05)}


def person(number: int) -> str:
    """The id of one of many people."""
    return ids.encode(number.to_bytes(10, "big"))


class Post:
    """A store with a session and its people, a clock to be moved, and senders over one SMTP server."""

    def __init__(self, store: NotificationsStore, smtp: RunningSmtpServer) -> None:
        self.store = store
        self.smtp = smtp
        self.now = NOW
        store_clock: Callable[[], datetime] = lambda: self.now  # noqa: E731
        self.clock = store_clock
        self._senders: list[Sender] = []

    def sender(self, *, connections: int = 2, window: int = 64, timeout: float = 5, **limits: Any) -> Sender:
        """One more replica."""
        server = parse_smtp_url(self.smtp.url)
        transport: Transport[Any] = Transport(
            lambda: Connection(server, SENDER, helo_name=DOMAIN, timeout=timeout),
            connections=connections,
            window=window,
        )
        limits = {"lease": LEASE, **QUICK, **limits}
        self._senders.append(Sender(self.store, make_composer(), transport, self.clock, SendingLimits(**limits)))
        return self._senders[-1]

    async def close(self) -> None:
        for sender in self._senders:
            await sender.close()

    async def know(self, *, session: dict[str, Any] | None = None, people: int = 1, **registration: Any) -> None:
        """Programme, session and registrations."""
        await self.store.remember(PROGRAMMES, make_programme())
        await self.store.remember(SESSIONS, make_session(**(session or {})))
        for number in range(people):
            known = make_registration(id=person(number), email=f"p{number}@x.example", **registration)
            await self.store.remember(REGISTRATIONS, known)

    async def due(self, kind: DeliveryKind = DeliveryKind.CONFIRMATION, *, people: int = 1) -> list[str]:
        """A delivery of that kind for each; their ids."""
        made = [delivery_of(kind, id=f"{kind}:{number}", recipient_id=person(number)) for number in range(people)]
        await self.store.add_deliveries(made)
        return [delivery.id for delivery in made]

    async def send(self, sender: Sender | None = None) -> None:
        """Send until nothing is due any more."""
        if sender is None:
            sender = self.sender()
            await self.send(sender)
            await sender.close()
            return
        while await sender.step():
            pass
        await sender.settled()

    async def delivery(self, delivery_id: str) -> Delivery:
        """How it stands."""
        found = await self.store.delivery(delivery_id)
        assert found is not None
        return found

    async def state(self, delivery_id: str) -> tuple[DeliveryState, str]:
        """State and reason."""
        delivery = await self.delivery(delivery_id)
        return delivery.state, delivery.reason

    def arrived(self) -> list[str]:
        """Who got a mail, in order of address."""
        return sorted(mail.to for mail in self.smtp.mails())


@asynccontextmanager
async def running_post(folder: Path) -> AsyncIterator[Post]:
    documents = open_store(f"sqlite:///{folder}", "notifications")
    await documents.prepare(COLLECTIONS)
    async with running_smtp_server(folder / "smtp.jsonl") as smtp:
        post = Post(NotificationsStore(documents, secret="s" * 40, clock=lambda: post.now), smtp)
        try:
            yield post
        finally:
            await post.close()
            await documents.close()


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with running_post(tmp_path) as post:
        yield post


async def test_what_is_due_is_sent_once_and_marked(post: Post) -> None:
    await post.know(people=30)
    made = await post.due(people=30)
    sender = post.sender(page=7)
    await post.send(sender)
    await post.send(sender)
    assert post.arrived() == sorted(f"p{number}@x.example" for number in range(30))
    for delivery_id in made:
        delivery = await post.delivery(delivery_id)
        assert (delivery.state, delivery.open, delivery.sent_at) == (DeliveryState.SENT, 0, NOW)
    assert {mail.message_id for mail in post.smtp.mails()} == {message_id(each, DOMAIN) for each in made}


async def test_what_is_not_due_yet_waits_for_its_time(post: Post) -> None:
    await post.know()
    await post.store.add_deliveries(
        [delivery_of(DeliveryKind.CONFIRMATION, recipient_id=person(0), next_try_at=NOW + MINUTE)]
    )
    sender = post.sender()
    await post.send(sender)
    assert post.arrived() == []
    post.now += MINUTE
    await post.send(sender)
    assert post.arrived() == ["p0@x.example"]


@pytest.mark.parametrize(
    ("kind", "session", "registration", "reason"),
    [
        (DeliveryKind.CONFIRMATION, {}, {"status": RegistrationStatus.CANCELLED}, "registration cancelled"),
        (DeliveryKind.CONFIRMATION, {"status": SessionStatus.CANCELLED}, {}, "session cancelled"),
        (DeliveryKind.WAITING_LIST, {}, {}, "registration registered"),
        (DeliveryKind.REGISTRATION_CANCELLED, {}, {}, "registration registered"),
        (DeliveryKind.SURVEY, {}, {}, "survey closed"),
        (DeliveryKind.RESULTS, {}, {"status": RegistrationStatus.WAITING}, "registration waiting"),
    ],
)
async def test_what_no_longer_applies_is_skipped_with_its_reason(
    post: Post, kind: DeliveryKind, session: dict[str, Any], registration: dict[str, Any], reason: str
) -> None:
    await post.know(session=session, **registration)
    (delivery,) = await post.due(kind)
    await post.send()
    assert await post.state(delivery) == (DeliveryState.SKIPPED, reason)
    assert post.arrived() == []


@pytest.mark.parametrize(
    ("session", "late", "reason"),
    [
        ({"starts_at": STARTS_AT + timedelta(days=1)}, timedelta(0), "session moved"),
        ({"status": SessionStatus.CANCELLED}, timedelta(0), "session cancelled"),
        ({}, timedelta(minutes=60), "after the start"),
        ({}, timedelta(minutes=59), ""),
    ],
)
async def test_a_reminder_never_comes_after_the_start_or_for_another_time(
    post: Post, session: dict[str, Any], late: timedelta, reason: str
) -> None:
    await post.know(session=session)
    made = reminder(make_session(), person(0), 60, NOW)
    await post.store.add_deliveries([made])
    post.now = made.due_at + late
    await post.send()
    expected = (DeliveryState.SKIPPED, reason) if reason else (DeliveryState.SENT, "")
    assert await post.state(made.id) == expected


async def test_a_survey_mail_carries_the_link_that_feedback_knows_by_its_hash(post: Post) -> None:
    await post.know()
    survey = Survey(id=SESSION, key=ids.encode(SURVEY_KEY))
    await post.store.add_survey(survey)
    await post.due(DeliveryKind.SURVEY)
    await post.send()
    (mail,) = post.smtp.mails()
    assert re.search(r"https://dijous\.example/survey/[a-z2-7]+\?lang=ca\s", mail.text), "in the mail's language"


async def test_a_refused_address_bounces_and_gets_nothing_more(post: Post) -> None:
    await post.know(people=2)
    post.smtp.answer("RCPT", "550 5.1.1 no such user", address="p0@x.example")
    refused, accepted = await post.due(people=2)
    await post.send()
    state, reason = await post.state(refused)
    assert (state, "550" in reason) == (DeliveryState.BOUNCED, True)
    assert (await post.state(accepted))[0] is DeliveryState.SENT
    post.smtp.answer_normally()
    (again, _) = await post.due(DeliveryKind.REGISTRATION_CANCELLED, people=2)
    await post.store.remember(
        REGISTRATIONS,
        make_registration(id=person(0), email="p0@x.example", seen=2, status=RegistrationStatus.CANCELLED),
    )
    await post.send()
    assert await post.state(again) == (DeliveryState.SKIPPED, "address bounced")


async def test_of_two_moves_and_two_registrations_only_what_still_holds_is_sent(post: Post) -> None:
    await post.know(session={"moved_sequence": 2, "sequence": 3}, generation=2)
    made = [
        delivery_of(DeliveryKind.RESCHEDULED, id="first", recipient_id=person(0), sequence=1),
        delivery_of(DeliveryKind.RESCHEDULED, id="second", recipient_id=person(0), sequence=2),
        delivery_of(DeliveryKind.CONFIRMATION, id="before", recipient_id=person(0), generation=1),
        delivery_of(DeliveryKind.CONFIRMATION, id="after", recipient_id=person(0), generation=2),
    ]
    await post.store.add_deliveries(made)
    await post.send()
    assert await post.state("first") == (DeliveryState.SKIPPED, "session moved again")
    assert await post.state("before") == (DeliveryState.SKIPPED, "registered again since")
    assert {(await post.state(each))[0] for each in ("second", "after")} == {DeliveryState.SENT}


async def test_what_the_office_sends_once_more_is_tried_as_long_as_a_new_mail(post: Post) -> None:
    await post.know()
    post.smtp.answer("RCPT", "451 4.7.1 greylisted")
    days_ago = NOW - timedelta(days=30)
    again = delivery_of(DeliveryKind.MATERIALS, id="again", recipient_id=person(0), due_at=days_ago, resent_at=NOW)
    await post.store.add_deliveries([again])
    await post.send()
    assert (await post.state("again"))[0] is DeliveryState.DEFERRED


async def test_who_stopped_the_news_still_gets_direct_answers(post: Post) -> None:
    await post.know()
    await post.store.suppressions.add("p0@x.example", SuppressionReason.UNSUBSCRIBED, NOW)
    (answer,), (news,) = await post.due(DeliveryKind.CONFIRMATION), await post.due(DeliveryKind.MATERIALS)
    await post.send()
    assert (await post.state(answer))[0] is DeliveryState.SENT
    assert await post.state(news) == (DeliveryState.SKIPPED, "address unsubscribed")


async def test_a_temporary_refusal_is_tried_again_later_and_later_until_it_is_given_up(post: Post) -> None:
    await post.know()
    post.smtp.answer("RCPT", "450 4.2.1 later")
    (delivery,) = await post.due()
    sender = post.sender()
    waits = []
    while (await post.delivery(delivery)).open:
        await post.send(sender)
        after = await post.delivery(delivery)
        if after.state is DeliveryState.DEFERRED:
            assert after.next_try_at is not None
            waits.append(after.next_try_at - post.now)
            post.now = after.next_try_at
    for wait, minutes in zip(waits, (1, 5, 30, 120, 120), strict=False):
        assert 0.8 * minutes * MINUTE <= wait <= 1.2 * minutes * MINUTE
    state, reason = await post.state(delivery)
    assert state is DeliveryState.FAILED
    assert reason.startswith("given up: RCPT: 450")
    assert timedelta(days=3) < post.now - NOW < timedelta(days=3, hours=3)


async def test_a_deferred_mail_is_the_same_mail_at_the_next_try(post: Post) -> None:
    await post.know()
    post.smtp.answer("ACCEPTED", "451 4.3.0 sorry, what did you say?")  # taken, but the answer says otherwise
    (delivery,) = await post.due()
    sender = post.sender()
    await post.send(sender)
    post.smtp.answer("ACCEPTED")
    post.now += 2 * MINUTE
    await post.send(sender)
    first, second = post.smtp.mails()
    assert first.message_id == second.message_id == message_id(delivery, DOMAIN)
    assert first.message["Date"] == second.message["Date"]


async def test_our_own_fault_fails_that_mail_and_stops_the_others_for_a_while(post: Post) -> None:
    await post.know(people=20)
    post.smtp.answer("DATA", "554 5.6.0 no", address="p0@x.example")
    made = await post.due(people=20)
    sender = post.sender(connections=1, page=1, fault_pause=(600.0, 600.0))
    await sender.step()
    await sender.settled()
    assert (await post.state(made[0]))[0] is DeliveryState.FAILED
    assert "554" in sender.trouble
    assert await sender.step() is False
    assert post.arrived() == []
    assert {(await post.state(each))[0] for each in made[1:]} == {DeliveryState.DUE}


async def test_while_the_relay_is_away_mails_stay_due_and_go_out_when_it_is_back(post: Post) -> None:
    await post.know(people=10)
    made = await post.due(people=10)
    post.smtp.kill()
    sender = post.sender()
    await sender.step()
    await sender.settled()
    assert "refused" in sender.trouble
    assert {await post.state(each) for each in made} == {(DeliveryState.DUE, "")}
    await post.smtp.start()

    async def everything_arrived() -> None:
        await post.send(sender)
        assert len(post.arrived()) == 10

    await eventually(everything_arrived)
    assert sender.trouble == ""
    assert {(await post.delivery(each)).tries for each in made} == {0}


async def test_what_is_not_known_yet_waits_a_moment(post: Post) -> None:
    await post.store.remember(REGISTRATIONS, make_registration(id=person(0), email="p0@x.example"))
    (delivery,) = await post.due()
    sender = post.sender()
    await post.send(sender)
    assert (await post.state(delivery))[0] is DeliveryState.DEFERRED
    await post.know()
    post.now += timedelta(seconds=3)
    await post.send(sender)
    assert post.arrived() == ["p0@x.example"]


async def test_of_several_senders_one_sends_and_another_goes_on_when_it_stops(post: Post) -> None:
    await post.know(people=60)
    await post.due(people=60)
    first, second, third = (post.sender(page=5) for _ in range(3))
    await first.step()
    assert not await second.step()
    await first.close()
    assert 0 < len(post.arrived()) <= 5
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


async def test_another_takes_over_when_the_lease_of_a_dead_sender_ends(post: Post) -> None:
    await post.know()
    await post.due()
    assert await Lease(post.store.documents, "sending", clock=post.clock, length=LEASE).hold()
    await post.send()
    assert post.arrived() == []
    post.now += LEASE
    await post.send()
    assert post.arrived() == ["p0@x.example"]


async def test_a_page_read_while_its_mails_are_being_marked_sends_none_twice(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.know(people=40)
    await post.due(people=40)
    due, sender = post.store.due, post.sender(page=30)

    async def late(*args: Any, **kwargs: Any) -> Any:
        """A page that shows what was due before the mails in hand were marked."""
        page = await due(*args, **kwargs)
        await sender.settled()
        return page

    monkeypatch.setattr(post.store, "due", late)
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
    answers, refused, mark_sent = asyncio.Event(), list[Any](), post.store.mark_sent

    async def away(*args: Any) -> int:
        if not answers.is_set():
            refused.append(args)
            raise StoreError("away")
        return await mark_sent(*args)

    monkeypatch.setattr(post.store, "mark_sent", away)
    sender = post.sender(window=8, connections=4)
    await sender.step()

    def marking_was_tried_twice() -> None:
        assert len(refused) >= 2, "the marker has not tried again"

    await eventually(marking_was_tried_twice)
    assert len(post.arrived()) == 8
    answers.set()
    await post.send(sender)
    assert len(post.arrived()) == 30


@pytest.mark.parametrize("limit", ["per_minute", "per_day"])
async def test_the_relays_limits_hold(post: Post, limit: str) -> None:
    await post.know(people=20)
    await post.due(people=20)
    await post.send(post.sender(**{limit: 12}))
    assert len(post.arrived()) == 12


async def test_the_limit_of_a_day_counts_what_was_sent_before_a_restart(post: Post) -> None:
    await post.know(people=20)
    await post.due(people=20)
    for _ in range(3):
        await post.send(post.sender(per_day=12))
    assert len(post.arrived()) == 12


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ProposalState.UNDER_REVIEW, (DeliveryState.SENT, "")),
        (ProposalState.DECLINED, (DeliveryState.SKIPPED, "proposal declined")),
    ],
)
async def test_news_of_a_proposal_that_has_moved_on_are_skipped(
    post: Post, state: ProposalState, expected: tuple[DeliveryState, str]
) -> None:
    await post.store.remember(PROGRAMMES, make_programme())
    await post.store.remember(PROPOSALS, make_proposal(state=state, session_id=""))
    await post.store.remember(FOLLOWERS, make_follower())
    made = delivery_of(DeliveryKind.PROPOSAL_UNDER_REVIEW, recipient_id=PERSON)
    await post.store.add_deliveries([made])
    await post.send()
    assert await post.state(made.id) == expected
