"""Somebody registers where there is a limit, while another replica does a whole step in between."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from services.registration.domain.registrations import RegistrationState
from shared.storage import sqlite
from tests.integration.registration.conftest import Office, open_office
from tests.integration.registration.crashing import assert_settled
from tests.integration.registration.interleaving import interruptible

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


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many sessions, and nothing dies: the disk need not be waited for."""
    monkeypatch.setattr(sqlite, "_WRITER_SETTINGS", (*sqlite._WRITER_SETTINGS, "PRAGMA synchronous = OFF"))


@pytest.fixture
async def replica(office: Office, tmp_path: Path) -> AsyncIterator[Office]:
    async for opened in open_office(tmp_path, office.clock):
        yield opened


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


async def test_of_who_is_erased_the_roster_keeps_no_address(office: Office, replica: Office) -> None:
    session = await office.scheduled(capacity=2)
    await replica.register(session, 0)
    assert "person0@" in str((await office.roster(session)).entering), "nothing to erase: the test tests nothing"
    await office.use_cases.erasures.begin(await office.registration(session, 0))
    assert (await office.roster(session)).entering == {}
