"""Sessions as the office schedules, moves, changes and ends them, and who may."""

from typing import Any

import pytest
from pydantic import SecretStr

from services.registration.settings import Settings
from tests.integration.registration.conftest import JOIN_URL, Office, data, told

MATERIALS = {
    "recording_url": "https://video.example/1",
    "materials": [{"title": "Presentació", "url": "https://docs.example/1.pdf"}],
}


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"programme": "unknown"}, "/programme"),
        ({"title": {}}, "/title"),
        ({"title": {"ca": "a\nb"}}, "/title/ca"),
        ({"starts_at": "2026-12-03T10:00:00"}, "/starts_at"),
        ({"starts_at": "2026-11-03T10:00:00Z"}, "/starts_at"),
        ({"starts_at": "9999-12-31T23:59:00Z"}, "/starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "/starts_at"),
        ({"duration_minutes": 4}, "/duration_minutes"),
        ({"duration_minutes": 1441}, "/duration_minutes"),
        ({"starts_at": 1798000000}, "/starts_at"),
        ({"starts_at": "1798000000"}, "/starts_at"),
        ({"duration_minutes": "60"}, "/duration_minutes"),
        ({"duration_minutes": 60.0}, "/duration_minutes"),
        ({"capacity": True}, "/capacity"),
        ({"capacity": 0}, "/capacity"),
        ({"capacity": 5001}, "/capacity"),
        ({"join_url": "http://teams.example"}, "/join_url"),
        ({"join_url": "javascript:alert(1)"}, "/join_url"),
        ({"status": "ended"}, "/status"),
    ],
)
async def test_a_wrong_session_is_refused(office: Office, given: dict[str, Any], pointer: str) -> None:
    body = {"programme": "dijous", "title": {"ca": "x"}, "starts_at": "2026-12-03T10:00:00+01:00", **given}
    problem = await office.staff("POST", "/sessions", body, expect=422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_a_session_is_scheduled_moved_and_cancelled(office: Office) -> None:
    session = await office.scheduled()
    moved = {"starts_at": "2026-12-10T10:00:00+01:00", "duration_minutes": 90}
    await office.staff("POST", f"/sessions/{session}/reschedule", moved)
    problem = await office.staff("POST", f"/sessions/{session}/reschedule", moved, expect=409)
    assert problem["type"] == "urn:dijous:problem:same-time"
    await office.staff("POST", f"/sessions/{session}/cancel", {"reason": {"ca": "Vaga"}})
    again = await office.staff("POST", f"/sessions/{session}/cancel", {"reason": {"ca": "Una altra"}})
    assert again["reason"] == {"ca": "Vaga"}, "the first cancellation stands"
    stored = await office.session(session)
    assert told(stored) == ["session-scheduled", "session-rescheduled", "session-cancelled"]
    assert [event["sequence"] for event in data(stored)] == [0, 1, 2]
    assert data(stored)[1]["previous_starts_at"] == "2026-12-03T09:00:00Z"
    assert (data(stored)[1]["starts_at"], data(stored)[1]["duration_minutes"]) == ("2026-12-10T09:00:00Z", 90)
    assert data(stored)[2]["reason"] == {"ca": "Vaga"}
    for path, body in (("end", {}), ("reschedule", {"starts_at": "2026-12-11T10:00:00Z"}), ("materials", MATERIALS)):
        await office.staff("POST", f"/sessions/{session}/{path}", body, expect=409)


@pytest.mark.parametrize("capacity", [None, 2])
async def test_an_end_tells_once_how_many_held_a_seat(office: Office, capacity: int | None) -> None:
    session = await office.scheduled(capacity=capacity)
    for number in (1, 2, 3):
        await office.register(session, number)
    await office.cancel(session, 1)
    first = await office.staff("POST", f"/sessions/{session}/end", {})
    assert await office.staff("POST", f"/sessions/{session}/end", {}) == first
    stored = await office.session(session)
    assert told(stored) == ["session-scheduled", "session-ended"]
    assert data(stored)[1]["registrations"] == 2
    assert data(stored)[1]["status"] == "ended"
    await office.staff("POST", f"/sessions/{session}/cancel", {}, expect=409)


async def test_a_session_that_nobody_ended_ends_an_hour_after_its_end(office: Office) -> None:
    session = await office.scheduled(starts_at="2026-11-26T12:00:00+01:00", duration_minutes=60)
    moved = await office.scheduled(starts_at="2026-11-26T12:00:00+01:00", duration_minutes=60)
    await office.staff("POST", f"/sessions/{moved}/reschedule", {"starts_at": "2026-12-03T12:00:00+01:00"})
    end_after = Settings(secret=SecretStr("s" * 32), staff_token=SecretStr("t" * 16)).end_after
    office.clock.move(hours=3, minutes=59)
    await office.use_cases.sessions.end_overdue(end_after)
    assert (await office.session(session)).is_scheduled
    office.clock.move(minutes=1)
    await office.use_cases.sessions.end_overdue(end_after)
    await office.use_cases.sessions.end_overdue(end_after)
    assert told(await office.session(session)) == ["session-scheduled", "session-ended"]
    assert (await office.session(moved)).is_scheduled


async def test_materials_are_published_and_the_same_again_are_not_told_again(office: Office) -> None:
    session = await office.scheduled()
    await office.staff("POST", f"/sessions/{session}/end", {})
    for _ in range(2):
        shown = await office.staff("POST", f"/sessions/{session}/materials", MATERIALS)
        assert {key: shown[key] for key in MATERIALS} == MATERIALS
    stored = await office.session(session)
    assert told(stored) == ["session-scheduled", "session-ended", "materials-published"]
    assert data(stored)[-1]["materials"] == MATERIALS["materials"]


@pytest.mark.parametrize("url", ["http://video.example", "file:///etc/passwd", "//video.example", "https://", "x"])
async def test_materials_have_https_addresses(office: Office, url: str) -> None:
    session = await office.scheduled()
    problem = await office.staff("POST", f"/sessions/{session}/materials", {"recording_url": url}, expect=422)
    assert [error["pointer"] for error in problem["errors"]] == ["/recording_url"]


async def test_a_change_is_told_unless_it_is_of_the_join_link(office: Office) -> None:
    session = await office.scheduled(description={"ca": "Una\nexplicació"})
    await office.staff("PATCH", f"/sessions/{session}", {"join_url": "https://teams.example/other"})
    await office.staff("PATCH", f"/sessions/{session}", {"title": {"ca": "Un altre títol"}})
    shown = await office.staff("PATCH", f"/sessions/{session}", {"description": None})
    assert (shown["join_url"], shown["description"]) == ("https://teams.example/other", None)
    assert told(await office.session(session)) == ["session-scheduled", "session-changed", "session-changed"]


async def test_another_title_or_duration_raises_the_sequence_and_says_what_it_was(office: Office) -> None:
    session = await office.scheduled()
    for change in (
        {"title": {"ca": "Un altre"}},
        {"duration_minutes": 90},
        {"description": {"ca": "Res per a la cita"}},
    ):
        shown = await office.staff("PATCH", f"/sessions/{session}", change)
    assert (shown["sequence"], shown["ends_at"]) == (2, "2026-12-03T10:30:00Z")
    events = data(await office.session(session))[1:]
    told_before = [
        (item["sequence"], item.get("previous_title"), item.get("previous_duration_minutes")) for item in events
    ]
    assert told_before == [(1, {"ca": "Treu-li suc"}, None), (2, None, 60), (2, None, None)]
    calendar = await office.api.get("/calendar.ics")
    assert "SEQUENCE:2" in calendar.text


async def test_the_same_title_and_duration_again_are_no_change(office: Office) -> None:
    session = await office.scheduled()
    same = {"title": {"ca": "Treu-li suc"}, "duration_minutes": 60}
    assert (await office.staff("PATCH", f"/sessions/{session}", same))["sequence"] == 0
    assert told(await office.session(session)) == ["session-scheduled"]


async def test_a_session_moved_to_the_same_start_only_lasts_longer(office: Office) -> None:
    session = await office.scheduled()
    longer = {"starts_at": "2026-12-03T10:00:00+01:00", "duration_minutes": 90}
    assert (await office.staff("POST", f"/sessions/{session}/reschedule", longer))["sequence"] == 1
    assert told(await office.session(session)) == ["session-scheduled", "session-changed"]


async def test_a_title_corrected_afterwards_concerns_no_calendar(office: Office) -> None:
    session = await office.scheduled()
    await office.staff("POST", f"/sessions/{session}/end", {})
    corrected = await office.staff("PATCH", f"/sessions/{session}", {"title": {"ca": "Ben escrit"}})
    assert (corrected["title"], corrected["sequence"]) == ({"ca": "Ben escrit"}, 0)
    assert data(await office.session(session))[-1].get("previous_title") is None
    await office.staff("PATCH", f"/sessions/{session}", {"duration_minutes": 90}, expect=409)


@pytest.mark.parametrize(
    ("steps", "last"),
    [
        (["change"], "session-changed"),
        (["move"], "session-rescheduled"),
        (["change", "move"], "session-rescheduled"),
        (["move", "change"], "session-changed"),
        (["move", "change", "describe"], "session-changed"),
    ],
)
async def test_who_has_missed_the_last_change_is_told_it_again(office: Office, steps: list[str], last: str) -> None:
    session = await office.scheduled()
    for step in steps:
        if step == "move":
            moved = {"starts_at": "2026-12-10T10:00:00+01:00"}
            await office.staff("POST", f"/sessions/{session}/reschedule", moved)
        else:
            change = {"title": {"ca": "Nou"}} if step == "change" else {"description": {"ca": "Nova"}}
            await office.staff("PATCH", f"/sessions/{session}", change)
    await office.use_cases.sessions.republish(session)
    stored = await office.session(session)
    assert told(stored)[-1] == last
    if last == "session-changed":
        assert data(stored)[-1]["previous_title"] == {"ca": "Treu-li suc"}


async def test_more_seats_promote_and_fewer_evict_nobody(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    for number in range(5):
        await office.register(session, number)
    shown = await office.staff("PATCH", f"/sessions/{session}", {"capacity": 3})
    assert (shown["seats_left"], shown["waiting"]) == (0, 2)
    shown = await office.staff("PATCH", f"/sessions/{session}", {"capacity": 1})
    assert (shown["seats_left"], shown["waiting"]) == (0, 2)
    await office.cancel(session, 0)
    assert (await office.roster(session)).waiting_count == 2, "two seats for one: nobody is promoted"
    shown = await office.staff("PATCH", f"/sessions/{session}", {"capacity": None})
    assert (shown["capacity"], shown["seats_left"], shown["waiting"]) == (None, None, 0)
    assert [item.state for item in await office.registrations(session)] == ["cancelled", *["registered"] * 4]


async def test_a_limit_can_be_set_while_nobody_has_registered(office: Office) -> None:
    empty = await office.scheduled()
    assert (await office.staff("PATCH", f"/sessions/{empty}", {"capacity": 1}))["seats_left"] == 1
    await office.register(empty, 1)
    await office.register(empty, 2)
    assert (await office.roster(empty)).waiting_count == 1


async def test_sessions_are_listed_by_start(office: Office) -> None:
    later = await office.scheduled(starts_at="2026-12-17T10:00:00+01:00")
    sooner = await office.scheduled(starts_at="2026-12-10T10:00:00+01:00")
    other = await office.scheduled(starts_at="2026-12-11T10:00:00+01:00")
    for ended in (sooner, other):
        await office.staff("POST", f"/sessions/{ended}/end", {})

    async def listed(query: str) -> list[str]:
        return [item["id"] for item in (await office.api.get(f"/api/v1/sessions?{query}")).json()["items"]]

    assert await listed("") == [sooner, other, later]
    assert await listed("when=upcoming&programme=dijous") == [later]
    assert await listed("when=past") == [other, sooner]
    assert await listed("programme=unknown") == []
    first = (await office.api.get("/api/v1/sessions?when=past&limit=1")).json()
    assert await listed(f"when=past&limit=1&cursor={first['next']}") == [sooner]
    assert (await office.api.get("/api/v1/sessions?when=never")).status_code == 422


async def test_the_join_link_is_in_no_public_answer_and_no_event(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    await office.register(session)
    await office.staff("POST", f"/sessions/{session}/reschedule", {"starts_at": "2026-12-10T10:00:00+01:00"})
    await office.staff("PATCH", f"/sessions/{session}", {"title": {"ca": "x"}, "capacity": 2})
    await office.staff("POST", f"/sessions/{session}/materials", MATERIALS)
    await office.staff("POST", f"/sessions/{session}/end", {})
    token = await office.token(session)
    for path in (
        "sessions",
        f"sessions/{session}",
        "programmes",
        f"registrations/{token}",
        "openapi/registration.json",
    ):
        answer = await office.api.get(f"/api/v1/{path}")
        assert answer.status_code == 200
        assert "secret-room" not in answer.text
    assert "secret-room" not in str((await office.session(session)).outbox)
    assert "secret-room" not in str((await office.registration(session)).outbox)
    assert (await office.staff("GET", f"/sessions/{session}"))["join_url"] == JOIN_URL


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "programmes"),
        ("PATCH", "programmes/dijous"),
        ("POST", "sessions"),
        ("PATCH", "sessions/x"),
        ("POST", "sessions/x/reschedule"),
        ("POST", "sessions/x/cancel"),
        ("POST", "sessions/x/end"),
        ("POST", "sessions/x/materials"),
        ("GET", "sessions/x/registrations"),
        ("POST", "entities/import"),
    ],
)
async def test_the_offices_calls_need_its_token(office: Office, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = await office.api.request(method, f"/api/v1/{path}", json={}, headers=headers)
        assert answer.status_code == 401


async def test_a_wrong_token_is_said_even_where_none_is_needed(office: Office) -> None:
    session = await office.scheduled()
    answer = await office.api.get(f"/api/v1/sessions/{session}", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
