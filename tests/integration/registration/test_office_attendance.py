import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.staff import API_CALLER
from shared.storage.contract import StoreError
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work

REPORT = (
    "1. Resum\r\nTítol de la reunió\tTreu-li suc\r\nParticipants\t4\r\n\r\n"
    "2. Participants\r\n"
    "Nom\tPrimera unió\tDarrera sortida\tDurada\tCorreu electrònic\tID del participant (UPN)\tRol\r\n"
    "Persona Un\t3/12/26\t3/12/26\t55 m\tPersona1@alamus.example\tx\tParticipant\r\n"
    "2, Persona (Convidada)\t3/12/26\t3/12/26\t55 m\t\t\tParticipant\r\n"
    "Algú Altre\t3/12/26\t3/12/26\t55 m\t\t\tParticipant\r\n"
    "\r\n3. Activitats de la reunió\r\nNom\tHora\r\nPersona 3\t10:00\r\n"
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        yield opened


async def _came(desk: OfficeDesk, session: str) -> list[str]:
    return [item.name for item in await desk.store.registrations.all_of(session) if item.attended_at]


async def test_attendance_is_marked_and_taken_back_and_touches_only_what_was_changed(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    for number in (1, 2, 3):
        await desk.register(session, number)
    first, second, third = [item.id for item in await desk.store.registrations.all_of(session)]
    desk.come_back(days=7)
    path = f"/office/sessions/{session}/registrations"
    await desk.submit(path, {"were": "", f"came-{first}": "1", f"came-{second}": "1"})
    await desk.use_cases.registrations.view(third)
    await desk.use_cases.attendance.mark(API_CALLER, session, [third], [])  # joined while the page was open
    await desk.submit(path, {"were": f"{first} {second}", f"came-{second}": "1"})
    assert await _came(desk, session) == ["Persona 2", "Persona 3"]


async def test_attendance_is_recorded_once_for_all_whose_mark_changed(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    for number in (1, 2):
        await desk.register(session, number)
    people = [item.id for item in await desk.store.registrations.all_of(session)]
    desk.come_back(days=7)
    for _ in range(2):
        await desk.use_cases.attendance.mark(API_CALLER, session, people, [])
    (entry,) = await desk.entries(action="attendance.marked")
    assert (entry.subject, entry.details) == (session, {"came": 2, "did_not": 0})


async def test_attendance_that_cannot_be_stored_is_not_recorded(
    desk: OfficeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await desk.scheduled()
    await desk.register(session, 1)
    (person,) = [item.id for item in await desk.store.registrations.all_of(session)]
    desk.come_back(days=7)

    async def refuse(*_: object, **__: object) -> None:
        raise StoreError("away")

    with monkeypatch.context() as broken:
        broken.setattr(desk.store.registrations, "change", refuse)
        with pytest.raises(StoreError):
            await desk.use_cases.attendance.mark(API_CALLER, session, [person], [])
    assert await desk.entries(action="attendance.marked") == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-8-sig"])
async def test_the_report_of_teams_is_compared_first_and_then_stored(desk: OfficeDesk, encoding: str) -> None:
    session = await desk.scheduled()
    for number in (1, 2, 3):
        await desk.register(session, number)
    desk.come_back(days=7)
    path = f"/office/sessions/{session}/attendance"
    page = (await desk.submit(path, {}, files={"report": REPORT.encode(encoding)}, expect=200)).text
    assert "2 persones" in page
    assert "Algú Altre" in page
    assert await _came(desk, session) == [], "nothing is stored yet"
    ids = re.search(r'name="registrations" value="([^"]*)"', page)
    assert ids
    await desk.submit(f"{path}/store", {"registrations": ids[1]})
    assert await _came(desk, session) == ["Persona 1", "Persona 2"]


async def test_a_long_report_keeps_nobody_else_waiting(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    desk.come_back(days=7)
    report = "Nom\tCorreu electrònic\n" + "".join(f"Persona {number}\t\n" for number in range(50_000))
    began = looked = time.monotonic()
    longest = 0.0
    comparing = asyncio.create_task(desk.use_cases.attendance.compare(session, report.encode()))
    while not comparing.done():
        await asyncio.sleep(0)
        longest, looked = max(longest, time.monotonic() - looked), time.monotonic()
    assert len((await comparing).strangers) == 50_000
    assert longest < (time.monotonic() - began) / 2


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\x00\xff\r\x00", b"una;altra\n1;2\n"])
async def test_a_file_that_is_no_report_is_said_beside_the_field(desk: OfficeDesk, content: bytes) -> None:
    session = await desk.scheduled()
    desk.come_back(days=7)
    page = await desk.submit(
        f"/office/sessions/{session}/attendance", {"x": "y"}, files={"report": content}, expect=422
    )
    assert 'href="#report"' in page.text
