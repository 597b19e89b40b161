"""Sending over a real store and a real SMTP socket: every delivery ends with its state and reason, once."""

import re
from datetime import timedelta
from typing import Any

import pytest

from services.notifications.deliveries.domain import DeliveryKind, DeliveryState, message_id
from services.notifications.preferences.domain import MailGroup
from services.notifications.reminders import reminder
from services.notifications.surveys.domain import Survey
from shared import ids
from shared.events.vocabulary import Language, ProposalState, RegistrationStatus, SessionStatus
from tests.integration.notifications.mailroom import Mailroom, person
from tests.support.mails import (
    DOMAIN,
    NOW,
    PERSON,
    SESSION,
    SESSION_END,
    STARTS_AT,
    SURVEY_KEY,
    delivery_of,
    make_follower,
    make_programme,
    make_proposal,
    make_registration,
    make_session,
)

MINUTE = timedelta(minutes=1)


async def test_what_is_due_is_sent_once_and_marked(mailroom: Mailroom) -> None:
    await mailroom.know(people=30)
    made = await mailroom.due(people=30)
    sender = mailroom.sender(page=7)
    await mailroom.send(sender)
    await mailroom.send(sender)
    assert mailroom.arrived() == sorted(f"p{number}@x.example" for number in range(30))
    deliveries = [await mailroom.delivery(delivery_id) for delivery_id in made]
    for delivery in deliveries:
        assert (delivery.state, delivery.open, delivery.sent_at) == (DeliveryState.SENT, 0, NOW)
    assert {mail.message_id for mail in mailroom.smtp.mails()} == {message_id(each, DOMAIN) for each in deliveries}


async def test_what_is_not_due_yet_waits_for_its_time(mailroom: Mailroom) -> None:
    await mailroom.know()
    await mailroom.store.deliveries.add(
        [delivery_of(DeliveryKind.CONFIRMATION, recipient_id=person(0), next_try_at=NOW + MINUTE)]
    )
    sender = mailroom.sender()
    await mailroom.send(sender)
    assert mailroom.arrived() == []
    mailroom.now += MINUTE
    await mailroom.send(sender)
    assert mailroom.arrived() == ["p0@x.example"]


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
    mailroom: Mailroom, kind: DeliveryKind, session: dict[str, Any], registration: dict[str, Any], reason: str
) -> None:
    await mailroom.know(session=session, **registration)
    (delivery,) = await mailroom.due(kind)
    await mailroom.send()
    assert await mailroom.state(delivery) == (DeliveryState.SKIPPED, reason)
    assert mailroom.arrived() == []


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
    mailroom: Mailroom, session: dict[str, Any], late: timedelta, reason: str
) -> None:
    await mailroom.know(session=session)
    made = reminder(make_session(), person(0), 60, NOW)
    await mailroom.store.deliveries.add([made])
    mailroom.now = made.due_at + late
    await mailroom.send()
    expected = (DeliveryState.SKIPPED, reason) if reason else (DeliveryState.SENT, "")
    assert await mailroom.state(made.id) == expected


@pytest.mark.parametrize(
    ("late", "expected"),
    [(timedelta(), (DeliveryState.SKIPPED, "after the end")), (-timedelta(seconds=1), (DeliveryState.SENT, ""))],
)
async def test_nobody_is_told_of_a_seat_after_the_planned_end(
    mailroom: Mailroom, late: timedelta, expected: tuple[DeliveryState, str]
) -> None:
    await mailroom.know()
    mailroom.now = SESSION_END + late
    (delivery,) = await mailroom.due(DeliveryKind.PROMOTION)
    await mailroom.send()
    assert await mailroom.state(delivery) == expected


async def test_a_survey_mail_carries_the_link_that_feedback_knows_by_its_hash(mailroom: Mailroom) -> None:
    await mailroom.know()
    survey = Survey(id=SESSION, key=ids.encode(SURVEY_KEY))
    await mailroom.store.surveys.insert(survey)
    await mailroom.due(DeliveryKind.SURVEY)
    await mailroom.send()
    (mail,) = mailroom.smtp.mails()
    assert re.search(r"https://dijous\.example/survey/[A-Za-z0-9_-]{56}\?lang=ca\s", mail.text), (
        "in the mail's language"
    )


async def test_of_two_moves_and_two_registrations_only_what_still_holds_is_sent(mailroom: Mailroom) -> None:
    await mailroom.know(session={"moved_sequence": 2, "sequence": 3}, generation=2)
    made = [
        delivery_of(DeliveryKind.RESCHEDULED, id="first", recipient_id=person(0), sequence=1),
        delivery_of(DeliveryKind.RESCHEDULED, id="second", recipient_id=person(0), sequence=2),
        delivery_of(DeliveryKind.CONFIRMATION, id="before", recipient_id=person(0), generation=1),
        delivery_of(DeliveryKind.CONFIRMATION, id="after", recipient_id=person(0), generation=2),
    ]
    await mailroom.store.deliveries.add(made)
    await mailroom.send()
    assert await mailroom.state("first") == (DeliveryState.SKIPPED, "session moved again")
    assert await mailroom.state("before") == (DeliveryState.SKIPPED, "registered again since")
    assert {(await mailroom.state(each))[0] for each in ("second", "after")} == {DeliveryState.SENT}


@pytest.mark.parametrize(
    ("session", "language", "expected"),
    [
        ({}, Language.CA, (DeliveryState.SENT, "")),
        ({}, Language.EN, (DeliveryState.SENT, "")),
        ({}, Language.ES, (DeliveryState.SKIPPED, "same in their language")),
        ({"previous_title": {"ca": "Abans"}}, Language.ES, (DeliveryState.SENT, "")),
        ({"previous_duration_minutes": 45}, Language.ES, (DeliveryState.SENT, "")),
        ({"sequence": 2}, Language.ES, (DeliveryState.SENT, "")),
    ],
)
async def test_another_title_is_told_to_who_reads_it_unless_a_later_change_hides_what_it_was(
    mailroom: Mailroom, session: dict[str, Any], language: Language, expected: tuple[DeliveryState, str]
) -> None:
    retitled = {
        "title": {"ca": "Ara", "es": "Siempre"},
        "previous_title": {"ca": "Abans", "es": "Siempre"},
        "previous_duration_minutes": None,
        "sequence": 1,
    }
    await mailroom.know(session=retitled | session, language=language)
    made = delivery_of(DeliveryKind.CHANGED, recipient_id=person(0), sequence=1)
    await mailroom.store.deliveries.add([made])
    await mailroom.send()
    assert await mailroom.state(made.id) == expected


async def test_who_stopped_the_news_still_gets_direct_answers(mailroom: Mailroom) -> None:
    await mailroom.know()
    await mailroom.store.suppressions.stop("p0@x.example", MailGroup.ALL, NOW)
    (answer,), (news,) = await mailroom.due(DeliveryKind.CONFIRMATION), await mailroom.due(DeliveryKind.MATERIALS)
    await mailroom.send()
    assert (await mailroom.state(answer))[0] is DeliveryState.SENT
    assert await mailroom.state(news) == (DeliveryState.SKIPPED, "address unsubscribed")


async def test_what_waits_and_was_not_woken_is_looked_at_again_after_a_minute(mailroom: Mailroom) -> None:
    await mailroom.store.known.registrations.apply(make_registration(id=person(0), email="p0@x.example"))
    (delivery,) = await mailroom.due()
    sender = mailroom.sender()
    await mailroom.send(sender)
    assert (await mailroom.state(delivery))[0] is DeliveryState.DEFERRED
    await mailroom.know()
    mailroom.now += MINUTE
    await mailroom.send(sender)
    assert mailroom.arrived() == ["p0@x.example"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ProposalState.UNDER_REVIEW, (DeliveryState.SENT, "")),
        (ProposalState.DECLINED, (DeliveryState.SKIPPED, "proposal declined")),
    ],
)
async def test_news_of_a_proposal_that_has_moved_on_are_skipped(
    mailroom: Mailroom, state: ProposalState, expected: tuple[DeliveryState, str]
) -> None:
    await mailroom.store.known.programmes.apply(make_programme())
    await mailroom.store.known.proposals.apply(make_proposal(state=state, session_id=""))
    await mailroom.store.known.followers.apply(make_follower())
    made = delivery_of(DeliveryKind.PROPOSAL_UNDER_REVIEW, recipient_id=PERSON)
    await mailroom.store.deliveries.add([made])
    await mailroom.send()
    assert await mailroom.state(made.id) == expected
