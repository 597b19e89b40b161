"""The personal way into a session."""

from datetime import timedelta

import pytest

from shared.security.links import LinkPurpose
from tests.integration.registration.browsing import assert_page, send, words
from tests.integration.registration.conftest import JOIN_URL, Office


@pytest.fixture(autouse=True)
def catalan(office: Office) -> None:
    office.api.headers["accept-language"] = "ca"


async def _join_path(office: Office, session: str, number: int = 1) -> str:
    return f"/join/{await office.token(session, number, LinkPurpose.JOIN)}"


async def _guard(office: Office) -> str:
    """A token of this browser's, from a page that has a form whatever the time."""
    session = await office.scheduled(starts_at="2027-12-03T10:00:00+01:00")
    page = await office.api.get(f"/sessions/{session}")
    return page.text.partition('name="csrf" value="')[2].partition('"')[0]


def _near(office: Office) -> None:
    office.clock.move(days=6, hours=23, minutes=50)


async def test_joining_records_the_attendance_once_and_then_shows_the_link_to_the_meeting(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    path = await _join_path(office, session)
    _near(office)
    page = await office.api.get(path)
    assert_page(page)
    assert f'<form method="post" action="{page.url.path}">' in page.text
    assert "form-action 'self';" in page.headers["content-security-policy"], "a form leads to no other origin"
    assert (await office.registration(session)).attended_at is None, "a GET never acts"
    answer = await send(office, path)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    joined = await office.api.get(path)
    assert f'<a class="button" href="{JOIN_URL}">Obre la reunió</a>' in joined.text
    assert "no-store" in joined.headers["cache-control"]
    assert joined.headers["referrer-policy"] == "no-referrer"
    first = (await office.registration(session)).attended_at
    assert first is not None
    office.clock.move(minutes=5)
    assert (await send(office, path, form_on=f"/registration/{await office.token(session)}")).status_code == 303
    assert (await office.registration(session)).attended_at == first


async def test_a_form_from_elsewhere_records_no_attendance(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    path = await _join_path(office, session)
    _near(office)
    assert_page(await office.api.post(path), 403)
    assert (await office.registration(session)).attended_at is None


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        (timedelta(), "a partir del dijous 3 de desembre de 2026, 9.45 h"),
        (timedelta(days=7, hours=2, minutes=1), "La sessió ja ha acabat. La gravació i els materials seran"),
    ],
)
async def test_before_and_after_the_page_says_when(office: Office, moved: timedelta, message: str) -> None:
    session = await office.scheduled()
    await office.register(session)
    path, guard = await _join_path(office, session), await _guard(office)
    office.clock.move(seconds=moved.total_seconds())
    page = await office.api.get(path)
    assert_page(page)
    assert message in words(page)
    assert f'action="{page.url.path}"' not in page.text
    answer = await office.api.post(path, data={"csrf": guard})
    assert_page(answer, 409)
    assert message in words(answer)
    assert (await office.registration(session)).attended_at is None


async def test_only_a_seat_of_a_session_that_takes_place_leads_in(office: Office) -> None:
    session, cancelled = await office.scheduled(capacity=1), await office.scheduled()
    for number in (1, 2):
        await office.register(session, number)
    await office.register(cancelled)
    await office.staff("POST", f"/sessions/{cancelled}/cancel", {})
    guard = await _guard(office)
    _near(office)
    waiting = await office.api.post(await _join_path(office, session, 2), data={"csrf": guard})
    assert (waiting.status_code, "No teniu plaça" in words(waiting)) == (409, True)
    gone = await office.api.post(await _join_path(office, cancelled), data={"csrf": guard})
    assert (gone.status_code, "La sessió s'ha anul·lat." in words(gone)) == (409, True)


async def test_a_link_that_is_not_known_yet_says_to_come_back(office: Office) -> None:
    session = await office.scheduled(join_url="")
    await office.register(session)
    _near(office)
    page = await office.api.get(await _join_path(office, session))
    assert_page(page)
    assert "Torneu d'aquí a uns minuts." in words(page)


OTHER_SCRIPT = "https://例え.jp/sala ó".replace(" ", "%20")
SHOWN_TO_BROWSERS = "https://xn--r8jz45g.jp"


async def test_a_host_in_another_script_is_stored_in_ascii_and_joined(office: Office) -> None:
    session = await office.scheduled(join_url=OTHER_SCRIPT)
    await office.register(session)
    assert (await office.session(session)).join_url == f"{SHOWN_TO_BROWSERS}/sala%20%C3%B3"
    await _assert_joined(office, session)


async def test_a_host_in_another_script_that_an_older_version_stored_is_joined(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    await office.store.sessions.change(session, lambda old: (old.model_copy(update={"join_url": OTHER_SCRIPT}), []))
    await _assert_joined(office, session)


async def _assert_joined(office: Office, session: str) -> None:
    path = await _join_path(office, session)
    _near(office)
    await send(office, path)
    page = await office.api.get(path)
    assert_page(page)
    assert f'href="{SHOWN_TO_BROWSERS}/sala%20%C3%B3"' in page.text
    assert "form-action 'self';" in page.headers["content-security-policy"]
