"""What the office's pages offer of a session before it begins and after."""

from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from shared.staff import Role
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work, main_of

NOT_YET = "L'assistència es pot marcar des de 15 minuts abans que comenci la sessió."


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        yield opened


def _words(page: httpx.Response) -> str:
    return unescape(main_of(page.text))


async def _registered(desk: OfficeDesk, **given: object) -> tuple[str, str]:
    """A session in a week, and the id of who has registered for it."""
    session = await desk.scheduled(**given)
    await desk.register(session)
    return session, (await desk.store.registrations.all_of(session))[0].id


async def test_attendance_is_not_offered_before_the_session_can_be_joined(desk: OfficeDesk) -> None:
    session, registration = await _registered(desk)
    path = f"/office/sessions/{session}"
    assert f"{path}/attendance" not in (await desk.get(path)).text
    assert NOT_YET in _words(await desk.get(f"{path}/attendance", expect=409))
    page = await desk.get(f"{path}/registrations")
    assert f"came-{registration}" not in page.text
    assert "Desa l'assistència" not in _words(page)
    assert NOT_YET in _words(page)
    desk.come_back(days=7, minutes=-14)
    assert f"{path}/attendance" in (await desk.get(path)).text
    page = await desk.get(f"{path}/registrations")
    assert f"came-{registration}" in page.text
    assert "Desa l'assistència" in _words(page)
    assert NOT_YET not in _words(page)


@pytest.mark.parametrize("part", ["registrations", "attendance", "attendance/store"])
async def test_attendance_is_not_taken_before_the_session_can_be_joined(desk: OfficeDesk, part: str) -> None:
    session, registration = await _registered(desk)
    path, fields = f"/office/sessions/{session}/{part}", {f"came-{registration}": "1", "registrations": registration}
    desk.come_back(days=7, minutes=-16)
    before = await desk.acts()
    answer = await desk.submit(path, fields, expect=409)
    assert NOT_YET in _words(answer)
    assert (await desk.store.registrations.all_of(session))[0].attended_at is None
    assert await desk.acts() == before, "what was refused is not recorded as done"


async def test_attendance_of_a_session_that_was_ended_early_is_taken(desk: OfficeDesk) -> None:
    session, registration = await _registered(desk)
    await desk.staff("POST", f"/sessions/{session}/end", {})
    await desk.submit(f"/office/sessions/{session}/attendance/store", {"registrations": registration})
    assert (await desk.store.registrations.all_of(session))[0].attended_at


async def test_who_only_reads_is_told_nothing_of_marking(desk: OfficeDesk) -> None:
    session, _ = await _registered(desk)
    desk.sign_in(Role.VIEWER)
    assert NOT_YET not in _words(await desk.get(f"/office/sessions/{session}/registrations"))


async def test_cancelling_is_offered_until_the_session_begins(desk: OfficeDesk) -> None:
    session, registration = await _registered(desk)
    path = f"/office/sessions/{session}/registrations"
    assert f"{path}/{registration}/cancel" in (await desk.get(path)).text
    desk.come_back(days=7)
    assert f"{path}/{registration}/cancel" not in (await desk.get(path)).text


async def test_registering_by_hand_is_offered_until_the_planned_end(desk: OfficeDesk) -> None:
    session, _ = await _registered(desk)
    add = f'href="/office/sessions/{session}/registrations/add"'
    pages = [f"/office/sessions/{session}", f"/office/sessions/{session}/registrations"]
    assert all([add in (await desk.get(page)).text for page in pages])
    desk.come_back(days=7, hours=2)
    assert not any([add in (await desk.get(page)).text for page in pages])


async def test_who_registers_somebody_by_hand_is_told_first_that_the_session_is_full_and_has_begun(
    desk: OfficeDesk,
) -> None:
    full, roomy = (await _registered(desk, capacity=1))[0], (await _registered(desk, capacity=2))[0]
    path = f"/office/sessions/{full}/registrations/add"
    told = "La sessió ha començat i totes les places estan ocupades."
    assert told not in _words(await desk.get(path)), "a seat may become free until then"
    desk.come_back(days=7)
    page = await desk.get(path)
    assert told in _words(page)
    assert f'href="/office/sessions/{full}/edit#capacity"' in page.text
    assert told not in _words(await desk.get(path.replace(full, roomy)))
    person = {"name": "Núria Puig", "email": "nuria@alamus.example", "entity": "els Alamús", "language": "ca"}
    assert told in _words(await desk.submit(path, {**person, "name": ""}, expect=422))
    await desk.submit(path, person)
    assert [each.is_waiting for each in await desk.store.registrations.all_of(full)] == [False, True]
