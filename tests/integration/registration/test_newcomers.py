"""Somebody registers, perhaps again, while another replica does a whole step in between."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from services.registration.registrations.domain import RegistrationState
from services.registration.seats.store import ROSTERS
from shared.staff import API_CALLER
from tests.integration.registration.conftest import Office
from tests.integration.registration.crashing import CrashedError, assert_settled, crash_between_writes
from tests.integration.registration.interleaving import interruptible

pytestmark = pytest.mark.usefixtures("hurried")
NEWCOMER = 5
Step = Callable[[Office, str], Awaitable[object]]

MEANWHILE: dict[str, Step] = {
    "the same person registers": lambda office, session: office.register(session, NEWCOMER),
    "somebody else registers": lambda office, session: office.register(session, 6),
    "a seat is given up": lambda office, session: office.cancel(session, 0),
    "there are more seats": lambda office, session: office.staff("PATCH", f"/sessions/{session}", {"capacity": 9}),
    "the session ends": lambda office, session: office.staff("POST", f"/sessions/{session}/end", {}),
    "the sweep passes": lambda office, _: office.sweep(),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("taken", [1, 2], ids=["a seat is free", "all seats are taken"])
@pytest.mark.parametrize("comes_back", [False, True], ids=["for the first time", "again"])
async def test_somebody_is_registered_once_whatever_happens_meanwhile(
    office: Office, replica: Office, meanwhile: str, taken: int, comes_back: bool
) -> None:
    store = interruptible(replica)
    for at in range(20):
        session = await office.scheduled(capacity=2)
        for number in range(taken):
            await office.register(session, number)
        if comes_back:
            await office.register(session, NEWCOMER)
            await office.cancel(session, NEWCOMER)
        store.interrupt(at, lambda: MEANWHILE[meanwhile](office, session))  # noqa: B023  used before the next round
        answer = await replica.register(session, NEWCOMER)
        if not store.was_interrupted:
            assert at > 2, "the registration was hardly interrupted: the test tests nothing"
            return
        await office.sweep()
        await assert_settled(office, session)
        assert answer.status_code == (202 if await _registered(office, session) else 409)
    raise AssertionError("registering has more operations than this test interrupts")


async def _registered(office: Office, session: str) -> bool:
    """Whether the newcomer has a place."""
    found = [each for each in await office.registrations(session) if each.email.startswith(f"person{NEWCOMER}@")]
    assert len(found) <= 1
    return any(each.is_active for each in found)


async def test_of_who_has_entered_the_roster_keeps_the_place_alone(office: Office) -> None:
    session = await office.scheduled(capacity=2)
    for number in (0, 1, 2):
        await office.register(session, number)
    last = await office.registration(session, 2)
    assert set((await office.roster(session)).entering) <= {last.id}, "each write leaves out who entered before"
    await office.sweep()
    assert (await office.roster(session)).entering == {}
    assert last.state is RegistrationState.WAITING


@pytest.mark.parametrize("comes_back", [False, True], ids=["for the first time", "again"])
async def test_who_is_on_the_roster_alone_is_exported_and_erased(
    office: Office, tmp_path: Path, comes_back: bool
) -> None:
    session = await office.scheduled(capacity=2)
    if comes_back:
        await office.register(session, 1)
        await office.cancel(session, 1)
    await _crash_while_registering(office, session)
    asked = {"email": "person1@alamus.example"}
    exported = await office.staff("POST", "/registrations/export", asked)
    assert [each["status"] for each in exported["registrations"]] == ["registered"]
    await _crash_while_registering(office, other := await office.scheduled())
    assert (await office.staff("POST", "/registrations/erase", asked))["erased"] == 2
    await office.sweep()
    for erased in (session, other):
        assert [each.email for each in await office.registrations(erased)] == [""]
    assert [file for file in tmp_path.iterdir() if b"person1@" in file.read_bytes()] == []


async def test_who_cancels_while_coming_back_stays_away(office: Office) -> None:
    session = await office.scheduled(capacity=2)
    await office.register(session, 1)
    await office.cancel(session, 1)
    await _crash_while_registering(office, session)
    assert (await office.cancel(session, 1)).json()["status"] == "cancelled"
    await office.sweep()
    assert (await office.registration(session, 1)).state is RegistrationState.CANCELLED
    await assert_settled(office, session)


async def _crash_while_registering(office: Office, session: str) -> None:
    crashing = crash_between_writes(office)
    crashing.restart(1)
    with pytest.raises(CrashedError):
        await office.register(session, 1)
    crashing.restart()
    assert "person1@" in str((await office.roster(session)).entering), "no crash in between: the test tests nothing"


async def test_one_roster_that_cannot_be_read_hinders_no_other(office: Office) -> None:
    broken, other = sorted([await office.scheduled(capacity=1), await office.scheduled(capacity=1)])
    for session in (broken, other):
        await _crash_while_registering(office, session)
    request = next(iter((await office.roster(broken)).entering))
    await office.documents.update(ROSTERS, broken, assign={f"entering.{request}.arrived_at": "yesterday"})
    await office.sweep()
    assert (await office.registration(other, 1)).state is RegistrationState.REGISTERED
    assert await office.registrations(broken) == []


async def test_a_session_scheduled_again_after_a_failure_has_the_seats_it_says(office: Office) -> None:
    model = await office.session(await office.scheduled())
    session = model.model_copy(
        update={"id": "abcdefghijklmnop", "version": 0, "outbox": (), "pending": 0, "announced": 0}
    )
    crashing = crash_between_writes(office)
    crashing.restart(1)
    with pytest.raises(CrashedError):
        await office.use_cases.sessions.schedule(API_CALLER, session)
    crashing.restart()
    await office.use_cases.sessions.schedule(API_CALLER, session.model_copy(update={"capacity": 1}))
    for number in (1, 2):
        await office.register(session.id, number)
    assert (await office.registration(session.id, 2)).state is RegistrationState.WAITING
    await office.sweep()
    await assert_settled(office, session.id)
