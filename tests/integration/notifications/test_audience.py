"""Mails about sessions that are not for everybody, have a provisional date, or no survey."""

import pytest

from shared.events import Event
from shared.events.registration import SessionCancelled, SessionRescheduled
from shared.events.vocabulary import Audience, SessionStatus
from tests.integration.notifications.house import (
    END,
    SESSION,
    House,
    programme_defined,
    registered,
    registrations,
    session_changed,
    session_ended,
    session_scheduled,
    session_values,
)
from tests.integration.notifications.test_proposals import (
    AUTHOR,
    MOVED,
    START,
    back_under_review,
    followed,
    placed,
    proposed,
    told,
)
from tests.integration.notifications.test_recordings import answered, published
from tests.integration.notifications.test_surveys import published as results_published

HIDDEN = {"audience": Audience.MEMBERS}


async def follow(house: House, **session: object) -> None:
    """The author follows a proposal that the session treats."""
    await house.hear(programme_defined(), session_scheduled(**session), proposed(), followed(), placed())
    assert await told(house) == ["proposal_received author", "proposal_scheduled author"]


def moved(**session: object) -> SessionRescheduled:
    return SessionRescheduled(
        version=2, previous_starts_at=START, **session_values(starts_at=MOVED, sequence=1, **session)
    )


def cancelled(**session: object) -> SessionCancelled:
    return SessionCancelled(version=3, **session_values(status=SessionStatus.CANCELLED, sequence=2, **session))


@pytest.mark.parametrize(
    "events",
    [
        [moved(tentative=True)],
        [cancelled(tentative=True)],
        [cancelled(tentative=True), back_under_review()],
        [back_under_review(), cancelled(tentative=True)],
    ],
    ids=["moved", "cancelled", "cancelled, then review", "review, then cancelled"],
)
async def test_nobody_is_told_that_a_provisional_date_moved_or_fell_away(house: House, events: list[Event]) -> None:
    await follow(house, tentative=True)
    await house.hear(*events)
    assert await told(house) == []


async def test_nobody_is_told_of_a_move_before_the_date_was_confirmed_also_if_it_is_heard_late(house: House) -> None:
    await follow(house, tentative=True)
    await house.hear(session_changed(3, starts_at=MOVED, sequence=2), moved(tentative=True))
    assert await told(house) == []


async def test_reminders_are_stored_once_the_date_is_confirmed(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(tentative=True))
    assert not await house.raw.find("fanouts", {"kind": "reminder"})
    await house.hear(session_changed(2, sequence=1), registered(1))
    assert await house.recipients("reminder") == registrations([1, 1])


async def test_followers_are_told_neither_move_nor_recording_of_a_session_for_some(house: House) -> None:
    await follow(house, **HIDDEN)
    await house.hear(moved(**HIDDEN))
    assert await told(house) == []
    recording = published().model_copy(update=HIDDEN)
    await house.hear(session_ended(**HIDDEN), answered(), recording)
    assert [news for news in await told(house) if "recording" in news or "rescheduled" in news] == []


async def test_a_recording_that_was_hidden_after_it_was_to_be_told_is_not_told(house: House) -> None:
    await follow(house)
    await house.hear(session_ended(), answered(), published())
    await house.hear(session_changed(11, status=SessionStatus.ENDED, recording_url="https://video.example/1", **HIDDEN))
    assert "proposal_recording author" not in await told(house)
    assert AUTHOR in await house.recipients("proposal_recording")


async def test_no_link_is_made_and_no_mail_sent_where_no_survey_follows(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(survey=False), registered(1))
    house.clock.now = END
    await house.hear(session_ended(registrations=1, survey=False), registered(2))
    assert await house.prepared() == []
    assert await house.deliveries("survey") == []
    assert await house.store.surveys.get(SESSION) is None


async def test_results_that_have_no_public_page_are_mailed_to_nobody(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(**HIDDEN), registered(1))
    await house.hear(results_published(12))
    assert await house.deliveries("results") == []
