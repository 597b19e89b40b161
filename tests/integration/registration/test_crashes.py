import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.registration.registrations.domain import RegistrationState
from tests.integration.registration.conftest import Office, told
from tests.integration.registration.crashing import (
    CrashedError,
    assert_never_oversold,
    assert_settled,
    crash_between_writes,
)

Step = Callable[[Office, str], Awaitable[object]]

STEPS: dict[str, Step] = {
    "register for a seat": lambda office, session: office.register(session, 9),
    "register for the list": lambda office, session: office.register(session, 9),
    "register again": lambda office, session: office.register(session, 7),
    "cancel a seat": lambda office, session: office.cancel(session, 0),
    "cancel a place on the list": lambda office, session: office.cancel(session, 2),
    "raise the capacity": lambda office, session: office.staff("PATCH", f"/sessions/{session}", {"capacity": 4}),
    "lift the capacity": lambda office, session: office.staff("PATCH", f"/sessions/{session}", {"capacity": None}),
    "lower the capacity": lambda office, session: office.staff("PATCH", f"/sessions/{session}", {"capacity": 1}),
    "register without limit": lambda office, session: office.register(session, 9),
    "register again without limit": lambda office, session: office.register(session, 7),
    "cancel without limit": lambda office, session: office.cancel(session, 0),
    "limit one without limit": lambda office, session: office.staff("PATCH", f"/sessions/{session}", {"capacity": 2}),
    "end one without limit": lambda office, session: office.staff("POST", f"/sessions/{session}/end", {}),
    "end": lambda office, session: office.staff("POST", f"/sessions/{session}/end", {}),
    "cancel the session": lambda office, session: office.staff("POST", f"/sessions/{session}/cancel", {}),
}


async def _prepared(office: Office, step: str) -> str:
    """A session of two seats: two taken and two waiting, or empty; number 7 had cancelled. Or one without limit."""
    session = await office.scheduled(capacity=None if step.endswith("without limit") else 2)
    await office.register(session, 7)
    await office.cancel(session, 7)
    for number in range(0 if step == "register for a seat" else 4):
        await office.register(session, number)
    return session


@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_before_any_write_leaves_nothing_that_the_sweep_does_not_finish(
    office: Office, step: str
) -> None:
    crashing = crash_between_writes(office)
    for crash_at in range(12):
        session = await _prepared(office, step)
        crashing.restart(crash_at)
        try:
            await STEPS[step](office, session)
            finished = True
        except CrashedError:
            finished = False
        crashing.restart()
        has_limit = step != "lift the capacity" and not step.endswith("without limit")
        await assert_never_oversold(office, session, 4 if has_limit else 99)
        await office.sweep()
        await assert_settled(office, session)
        writes = [name for item in await office.registrations(session) for name in told(item)]
        await office.sweep()
        assert writes == [name for item in await office.registrations(session) for name in told(item)]
        if finished:
            assert crash_at > 0, "the step never crashed: the test tests nothing"
            return
    raise AssertionError("the step writes more often than this test crashes it")


@pytest.mark.parametrize("step", STEPS)
async def test_after_a_crash_the_caller_may_simply_try_again(office: Office, step: str) -> None:
    crashing = crash_between_writes(office)
    for crash_at in range(6):
        session = await _prepared(office, step)
        crashing.restart(crash_at)
        try:
            await STEPS[step](office, session)
        except CrashedError:
            crashing.restart()
            await STEPS[step](office, session)
        crashing.restart()
        await office.sweep()
        await assert_settled(office, session)


async def test_an_end_that_crashed_is_told_once_with_the_right_number(office: Office) -> None:
    crashing = crash_between_writes(office)
    session = await _prepared(office, "end")
    crashing.restart(1)
    with pytest.raises(CrashedError):
        await office.staff("POST", f"/sessions/{session}/end", {})
    crashing.restart()
    assert (await office.register(session, 30)).status_code == 409, "closed from the first write on"
    await asyncio.gather(office.sweep(), office.sweep(), office.staff("POST", f"/sessions/{session}/end", {}))
    ended = await office.session(session)
    assert told(ended) == ["session-scheduled", "session-ended"]
    assert ended.outbox[-1].data["registrations"] == 2


async def test_a_newcomer_on_the_roster_is_registered_although_the_session_ends(office: Office) -> None:
    crashing = crash_between_writes(office)
    session = await office.scheduled(capacity=2)
    crashing.restart(1)
    with pytest.raises(CrashedError):
        await office.register(session, 1)
    crashing.restart()
    assert await office.registrations(session) == []
    await office.staff("POST", f"/sessions/{session}/end", {})
    registration = await office.registration(session)
    assert (registration.state, told(registration)) == (RegistrationState.REGISTERED, ["entity-registered"])
    assert (await office.session(session)).outbox[-1].data["registrations"] == 1
    await assert_settled(office, session)


async def test_a_newcomer_does_not_overtake_the_list_while_a_promotion_is_due(office: Office) -> None:
    crashing = crash_between_writes(office)
    session = await office.scheduled(capacity=1)
    for number in (1, 2):
        await office.register(session, number)
    crashing.restart(2)  # cancelled, the seat is free, nobody is promoted yet
    with pytest.raises(CrashedError):
        await office.cancel(session, 1)
    crashing.restart()
    roster = await office.roster(session)
    assert (roster.seats_free, roster.waiting_count) == (1, 1)
    assert (await office.api.get(f"/api/v1/sessions/{session}")).json()["seats_left"] == 0
    await office.register(session, 3)
    assert (await office.registration(session, 3)).state is RegistrationState.WAITING
    await office.sweep()
    assert (await office.registration(session, 2)).state is RegistrationState.REGISTERED
    assert (await office.registration(session, 3)).state is RegistrationState.WAITING


async def test_a_limit_whose_setter_died_holds_for_who_registers_next(office: Office) -> None:
    session = await office.scheduled()
    for number in range(4):
        await office.register(session, number)
    crashing = crash_between_writes(office)
    crashing.restart(1)
    with pytest.raises(CrashedError):
        await office.staff("PATCH", f"/sessions/{session}", {"capacity": 5})
    crashing.restart()
    assert (await office.session(session)).capacity == 5, "it died too early"
    await asyncio.gather(office.register(session, 5), office.register(session, 6))
    await assert_never_oversold(office, session, 5)
    await office.sweep()
    await assert_settled(office, session)


async def test_who_waits_is_shown_until_a_lifted_limit_is_carried_out(office: Office) -> None:
    session = await _prepared(office, "lift the capacity")
    crashing = crash_between_writes(office)
    crashing.restart(2)  # recorded, decided, not carried out
    with pytest.raises(CrashedError):
        await office.staff("PATCH", f"/sessions/{session}", {"capacity": None})
    crashing.restart()
    shown = await office.staff("GET", f"/sessions/{session}")
    assert (shown["capacity"], shown["waiting"]) == (None, 2)
    await office.sweep()
    assert (await office.api.get(f"/api/v1/sessions/{session}")).json()["waiting"] == 0


async def test_a_late_repetition_of_an_old_round_takes_no_seat(office: Office) -> None:
    crashing = crash_between_writes(office)
    session = await office.scheduled(capacity=1)
    await office.register(session, 1)
    crashing.restart(1)
    with pytest.raises(CrashedError):
        await office.cancel(session, 1)
    crashing.restart()
    stale = await office.registration(session)
    await office.register(session, 1)
    await office.use_cases.registrations.seating.finish_cancelling(stale)  # a replica that had been paused for long
    await assert_never_oversold(office, session, 1)
    assert (await office.registration(session, 1)).state is RegistrationState.REGISTERED
    await office.cancel(session, 1)
    await office.register(session, 2)
    await office.use_cases.registrations.seating.finish_cancelling(stale)
    await office.sweep()
    await assert_settled(office, session)
    assert (await office.registration(session, 2)).state is RegistrationState.REGISTERED


async def test_the_request_of_a_later_round_outlives_what_ends_the_round_before(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    await office.register(session, 1)
    first_round = await office.registration(session)
    await office.cancel(session, 1)
    crashing = crash_between_writes(office)
    crashing.restart(1)
    with pytest.raises(CrashedError):
        await office.register(session, 1)
    crashing.restart()
    await office.use_cases.erasing.begin(first_round.id, first_round.generation)
    await office.sweep()
    registration = await office.registration(session, 1)
    assert (registration.state, registration.generation) == (RegistrationState.REGISTERED, 2)
    roster = await office.roster(session)
    assert (roster.place_of(registration.id), roster.entering) == (("seat", 2), {})
