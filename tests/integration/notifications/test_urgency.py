"""Who waits for a mail gets it before news to many; news are never kept waiting for ever."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from services.notifications.deliveries.domain import DeliveryKind, DeliveryState, Urgency, urgency_of
from services.notifications.deliveries.store import DELIVERIES
from services.notifications.sending.sender import Sender
from shared.storage.collection import document_of
from tests.integration.notifications.mailroom import Mailroom, person
from tests.support.mails import NOW, delivery_of
from tests.support.probes import eventually

NEWS = DeliveryKind.RESULTS


async def queue(mailroom: Mailroom, kind: DeliveryKind, mails: int) -> None:
    """Mails to one person, all due."""
    await mailroom.know()
    await mailroom.store.deliveries.add(
        [delivery_of(kind, id=f"{kind}:{n}", recipient_id=person(0)) for n in range(mails)]
    )


def kinds(mailroom: Mailroom) -> list[str]:
    """The kinds of the mails that arrived, in their order."""
    return [mail.kind for mail in mailroom.smtp.mails()]


async def arrives(mailroom: Mailroom, sender: Sender, kind: DeliveryKind, *, within: float) -> None:
    """Send as the loop does until a mail of that kind is there."""

    async def check() -> None:
        await sender.step()
        assert kind in kinds(mailroom)

    await eventually(check, within=within, every=0.2)


async def test_a_confirmation_goes_out_within_ten_seconds_amid_500_surveys_at_30_a_minute(mailroom: Mailroom) -> None:
    await queue(mailroom, NEWS, 500)
    sender = mailroom.sender(per_minute=30)
    await arrives(mailroom, sender, NEWS, within=10)
    began = time.monotonic()
    await mailroom.due(DeliveryKind.CONFIRMATION)
    await arrives(mailroom, sender, DeliveryKind.CONFIRMATION, within=10)
    assert time.monotonic() - began < 10
    assert len(kinds(mailroom)) < 12, "no faster than the relay allows"


async def test_a_confirmation_does_not_wait_behind_the_mails_that_a_slow_relay_was_given(mailroom: Mailroom) -> None:
    await queue(mailroom, NEWS, 300)
    mailroom.smtp.answer("MAIL", delay=0.25)
    sender = mailroom.sender(connections=2)  # 8 mails a second
    await arrives(mailroom, sender, NEWS, within=10)
    await mailroom.due(DeliveryKind.CONFIRMATION)
    await arrives(mailroom, sender, DeliveryKind.CONFIRMATION, within=10)
    assert kinds(mailroom).index("confirmation") < 60


async def test_news_go_out_while_a_thousand_answers_wait(mailroom: Mailroom) -> None:
    answers, news = 1000, 20
    await queue(mailroom, NEWS, news)
    await queue(mailroom, DeliveryKind.CONFIRMATION, answers)
    await mailroom.send(mailroom.sender(page=50))
    arrived = kinds(mailroom)
    assert len(arrived) == answers + news
    assert arrived[:10].count(NEWS) < 3, "answers go first"
    assert arrived[: answers // 2].count(NEWS) == news


@pytest.mark.parametrize("per_minute", [30, 600])
async def test_news_get_a_tenth_of_what_a_limited_relay_takes(
    mailroom: Mailroom, per_minute: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 0.0
    monkeypatch.setattr("services.notifications.sending.rate_limit.time", SimpleNamespace(monotonic=lambda: seconds))
    await queue(mailroom, DeliveryKind.CONFIRMATION, 400)
    await queue(mailroom, NEWS, 400)
    sender = mailroom.sender(per_minute=per_minute)
    while len(kinds(mailroom)) < 200:
        await mailroom.send(sender)
        assert len(kinds(mailroom)) <= per_minute * (1 + seconds // 60)
        seconds += 1
    assert 0.05 < kinds(mailroom).count(NEWS) / len(kinds(mailroom)) < 0.2


async def test_news_leave_a_part_of_the_day_to_answers(mailroom: Mailroom) -> None:
    await queue(mailroom, NEWS, 50)
    sender = mailroom.sender(per_day=40)
    await mailroom.send(sender)
    await mailroom.due(DeliveryKind.CONFIRMATION)
    await mailroom.send(sender)
    assert kinds(mailroom).count(NEWS) == 38
    assert kinds(mailroom)[-1] == DeliveryKind.CONFIRMATION


async def test_deliveries_of_before_have_no_queue_and_go_out(mailroom: Mailroom) -> None:
    await mailroom.know(people=2)
    for number in range(2):
        old = document_of(delivery_of(NEWS, id=f"old:{number}", recipient_id=person(number)), leave={"urgency"})
        await mailroom.store.documents.insert(DELIVERIES, old)
    await mailroom.send()
    assert mailroom.arrived() == ["p0@x.example", "p1@x.example"]


async def test_what_the_office_sends_again_goes_before_news(mailroom: Mailroom) -> None:
    await mailroom.know()
    (again,) = await mailroom.due(NEWS)
    await mailroom.store.deliveries.mark([again], DeliveryState.FAILED, "was away")
    await queue(mailroom, DeliveryKind.MATERIALS, 20)
    await mailroom.store.deliveries.make_due_again(again, NOW)
    await mailroom.send(mailroom.sender(connections=1))
    assert kinds(mailroom)[0] == NEWS


@pytest.mark.parametrize(
    ("kind", "before", "urgency"),
    [
        (DeliveryKind.CONFIRMATION, timedelta(), Urgency.ANSWER),
        (DeliveryKind.SUPPORT_CONFIRMATION, timedelta(), Urgency.ANSWER),
        (DeliveryKind.PROMOTION, timedelta(), Urgency.TIMELY),
        (DeliveryKind.SESSION_CANCELLED, timedelta(), Urgency.TIMELY),
        (DeliveryKind.REMINDER, timedelta(hours=1), Urgency.TIMELY),
        (DeliveryKind.REMINDER, timedelta(days=1), None),
        (DeliveryKind.SURVEY, timedelta(), None),
    ],
)
def test_the_queue_follows_from_what_the_mail_is_about(
    kind: DeliveryKind, before: timedelta, urgency: Urgency | None
) -> None:
    assert urgency_of(kind, before // timedelta(minutes=1)) is urgency
