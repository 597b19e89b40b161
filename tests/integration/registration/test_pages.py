import base64
import hashlib
import re
from datetime import timedelta

import httpx
import pytest

from services.registration.domain.registrations import RegistrationState
from shared.links import LinkPurpose
from tests.integration.registration.conftest import JOIN_URL, Office


async def _join_path(office: Office, session: str, number: int = 1) -> str:
    return f"/join/{await office.token(session, number, LinkPurpose.JOIN)}"


def _near(office: Office) -> None:
    office.clock.move(days=6, hours=23, minutes=50)


def _assert_safe_page(answer: httpx.Response, language: str) -> None:
    page = answer.text
    assert f'<html lang="{language}">' in page
    assert page.count("<h1>") == 1
    assert "<script" not in page
    assert " style=" not in page
    style = re.search(r"<style>(.*)</style>", page)
    assert style
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("language", "words"), [("ca", "La vostra inscripció"), ("es", "Su inscripción"), ("en", "Your registration")]
)
async def test_the_page_of_a_registration_speaks_its_language(office: Office, language: str, words: str) -> None:
    session = await office.scheduled(title={"ca": "Treu-li <b>suc</b>"})
    await office.register(session, language=language)
    answer = await office.api.get(f"/registration/{await office.token(session)}")
    assert answer.status_code == 200
    _assert_safe_page(answer, language)
    assert words in answer.text
    assert "&lt;b&gt;suc&lt;/b&gt;" in answer.text
    assert "10:00" in answer.text or "10.00" in answer.text, "in the programme's time zone"
    assert "secret-room" not in answer.text


async def test_cancelling_by_the_page_redirects_to_it_and_a_get_never_cancels(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    await office.register(session)
    path = f"/registration/{await office.token(session)}"
    page = await office.api.get(path)
    assert f'action="{path}/cancel"' in page.text
    assert (await office.api.get(f"{path}/cancel")).status_code == 405
    assert (await office.registration(session)).state is RegistrationState.REGISTERED
    for _ in range(2):
        answer = await office.api.post(f"{path}/cancel")
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    page = await office.api.get(path)
    assert "La vostra inscripció està donada de baixa." in page.text
    assert "<form" not in page.text


async def test_a_session_that_has_begun_offers_no_cancelling(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    path = f"/registration/{await office.token(session)}"
    office.clock.move(days=7)
    assert "<form" not in (await office.api.get(path)).text
    answer = await office.api.post(f"{path}/cancel")
    assert answer.status_code == 409
    _assert_safe_page(answer, "ca")


async def test_a_wrong_link_gets_a_page_that_says_so(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    registration, join = await office.token(session), await office.token(session, 1, LinkPurpose.JOIN)
    for path in (f"/registration/{join}", f"/join/{registration}", "/join/x", "/registration/aaaa"):
        answer = await office.api.get(path, headers={"Accept-Language": "en"})
        assert answer.status_code == 404, path
        _assert_safe_page(answer, "en")
        assert "This link is not valid." in answer.text


async def test_joining_records_the_attendance_once_and_leads_to_the_session(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    path = await _join_path(office, session)
    _near(office)
    page = await office.api.get(path)
    _assert_safe_page(page, "ca")
    assert f'<form method="post" action="{path}">' in page.text
    assert "secret-room" not in page.text
    assert "form-action 'self' https://teams.example;" in page.headers["content-security-policy"]
    assert (await office.registration(session)).attended_at is None, "a GET never acts"
    answer = await office.api.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, JOIN_URL)
    first = (await office.registration(session)).attended_at
    assert first is not None
    office.clock.move(minutes=5)
    assert (await office.api.post(path)).status_code == 303
    assert (await office.registration(session)).attended_at == first


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (timedelta(), "Us hi podreu connectar a partir d&#39;aquest moment: dijous 3 de desembre de 2026, 9.45 h"),
        (timedelta(days=7, hours=2, minutes=1), "La sessió ja ha acabat."),
    ],
)
async def test_before_and_after_the_page_says_when(office: Office, moved: timedelta, words: str) -> None:
    session = await office.scheduled()
    await office.register(session)
    path = await _join_path(office, session)
    office.clock.move(seconds=moved.total_seconds())
    page = await office.api.get(path)
    assert words in page.text
    assert "<form" not in page.text
    answer = await office.api.post(path)
    assert answer.status_code == 409
    assert words in answer.text
    assert (await office.registration(session)).attended_at is None


async def test_only_a_seat_of_a_session_that_takes_place_leads_in(office: Office) -> None:
    session, cancelled = await office.scheduled(capacity=1), await office.scheduled()
    for number in (1, 2):
        await office.register(session, number)
    await office.register(cancelled)
    await office.staff("POST", f"/sessions/{cancelled}/cancel", {})
    _near(office)
    waiting = await office.api.post(await _join_path(office, session, 2))
    assert (waiting.status_code, "No teniu plaça" in waiting.text) == (409, True)
    gone = await office.api.post(await _join_path(office, cancelled))
    assert (gone.status_code, "La sessió s&#39;ha anul·lat." in gone.text) == (409, True)
