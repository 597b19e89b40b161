"""A mail may be due before the events have come that tell what it is about: it waits for them, and that is no try."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from services.notifications.deliveries.domain import (
    NOT_KNOWN_YET,
    RECIPIENT_ERASED,
    DeliveryKind,
    DeliveryState,
)
from services.notifications.deliveries.store import DELIVERIES, DeliveryStore
from services.notifications.projections.store import PROGRAMMES, SESSIONS
from shared import ids
from shared.events import Event
from shared.events.registration import EntityRegistered
from tests.integration.notifications.house import (
    person,
    programme_defined,
    session_scheduled,
)
from tests.integration.notifications.mailroom import Mailroom
from tests.integration.notifications.mailroom import person as one_of_many
from tests.integration.notifications.test_proposals import AUTHOR, followed, scheduled
from tests.integration.notifications.test_service import Running, running_service
from tests.support.mails import delivery_of, make_follower, make_programme, make_proposal, make_session
from tests.support.probes import eventually
from tests.support.smtp import RunningSmtpServer, running_smtp_server

DAY = timedelta(days=1)
SOON = 2.0
"""Seconds, after what was missing has come."""
WAITS = (DeliveryState.DEFERRED, NOT_KNOWN_YET)


def story(number: int) -> tuple[Event, Event, Event]:
    """A programme, its session, and somebody's registration."""
    programme, session = f"programme-{number}", ids.encode(number.to_bytes(10, "big"))
    about = {"programme": programme, "session_id": session}
    told = EntityRegistered(version=1, **{**person(number), **about})
    return programme_defined(programme=programme), session_scheduled(**about), told


async def publish_apart(running: Running, events: Sequence[Event], gap: float) -> None:
    """One after the other; the clock of the service stands still meanwhile, so that nothing comes due by itself."""
    for event in events[:-1]:
        await running.publish(event)
        await asyncio.sleep(gap)
    await running.publish(events[-1])


async def arrives(smtp: RunningSmtpServer, address: str, *, within: float = SOON) -> None:
    def check() -> None:
        assert address in [mail.to for mail in smtp.mails()], f"no mail to {address}"

    await eventually(check, within=within)


@pytest.mark.parametrize("gap", [0, 0.02, 0.3])
async def test_a_confirmation_goes_out_in_whatever_order_the_events_come(tmp_path: Path, gap: float) -> None:
    async with running_smtp_server(tmp_path / "smtp.jsonl") as smtp, running_service(tmp_path, smtp.url) as running:
        await publish_apart(running, story(0), gap)
        await arrives(smtp, person(0)["email"], within=10)  # the service has started
        for number in range(1, 7):
            in_order = list(permutations(story(number)))[number - 1]
            await publish_apart(running, in_order, gap)
            await arrives(smtp, person(number)["email"])
        confirmations = await running.service.store.find(DELIVERIES, {"kind": DeliveryKind.CONFIRMATION.value})
        assert [each["tries"] for each in confirmations] == [0] * 7
        assert sorted(mail.to for mail in smtp.mails()) == sorted(person(number)["email"] for number in range(7))


async def test_news_of_a_proposal_wait_for_its_session_and_then_for_the_programme(tmp_path: Path) -> None:
    async with running_smtp_server(tmp_path / "smtp.jsonl") as smtp, running_service(tmp_path, smtp.url) as running:

        async def waits() -> None:
            news = await running.service.store.find(DELIVERIES, {"kind": DeliveryKind.PROPOSAL_SCHEDULED.value})
            assert [(each["state"], each["reason"], each["tries"]) for each in news] == [(*WAITS, 0)]

        await running.publish(followed(), scheduled())
        await eventually(waits)
        await running.publish(session_scheduled())
        await eventually(waits)
        assert smtp.mails() == []
        await running.publish(programme_defined())
        await arrives(smtp, followed().email)

        def both_have_come() -> None:
            news = [mail for mail in smtp.mails() if mail.kind == DeliveryKind.PROPOSAL_SCHEDULED]
            assert ["Treu-li suc" in mail.text for mail in news] == [True], "the session is told"

        await eventually(both_have_come, within=SOON)


async def test_what_is_learnt_while_the_wait_is_written_down_is_not_missed(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mailroom.know(people=3)
    await mailroom.store.documents.delete(SESSIONS, {"_id": make_session().id})
    made = await mailroom.due(people=3)
    mark = DeliveryStore.mark

    async def learnt_before(self: DeliveryStore, *args: Any, **options: Any) -> int:
        await mailroom.store.known.sessions.apply(make_session())
        return await mark(self, *args, **options)

    monkeypatch.setattr(DeliveryStore, "mark", learnt_before)
    await mailroom.send()
    assert len(mailroom.arrived()) == 3
    assert {(await mailroom.delivery(each)).tries for each in made} == {0}


async def test_who_is_erased_while_the_wait_is_written_down_is_not_written_to(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mailroom.know()
    await mailroom.store.documents.delete(SESSIONS, {"_id": make_session().id})
    (made,) = await mailroom.due()
    mark = DeliveryStore.mark

    async def erased_before(self: DeliveryStore, ids: Sequence[str], *args: Any, **options: Any) -> int:
        await mark(self, [made], DeliveryState.SKIPPED, RECIPIENT_ERASED)
        return await mark(self, ids, *args, **options)

    monkeypatch.setattr(DeliveryStore, "mark", erased_before)
    await mailroom.send()
    assert await mailroom.state(made) == (DeliveryState.SKIPPED, RECIPIENT_ERASED)
    assert (await mailroom.delivery(made)).open == 0


async def test_a_mail_waits_for_two_days_and_no_longer(mailroom: Mailroom) -> None:
    await mailroom.know()
    await mailroom.store.documents.delete(PROGRAMMES, {"_id": make_programme().id})
    (made,) = await mailroom.due()
    sender = mailroom.sender()
    await mailroom.send(sender)
    assert await mailroom.state(made) == WAITS
    mailroom.now += 2 * DAY
    await mailroom.send(sender)
    assert await mailroom.state(made) == WAITS
    mailroom.now += timedelta(minutes=2)
    await mailroom.send(sender)
    assert await mailroom.state(made) == (DeliveryState.FAILED, f"given up: {NOT_KNOWN_YET}")
    assert (await mailroom.delivery(made)).tries == 0


async def test_after_a_wait_there_is_time_for_failed_tries(mailroom: Mailroom) -> None:
    await mailroom.know()
    await mailroom.store.documents.delete(PROGRAMMES, {"_id": make_programme().id})
    (made,) = await mailroom.due()
    sender = mailroom.sender()
    await mailroom.send(sender)
    mailroom.now += 2 * DAY
    await mailroom.store.known.programmes.apply(make_programme())
    mailroom.smtp.answer("RCPT", "450 4.2.0 later")
    await mailroom.send(sender)
    delivery = await mailroom.delivery(made)
    assert (delivery.state, delivery.tries) == (DeliveryState.DEFERRED, 1)


async def test_only_what_waits_for_that_is_woken(mailroom: Mailroom) -> None:
    other = "othersessionaaaa"
    made = {
        subject: delivery_of(DeliveryKind.CONFIRMATION, id=subject, subject_id=subject, recipient_id=one_of_many(0))
        for subject in (make_session().id, other)
    }
    await mailroom.store.deliveries.add(list(made.values()))
    await mailroom.know()
    await mailroom.store.documents.delete(SESSIONS, {"_id": make_session().id})
    await mailroom.send()
    assert await mailroom.store.deliveries.wake([other], mailroom.now) == 1
    assert [(await mailroom.state(each))[0] for each in made] == [DeliveryState.DEFERRED, DeliveryState.DUE]
    assert await mailroom.store.deliveries.wake([other], mailroom.now) == 0


async def test_what_a_follower_is_told_of_an_unknown_session_waits(mailroom: Mailroom) -> None:
    await mailroom.store.known.programmes.apply(make_programme())
    await mailroom.store.known.proposals.apply(make_proposal())
    await mailroom.store.known.followers.apply(make_follower(id=AUTHOR))
    await mailroom.store.deliveries.add([delivery_of(DeliveryKind.PROPOSAL_SCHEDULED, id="news", recipient_id=AUTHOR)])
    await mailroom.send()
    assert await mailroom.state("news") == WAITS
