"""Duplicates and disorder change nothing (promise R13): a recorded history, shuffled and repeated."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notifications.deliveries.domain import DeliveryKind, delivery_id
from services.notifications.projections.store import (
    CONTACTS,
    FOLLOWERS,
    MEMBERSHIPS,
    PROGRAMMES,
    PROPOSALS,
    REGISTRATIONS,
    SESSIONS,
)
from shared.events import Event
from shared.events.feedback import ResultsPublished, SurveyClosed, SurveyOpened, SurveyUnanswered
from shared.events.registration import MaterialsPublished
from shared.events.vocabulary import FollowerRole, SessionStatus
from tests.integration.notifications.house import (
    END,
    PROGRAMME,
    SESSION,
    START,
    House,
    gave_up,
    programme_defined,
    promoted,
    registered,
    registration_id,
    running_house,
    session_ended,
    session_rescheduled,
    session_scheduled,
    session_values,
    waiting,
)
from tests.integration.notifications.test_memberships import ANNA, MEMBERSHIP, advanced, named, started, step_set
from tests.integration.notifications.test_proposals import (
    AUTHOR,
    PROPOSAL,
    SUPPORTER,
    followed,
    proposed,
    review_started,
    scheduled,
    support_requested,
)
from tests.integration.notifications.test_surveys import closed, opened

MOVED = START + timedelta(days=1)
BEFORE_THE_END: list[Event] = [
    programme_defined(),
    session_scheduled(),
    registered(1),
    registered(2),
    waiting(3),
    gave_up(2),
    promoted(3),
    registered(2, version=3, generation=2),
    waiting(4),
    session_rescheduled(2, MOVED, 1, START),
    session_scheduled(3, starts_at=MOVED, sequence=1),
    proposed(),
    followed(),
    support_requested(),
    followed(SUPPORTER, FollowerRole.SUPPORTER, version=2),
    review_started(),
    scheduled(),
    started(),
    named(),
    advanced(),
    step_set(3, "Llegir la guia", step=1),
    step_set(4, step=1),
]
ENDED = session_values(status=SessionStatus.ENDED, starts_at=MOVED, sequence=1)
AFTER_THE_END: list[Event] = [
    session_ended(4, registrations=3, starts_at=MOVED, sequence=1),
    opened(3),
    MaterialsPublished(version=5, **{**ENDED, "recording_url": "https://video.example/1"}),
    closed(),
    ResultsPublished(version=3, session_id=SESSION, programme=PROGRAMME, answers=5, questions={}),
]
KNOWN = (PROGRAMMES, SESSIONS, REGISTRATIONS, PROPOSALS, FOLLOWERS, MEMBERSHIPS, CONTACTS)
OWED = {
    *(delivery_id(DeliveryKind.CONFIRMATION, SESSION, registration_id(number), str(number)) for number in (1, 2)),
    delivery_id(DeliveryKind.PROMOTION, SESSION, registration_id(3), "1"),
    delivery_id(DeliveryKind.WAITING_LIST, SESSION, registration_id(4), "1"),
    *(delivery_id(DeliveryKind.RESULTS, SESSION, registration_id(number), "") for number in (1, 2, 3)),
    *(delivery_id(DeliveryKind.MATERIALS, SESSION, registration_id(number), "recording") for number in (1, 2, 3)),
    delivery_id(DeliveryKind.PROPOSAL_RECEIVED, PROPOSAL, AUTHOR, ""),
    delivery_id(DeliveryKind.PROPOSAL_SCHEDULED, PROPOSAL, AUTHOR, SESSION),
    delivery_id(DeliveryKind.MEMBERSHIP_STARTED, MEMBERSHIP, ANNA, "1"),
    delivery_id(DeliveryKind.MEMBERSHIP_ADVANCED, MEMBERSHIP, ANNA, "1"),
    *(delivery_id(DeliveryKind.MEMBERSHIP_NEXT_STEP, MEMBERSHIP, ANNA, f"4-{days}") for days in (7, 1)),
}
"""What must have been told in any order: who cancelled and came back is owed the confirmation of that second time."""

seeds = st.integers(0, 2**32)
thorough = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def shuffled(events: Sequence[Event], seed: int) -> list[Event]:
    mixed = list(events)
    random.Random(seed).shuffle(mixed)
    return mixed


async def state_of(house: House) -> dict[str, Any]:
    """All that is known, without the store's own counts of writes."""
    state: dict[str, Any] = {}
    for collection in KNOWN:
        documents = await house.raw.find(collection)
        state[collection] = [{key: value for key, value in item.items() if key != "version"} for item in documents]
    return state


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def in_order(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], set[str]]:
    """What is known and told when everything comes once and in its order."""
    async with running_house(tmp_path_factory.mktemp("in-order")) as house:
        await house.hear(*BEFORE_THE_END)
        house.clock.now = END + timedelta(days=1)
        await house.hear(*AFTER_THE_END)
        return await state_of(house), set(await house.delivery_ids())


@thorough
@given(seed=seeds)
async def test_in_any_order_the_same_is_known_and_nobody_is_told_more(
    seed: int, in_order: tuple[dict[str, Any], set[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    state, told = in_order
    async with running_house(tmp_path_factory.mktemp("shuffled")) as house:
        await house.hear(*shuffled(BEFORE_THE_END * 2 + AFTER_THE_END, seed))
        assert await state_of(house) == state
        ids = set(await house.delivery_ids())
        checked_when_sent = ("reminder", "session_cancelled", "proposal_rescheduled", "membership_next_step")
        assert not {id_ for id_ in ids if not id_.startswith(checked_when_sent)} - told
        assert not OWED - ids


@thorough
@given(seed=seeds)
async def test_the_whole_stream_replayed_twice_and_shuffled_adds_no_mail(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with running_house(tmp_path_factory.mktemp("replayed")) as house:
        await house.hear(*BEFORE_THE_END)
        house.clock.now = END + timedelta(days=1)
        await house.hear(*AFTER_THE_END[:2], SurveyUnanswered(version=2, session_id=SESSION, part=0, hashes=[]))
        await house.send_everything()
        await house.hear(*AFTER_THE_END[2:])
        await house.send_everything()
        state, before = await state_of(house), await house.deliveries()
        history = BEFORE_THE_END + AFTER_THE_END
        await house.hear(*shuffled(history * 2, seed))
        assert await state_of(house) == state
        assert await house.deliveries() == before
        assert not await house.prepared()


def test_the_history_has_every_event_that_may_close_a_survey() -> None:
    kinds = {type(event) for event in AFTER_THE_END}
    assert {SurveyOpened, SurveyClosed, ResultsPublished} <= kinds
