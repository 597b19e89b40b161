"""A limit set while people register: two replicas, one of which does a whole step between any two of the other's."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.registration.registrations.domain import RegistrationState
from services.registration.sessions import domain as sessions
from shared.events.vocabulary import SessionStatus
from tests.integration.registration.conftest import STAFF, Office, told
from tests.integration.registration.crashing import assert_settled
from tests.integration.registration.interleaving import interruptible

pytestmark = pytest.mark.usefixtures("hurried")
LIMIT = 2
Step = Callable[[Office, str], Awaitable[object]]


async def _limit(office: Office, session: str) -> None:
    """And somebody takes the only seat left. A session that has ended gets none."""
    await office.api.patch(f"/api/v1/sessions/{session}", json={"capacity": LIMIT}, headers=STAFF)
    await office.register(session, 8)


async def _change_ones_mind(office: Office, session: str) -> None:
    await office.cancel(session, 0)
    await office.register(session, 0)


async def _end(office: Office, session: str) -> None:
    await office.staff("POST", f"/sessions/{session}/end", {})


STEPS: dict[str, Step] = {
    "limit": _limit,
    "register": lambda office, session: office.register(session, 5),
    "register again": lambda office, session: office.register(session, 7),
    "cancel": lambda office, session: office.cancel(session, 0),
    "change one's mind": _change_ones_mind,
    "end": _end,
    "sweep": lambda office, _: office.sweep(),
}
PAIRS = [(one, other) for one in STEPS for other in STEPS if one != other and "limit" in (one, other)]


async def _prepared(office: Office) -> str:
    """A session without limit: number 0 is registered, number 7 was."""
    session = await office.scheduled()
    for number in (0, 7):
        await office.register(session, number)
    await office.cancel(session, 7)
    return session


async def _told(office: Office, session: str) -> list[str]:
    return [name for item in await office.registrations(session) for name in told(item)]


async def _assert_whole(office: Office, session: str) -> None:
    states = [item.state for item in await office.registrations(session)]
    assert states.count(RegistrationState.REGISTERED) <= LIMIT
    current = await office.session(session)
    await assert_settled(office, session)
    if current.status is SessionStatus.ENDED:
        assert states.count(RegistrationState.REGISTERED) == current.registrations


@pytest.mark.parametrize(("one", "other"), PAIRS)
async def test_a_limit_knows_everybody_whatever_happens_meanwhile(
    office: Office, replica: Office, one: str, other: str
) -> None:
    store = interruptible(replica)
    for at in range(60):
        session = await _prepared(office)
        store.interrupt(at, lambda: STEPS[other](office, session))  # noqa: B023  used before the next round
        await STEPS[one](replica, session)
        if not store.was_interrupted:
            assert at > 1, "the step was hardly interrupted: the test tests nothing"
            return
        await office.sweep()
        await _assert_whole(office, session)
        if other in ("register", "register again"):
            assert "waiting-list-promoted" not in await _told(office, session), "there was a seat from the beginning"
    raise AssertionError("the step has more operations than this test interrupts")


async def test_a_limit_decided_again_is_carried_out_again(office: Office, replica: Office) -> None:
    """One replica still carries out «6» while another goes to 4 and back to 6, and dies before it carries that out."""
    store = interruptible(replica)

    async def there_and_back(session: str) -> None:
        await office.api.patch(f"/api/v1/sessions/{session}", json={"capacity": 4}, headers=STAFF)
        await office.store.sessions.change(session, lambda current: sessions.change(current, {"capacity": 6}))

    for at in range(60):
        session = await office.scheduled(capacity=2)
        store.interrupt(at, lambda: there_and_back(session))  # noqa: B023  used before the next round
        await replica.staff("PATCH", f"/sessions/{session}", {"capacity": 6})
        if not store.was_interrupted:
            assert at > 1
            return
        await office.sweep()
        assert ((await office.session(session)).capacity, (await office.roster(session)).capacity) == (6, 6)
    raise AssertionError("the step has more operations than this test interrupts")


async def test_who_registered_before_the_limit_keeps_the_seat_and_counts(office: Office) -> None:
    session = await office.scheduled()
    for number in range(3):
        await office.register(session, number)
    shown = await office.staff("PATCH", f"/sessions/{session}", {"capacity": 2})
    assert (shown["capacity"], shown["seats_left"], shown["waiting"]) == (2, 0, 0)
    await office.register(session, 4)
    await office.cancel(session, 0)
    assert (await office.registration(session, 4)).state is RegistrationState.WAITING, "two seated for two seats"
    await office.cancel(session, 1)
    assert (await office.registration(session, 4)).state is RegistrationState.REGISTERED
    await assert_settled(office, session)


async def test_very_many_are_entered_when_a_limit_is_set(office: Office) -> None:
    session = await office.scheduled()
    await asyncio.gather(*(office.register(session, number) for number in range(130)))
    await office.cancel(session, 1)
    assert (await office.staff("PATCH", f"/sessions/{session}", {"capacity": 150}))["seats_left"] == 21
    await assert_settled(office, session)
