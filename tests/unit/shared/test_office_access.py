"""Who is let in to the office's pages: as the cookie says, until an event told of something later."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared.events.registration import OfficeAccessChanged
from shared.messaging.office_access import OFFICE_ACCESS_COLLECTIONS, OfficeAccess
from shared.staff import Role
from shared.storage.sqlite import SqliteStore
from tests.unit.shared.house import House

PERSON = "m1"
EDITORS_PAGE = "/office/plan"
SIGNED_OUT, REFUSED, SHOWN = 303, 403, 200


@pytest.fixture
async def access(tmp_path: Path) -> AsyncIterator[OfficeAccess]:
    store = SqliteStore(tmp_path / "house.sqlite3")
    await store.prepare(OFFICE_ACCESS_COLLECTIONS)
    yield OfficeAccess(store)
    await store.close()


@pytest.fixture
async def house(tmp_path: Path, access: OfficeAccess) -> AsyncIterator[House]:
    house = House(tmp_path, access=access)
    async with house.browser:
        yield house


def told(version: int, role: Role | None, *sessions: str, person_id: str = PERSON) -> OfficeAccessChanged:
    return OfficeAccessChanged(version=version, person_id=person_id, role=role, sessions=sessions)


async def _status(house: House) -> int:
    return (await house.browser.get(EDITORS_PAGE)).status_code


async def test_of_whom_nothing_was_told_the_cookie_counts(house: House, access: OfficeAccess) -> None:
    house.sign_in(Role.EDITOR)
    await access.learn(told(2, None, person_id="somebody-else"))
    assert await _status(house) == SHOWN


@pytest.mark.parametrize(
    ("cookie", "known", "status"),
    [
        (Role.EDITOR, None, SIGNED_OUT),
        (Role.ADMIN, Role.VIEWER, REFUSED),
        (Role.ADMIN, Role.EDITOR, SHOWN),
        (Role.VIEWER, Role.EDITOR, SHOWN),
    ],
)
async def test_what_was_told_after_the_sign_in_counts(
    house: House, access: OfficeAccess, cookie: Role, known: Role | None, status: int
) -> None:
    house.sign_in(cookie, version=1)
    await access.learn(told(2, known, "s1"))
    assert await _status(house) == status


@pytest.mark.parametrize("known", [None, Role.VIEWER])
async def test_who_signed_in_after_what_was_told_is_who_the_cookie_says(
    house: House, access: OfficeAccess, known: Role | None
) -> None:
    await access.learn(told(2, known))
    house.sign_in(Role.EDITOR, version=3)
    assert await _status(house) == SHOWN


@pytest.mark.parametrize("version", [0, 2])
async def test_a_session_that_was_ended_is_over_for_every_copy_of_its_cookie(
    house: House, access: OfficeAccess, version: int
) -> None:
    house.sign_in(Role.EDITOR, version=version)
    await access.learn(told(2, Role.EDITOR, "s1", "s2"))
    assert await _status(house) == SHOWN
    await access.learn(told(3, Role.EDITOR, "s2"))
    assert await _status(house) == SIGNED_OUT


async def test_who_may_not_and_a_session_that_ended_are_logged_by_their_id(house: House, access: OfficeAccess) -> None:
    house.sign_in(Role.VIEWER)
    with capture_logs() as logs:
        assert await _status(house) == REFUSED
        await access.learn(told(2, Role.VIEWER, "s2"))
        assert await _status(house) == SIGNED_OUT
    assert [(entry["action"], entry["person"]) for entry in logs] == [
        ("access_refused", PERSON),
        ("session_refused", PERSON),
    ]
    assert logs[0]["route"] == EDITORS_PAGE


async def test_told_late_or_again_changes_nothing(house: House, access: OfficeAccess) -> None:
    house.sign_in(Role.EDITOR)
    for event in (told(3, None), told(2, Role.ADMIN, "s1"), told(3, None)):
        await access.learn(event)
        assert await _status(house) == SIGNED_OUT
    await access.learn(told(4, Role.EDITOR, "s1"))
    assert await _status(house) == SHOWN


async def test_a_page_of_the_office_leads_only_where_one_may_go_now(house: House, access: OfficeAccess) -> None:
    house.sign_in(Role.ADMIN)
    assert "/office/people" in (await house.browser.get(EDITORS_PAGE)).text
    await access.learn(told(2, Role.VIEWER, "s1"))
    assert "/office/people" not in (await house.browser.get(EDITORS_PAGE)).text


async def test_without_knowing_who_is_of_the_office_nobody_is_let_in(tmp_path: Path) -> None:
    house = House(tmp_path, access=None)
    async with house.browser:
        house.sign_in(Role.ADMIN)
        assert await _status(house) == SIGNED_OUT


async def test_the_sweep_finds_who_is_not_known_or_not_as_they_are_now(access: OfficeAccess) -> None:
    await access.learn(told(2, Role.EDITOR))
    await access.learn(told(3, None, person_id="m2"))
    assert await access.missing([(PERSON, 2), ("m2", 4), ("m3", 1)]) == ["m2", "m3"]
    assert await access.missing([]) == []


async def test_who_became_the_staff_of_a_body_sees_the_office_s_pages_no_more(
    house: House, access: OfficeAccess
) -> None:
    house.sign_in(Role.EDITOR, version=1)
    await access.learn(told(2, Role.EDITOR, "s1").model_copy(update={"body": "diputacio-lleida"}))
    assert await _status(house) == REFUSED
    await access.learn(told(3, Role.EDITOR, "s1"))
    assert await _status(house) == SHOWN
