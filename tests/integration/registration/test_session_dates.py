"""A session on its date: what the hour after it, or another date, makes of seats, attendance and links."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from services.registration.coverage.usecases import participations
from services.registration.registrations.domain import JoinClosedProblem, RegistrationState
from shared.security.links import LinkPurpose
from shared.staff import API_CALLER
from tests.integration.registration.browsing import send
from tests.integration.registration.conftest import Office, told
from tests.integration.registration.crashing import CrashedError, crash_between_writes
from tests.integration.registration.interleaving import interruptible

COUNCIL = "2500450006"


async def _full(office: Office) -> str:
    """A session in a week with one seat, taken by the first; the second waits."""
    starts_at = office.clock() + timedelta(days=7)
    session = await office.scheduled(capacity=1, starts_at=starts_at.isoformat())
    for number in (1, 2):
        await office.register(session, number)
    return session


def _to_the_session(office: Office, minutes: float = 0) -> None:
    """To so long after the beginning of the session in a week."""
    office.clock.move(days=7, minutes=minutes)


async def _join(office: Office, session: str, number: int = 1) -> int:
    answer = await send(office, f"/join/{await office.token(session, number, LinkPurpose.JOIN)}")
    return answer.status_code


async def _erase(office: Office, session: str, number: int = 1) -> None:
    await office.use_cases.own.erase((await office.registration(session, number)).id)


async def _change(office: Office, session: str, **changes: Any) -> None:
    await office.staff("PATCH", f"/sessions/{session}", changes)


async def _move(office: Office, session: str, **by: float) -> None:
    """To so much later than now."""
    office.clock.move(**by)
    starts_at = office.clock().isoformat()
    office.clock.move(**{unit: -amount for unit, amount in by.items()})
    await office.staff("POST", f"/sessions/{session}/reschedule", {"starts_at": starts_at})


async def _is_promoted(office: Office, session: str) -> bool:
    await office.sweep()
    second = await office.registration(session, 2)
    assert (second.state is RegistrationState.REGISTERED) == ("waiting-list-promoted" in told(second))
    return second.state is RegistrationState.REGISTERED


async def _attended(office: Office) -> int:
    return (await participations(office.store.registrations))[COUNCIL].attended


async def test_who_waits_gets_no_seat_of_a_session_whose_planned_end_is_past(office: Office) -> None:
    session = await _full(office)
    _to_the_session(office, 70)
    await _erase(office, session)
    assert not await _is_promoted(office, session)
    await _change(office, session, capacity=5)
    assert not await _is_promoted(office, session)


async def test_a_seat_given_up_in_time_is_not_passed_on_after_the_planned_end(office: Office) -> None:
    session = await _full(office)
    first = await office.registration(session)
    await office.store.registrations.change(
        first.id, lambda it: (it.model_copy(update={"state": RegistrationState.CANCELLED, "unsettled": 1}), [])
    )  # as a crash leaves it
    _to_the_session(office, 70)
    assert not await _is_promoted(office, session)


@pytest.mark.parametrize("how", ["another date", "a longer session"])
async def test_it_is_passed_on_once_the_session_is_to_come_again(office: Office, how: str) -> None:
    session = await _full(office)
    _to_the_session(office, 70)
    await _change(office, session, capacity=2)
    if how == "another date":
        await _move(office, session, days=7)
    else:
        await _change(office, session, duration_minutes=120)
    assert await _is_promoted(office, session)


@pytest.mark.parametrize("minutes", [30, 70])
async def test_who_attended_counts_for_the_council_also_when_erased_before_the_end(
    office: Office, minutes: float
) -> None:
    session = await _full(office)
    _to_the_session(office, -5)
    assert await _join(office, session) == 303
    assert await _attended(office) == 1
    office.clock.move(minutes=minutes)
    await _erase(office, session)
    await office.sweep()
    assert await _attended(office) == 1
    await office.staff("POST", f"/sessions/{session}/end", {})
    assert await _attended(office) == 1


async def test_who_is_erased_during_the_session_without_having_come_leaves_the_seat(office: Office) -> None:
    session = await _full(office)
    _to_the_session(office, 30)
    await _erase(office, session)
    assert await _is_promoted(office, session)


async def test_who_joined_before_the_session_was_postponed_has_not_come_to_its_new_date(office: Office) -> None:
    session = await _full(office)
    _to_the_session(office, -5)
    await _join(office, session)
    office.clock.move(minutes=20)
    await _move(office, session, days=7)
    assert await _attended(office) == 0
    assert (await office.registration(session)).attended_at is None
    office.clock.move(days=7)
    await _join(office, session)
    assert await _attended(office) == 1


async def test_who_the_office_marked_before_the_session_was_postponed_has_not_come_either(office: Office) -> None:
    session = await _full(office)
    _to_the_session(office, 5)
    await office.use_cases.attendance.mark(API_CALLER, session, [(await office.registration(session)).id], [])
    await _move(office, session, days=7)
    assert await _attended(office) == 0


@pytest.mark.parametrize(
    ("after", "by"), [(-5, {"minutes": 10}), (70, {"days": 7})], ids=["a short delay", "once it was held"]
)
async def test_who_joined_has_come(office: Office, after: float, by: dict[str, float]) -> None:
    session = await _full(office)
    _to_the_session(office, -10)
    await _join(office, session)
    office.clock.move(minutes=10 + after)
    await _move(office, session, **by)
    assert await _attended(office) == 1


async def test_a_seat_kept_for_who_came_and_was_erased_is_passed_on_with_the_date(office: Office) -> None:
    session = await _full(office)
    _to_the_session(office, 5)
    await _join(office, session)
    await _erase(office, session)
    assert not await _is_promoted(office, session)
    await _move(office, session, days=7)
    assert await _is_promoted(office, session)
    assert await _attended(office) == 0


async def test_attendance_leaves_with_the_date_wherever_the_process_dies(office: Office) -> None:
    store = crash_between_writes(office)
    for at in range(30):
        session = await _full(office)
        _to_the_session(office, 5)
        await _join(office, session)
        await _erase(office, session)
        store.restart(at)
        try:
            await office.use_cases.sessions.reschedule(API_CALLER, session, office.clock() + timedelta(days=7), None)
        except CrashedError:
            store.restart()
            if not (await office.session(session)).previous_starts_at:
                continue
        else:
            assert at > 3
            return
        assert await _is_promoted(office, session)
        left, promoted = await office.registrations(session)
        assert (left.attended_at, left.unsettled, promoted.unsettled) == (None, 0, 0)
        assert (await office.roster(session)).place_of(left.id) == ("left", 1)
    raise AssertionError("the step has more writes than this test counts")


async def test_nobody_comes_to_a_date_that_is_left_at_that_moment(office: Office, replica: Office) -> None:
    store = interruptible(replica)
    for at in range(20):
        session = await _full(office)
        first = (await office.registration(session)).id
        _to_the_session(office, 5)
        store.interrupt(at, lambda: _move(office, session, days=7))  # noqa: B023  used before the next round
        with suppress(JoinClosedProblem):
            await replica.use_cases.registrations.attend(first)
        if not store.was_interrupted:
            assert at > 2
            return
        assert (await office.registration(session)).attended_at is None, at
    raise AssertionError("the step has more operations than this test interrupts")


@pytest.mark.parametrize("purpose", [LinkPurpose.REGISTRATION, LinkPurpose.JOIN])
async def test_the_link_of_the_first_mail_works_on_the_new_day_and_thirty_more(
    office: Office, purpose: LinkPurpose
) -> None:
    session = await _full(office)
    path = f"/{purpose}/{await office.token(session, purpose=purpose)}"
    await _move(office, session, days=90)
    office.clock.move(days=90)
    assert (await office.api.get(path)).status_code == 200
    office.clock.move(days=30)
    assert (await office.api.get(path)).status_code == 200
    office.clock.move(hours=2)
    assert (await office.api.get(path)).status_code == 410


async def test_the_link_of_the_first_mail_reads_and_cancels_over_the_api_after_a_move(office: Office) -> None:
    session = await _full(office)
    path = f"/api/v1/registrations/{await office.token(session)}"
    await _move(office, session, days=90)
    office.clock.move(days=80)
    assert (await office.api.get(path)).status_code == 200
    assert (await office.api.delete(path)).json()["status"] == "cancelled"
