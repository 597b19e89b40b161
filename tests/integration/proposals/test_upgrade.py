"""A data folder of the version before: its documents are read and go on, although programmes and sessions were kept as
aggregates then."""

from typing import Any

import pytest

from shared.clock import to_millis
from shared.security.links import LinkPurpose
from tests.integration.proposals.conftest import PROGRAMME, START, Desk

ANNA = "anna@ens.example"
OUTBOX: dict[str, Any] = {"outbox": [], "pending": 0, "announced": 0}
"""What every aggregate has, and programmes and sessions had."""
OLD_PROGRAMME = {"_id": PROGRAMME, **OUTBOX, "seen": 4, "name": {"ca": "Dijous"}, "time_zone": "Europe/Madrid"}
OLD_SESSION = {
    "_id": "sessiona",
    **OUTBOX,
    "seen": 3,
    "programme": PROGRAMME,
    "title": {"ca": "Sessió d'abans"},
    "status": "scheduled",
    "starts_at": to_millis(START),
}


@pytest.fixture
async def upgraded(desk: Desk) -> Desk:
    await desk.store.delete("programmes", {"_id": PROGRAMME})
    await desk.store.insert("programmes", OLD_PROGRAMME)
    await desk.store.insert("sessions", OLD_SESSION)
    await desk.store.update("sessions", "sessiona", assign={"seen": 3})  # as often as it was written
    return desk


async def test_what_was_known_is_known(upgraded: Desk) -> None:
    proposal_id = await upgraded.propose()
    answer = await upgraded.step(proposal_id, "schedule", {"session": "sessiona"})
    assert answer.json()["session"] == "sessiona"
    assert "Sessió d&#39;abans" in (await upgraded.http.get(f"/proposals/{proposal_id}")).text


async def test_its_version_holds(upgraded: Desk) -> None:
    await upgraded.know_programme()
    programme = await upgraded.documents.programmes.get(PROGRAMME)
    assert programme
    assert programme.seen == 4, "an event of before changes nothing"
    assert await upgraded.documents.sessions.missing([("sessiona", 3)]) == []
    assert await upgraded.documents.sessions.missing([("sessiona", 4)]) == ["sessiona"]


async def test_the_next_event_changes_the_old_document(upgraded: Desk) -> None:
    proposal_id = await upgraded.propose()
    await upgraded.step(proposal_id, "schedule", {"session": "sessiona"})
    await upgraded.end_session(version=4)
    assert (await upgraded.read(proposal_id))["state"] == "answered_in_session"
    document = await upgraded.store.get("sessions", "sessiona")
    assert document
    assert document["version"] == 3, "raised by every write"
    assert {name: document[name] for name in ("seen", "status", "title", "outbox")} == {
        "seen": 4,
        "status": "ended",
        "title": {"ca": "Sessió"},
        "outbox": [],
    }


async def test_an_erasure_noted_before_is_finished(upgraded: Desk) -> None:
    proposal_id = await upgraded.propose(email=ANNA)
    follower_id = upgraded.links.subject(
        LinkPurpose.FOLLOWING, upgraded.token(proposal_id, ANNA, LinkPurpose.FOLLOWING)
    )
    await upgraded.store.insert("erasures", {"_id": follower_id, "generation": 1})
    await upgraded.cases.erasing.step()
    await upgraded.publish()
    await upgraded.cases.erasing.step()
    assert upgraded.purger.purged == [follower_id]
    assert await upgraded.store.count("erasures") == 0
    assert ANNA not in str(await upgraded.store.find("followers"))
