"""The list of sessions is kept in memory by each replica, and always says what any of them wrote."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.registration.browsing import words
from tests.integration.registration.conftest import PROGRAMME, MovingClock, Office, open_office


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[tuple[Office, Office]]:
    """Two over the same store, each of which has shown its list before."""
    clock = MovingClock()
    async for one in open_office(tmp_path, clock):
        await one.staff("POST", "/programmes", PROGRAMME, expect=201)
        async for other in open_office(tmp_path, clock):
            for replica in (one, other):
                replica.api.headers["accept-language"] = "ca"
                assert (await replica.api.get("/sessions")).status_code == 200
            yield one, other


async def _list(office: Office, query: str = "") -> str:
    return words(await office.api.get(f"/sessions{query}"))


async def test_what_one_replica_changes_the_other_shows_at_once(replicas: tuple[Office, Office]) -> None:
    one, other = replicas
    session = await one.scheduled(title={"ca": "Treu-li suc"})
    assert "Treu-li suc" in await _list(other, "?q=suc")
    await one.staff("PATCH", f"/sessions/{session}", {"title": {"ca": "Contractes menors"}})
    assert "1 sessió" in await _list(other, "?q=menors")
    assert "0 sessions" in await _list(other, "?q=suc")
    await one.staff("POST", f"/sessions/{session}/reschedule", {"starts_at": "2027-02-04T10:00:00+01:00"})
    assert "4 de febrer de 2027" in await _list(other, "?year=2027")
    await one.staff("POST", f"/sessions/{session}/cancel", {})
    assert "Sessió anul·lada" in await _list(other)


async def test_what_was_written_while_nobody_looked_is_shown_too(replicas: tuple[Office, Office]) -> None:
    one, other = replicas
    await one.scheduled(title={"ca": "Mentrestant"})
    one.clock.move(days=3)
    assert "Mentrestant" in await _list(other)


async def test_a_moved_session_changes_its_place_in_the_list(replicas: tuple[Office, Office]) -> None:
    one, other = replicas
    await one.scheduled(title={"ca": "La segona"}, starts_at="2026-12-17T10:00:00+01:00")
    first = await one.scheduled(title={"ca": "La primera"}, starts_at="2026-12-10T10:00:00+01:00")
    before = await _list(other)
    assert before.index("La primera") < before.index("La segona")
    await one.staff("POST", f"/sessions/{first}/reschedule", {"starts_at": "2026-12-24T10:00:00+01:00"})
    after = await _list(other)
    assert after.index("La segona") < after.index("La primera")
