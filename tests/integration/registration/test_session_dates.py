"""A session on its date: what the hour after it, or another date, makes of seats, attendance and links."""

from typing import Any

import pytest

from services.registration.coverage.usecases import participations
from services.registration.registrations.domain import RegistrationState
from shared.security.links import LinkPurpose
from tests.integration.registration.browsing import send
from tests.integration.registration.conftest import Office, told

COUNCIL = "2500450006"


async def _full(office: Office) -> str:
    """One seat, taken by the first; the second waits."""
    session = await office.scheduled(capacity=1)
    for number in (1, 2):
        await office.register(session, number)
    return session


def _to_the_session(office: Office, minutes: float = 0) -> None:
    """From now in the first week to so long after its beginning."""
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
