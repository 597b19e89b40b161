"""A data folder of the version before: its documents are read and go on as they are."""

from datetime import timedelta

import pytest

from services.feedback.domain.known import KnownProgramme, KnownSession
from shared.clock import to_millis
from tests.integration.feedback.house import END, PROGRAMME, House, programme_defined, session_ended, session_scheduled

SESSION = "abcdefghijklmnop"
REAL_END = END + timedelta(minutes=7)
OLD_PROGRAMME = {
    "_id": PROGRAMME,
    "seen": 3,
    "name": {"ca": "Dijous"},
    "questions": [{"key": "content", "text": {"ca": "Contingut"}}],
    "survey_days": 14,
    "survey_reminder_days": 7,
}
"""Of before there were time zones."""
OLD_SESSION = {
    "_id": SESSION,
    "seen": 5,
    "programme": PROGRAMME,
    "title": {"ca": "Sessió d'abans"},
    "status": "ended",
    "planned_end": to_millis(END),
    "told_end": to_millis(REAL_END),
}
OLD_RESULTS = {
    "_id": "published",
    "programme": PROGRAMME,
    "title": {"ca": "Sessió d'abans"},
    "ended_at": to_millis(END),
    "year": 2026,
    "published_at": to_millis(END),
    "n": None,
    "questions": [],
}


@pytest.fixture
async def upgraded(house: House) -> House:
    await house.raw.insert("programmes", OLD_PROGRAMME)
    await house.raw.insert("sessions", OLD_SESSION)
    await house.raw.insert("results", OLD_RESULTS)
    await house.raw.insert("comments", {"_id": "published", "comments": ["Bé"], "delete_at": to_millis(END) + 1})
    return house


async def test_what_was_known_is_known(upgraded: House) -> None:
    session = await upgraded.store.sessions.get(SESSION)
    assert session
    assert session.ended_at == REAL_END
    [results] = (await upgraded.client.get("/api/v1/results")).json()["items"]
    assert results["session"] == "published"
    assert await upgraded.store.comments("published") == ["Bé"]
    await upgraded.store.delete_old_comments(END + timedelta(days=1))
    assert await upgraded.store.comments("published") == []


async def test_its_version_holds(upgraded: House) -> None:
    await upgraded.use_cases.store.programmes.apply(KnownProgramme.from_event(programme_defined(2)))
    programme = await upgraded.store.programmes.get(PROGRAMME)
    assert programme
    assert (programme.seen, programme.time_zone) == (3, "Europe/Madrid")
    assert await upgraded.store.sessions.missing([(SESSION, 5)]) == []
    assert await upgraded.store.sessions.missing([(SESSION, 6)]) == [SESSION]


async def test_a_later_event_leaves_the_end_that_only_one_tells(upgraded: House) -> None:
    later = session_scheduled(SESSION, version=6).model_copy(update={"status": "ended"})
    await upgraded.use_cases.surveys.keep_session(KnownSession.from_event(later))
    session = await upgraded.store.sessions.get(SESSION)
    assert session
    assert (session.seen, session.ended_at) == (6, REAL_END)
    await upgraded.use_cases.surveys.keep_session(KnownSession.from_event(session_ended(SESSION, version=7)))
    session = await upgraded.store.sessions.get(SESSION)
    assert session
    assert session.ended_at == END
