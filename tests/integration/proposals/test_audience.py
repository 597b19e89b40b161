"""Sessions that are not for everybody treat proposals of their own programme, and no page says what they are about."""

from typing import Any

import pytest

from shared.events.vocabulary import Audience, Language
from tests.integration.proposals.conftest import PROGRAMME, STAFF, Desk

ANNA = "anna@ens.example"
TITLE = "Trobada del pilot"
HIDDEN: dict[str, Any] = {"audience": Audience.MEMBERS, "title": {Language.CA: TITLE}}


@pytest.mark.parametrize("path", ["schedule", "many"])
async def test_a_session_for_some_treats_proposals_of_its_own_programme_only(desk: Desk, path: str) -> None:
    await desk.know_programme("pilot")
    proposal = await desk.propose()
    theirs = await desk.schedule_session("sessiona", programme="pilot", **HIDDEN)
    own = await desk.schedule_session("sessionb", **HIDDEN)

    async def scheduled(session: str) -> int:
        if path == "schedule":
            return (await desk.step(proposal, "schedule", {"session": session})).status_code
        body = {"proposals": [proposal], "session": session}
        return (await desk.http.post("/api/v1/proposals/schedule", json=body, headers=STAFF)).status_code

    refused, taken = await scheduled(theirs), await scheduled(own)
    assert (refused, taken) == (422, 200)
    assert (await desk.cases.store.proposal(proposal)).session_id == own


async def test_the_office_is_offered_a_session_for_some_among_those_of_its_programme_only(desk: Desk) -> None:
    await desk.schedule_session("sessiona", **HIDDEN)
    await desk.schedule_session("sessionb")
    proposal = await desk.propose()
    desk.sign_in()
    for page in (f"/office/proposals?programme={PROGRAMME}", f"/office/proposals/{proposal}"):
        assert 'value="sessiona"' in (await desk.http.get(page)).text, page
    everything = (await desk.http.get("/office/proposals")).text
    assert 'value="sessionb"' in everything
    assert 'value="sessiona"' not in everything


async def test_no_page_for_everybody_says_what_a_session_for_some_is_about(desk: Desk) -> None:
    proposal = await desk.propose()
    await desk.support(proposal, ANNA)
    await desk.step(proposal, "schedule", {"session": await desk.schedule_session(**HIDDEN)})
    pages = ("/proposals", f"/proposals/{proposal}", f"/api/v1/proposals/{proposal}", desk.following(proposal, ANNA))
    for path in pages:
        text = (await desk.http.get(path, follow_redirects=True, headers={"accept-language": "ca"})).text
        assert TITLE not in text, path
        assert "/sessions/sessiona" not in text, path
        assert "Tothom s'hi" not in text, path
    shown = (await desk.http.get(f"/proposals/{proposal}", headers={"accept-language": "ca"})).text
    assert "una sessió només per a alguns ens locals" in shown


async def test_no_table_for_everybody_names_a_session_for_some(desk: Desk) -> None:
    hidden, shown = await desk.propose(), await desk.propose("Una altra")
    await desk.step(hidden, "schedule", {"session": await desk.schedule_session("sessiona", **HIDDEN)})
    await desk.step(shown, "schedule", {"session": await desk.schedule_session("sessionb")})
    for path in ("/api/v1/proposals", "/open-data/proposals.csv"):
        text = (await desk.http.get(path)).text
        assert "sessionb" in text, path
        assert "sessiona" not in text, path
    assert [(await desk.read(each))["session"] for each in (hidden, shown)] == [None, "sessionb"]


async def test_a_provisional_date_is_said_to_be_one(desk: Desk) -> None:
    proposal = await desk.propose()
    await desk.step(proposal, "schedule", {"session": await desk.schedule_session(tentative=True)})
    page = (await desk.http.get(f"/proposals/{proposal}", headers={"accept-language": "ca"})).text
    assert "(data prevista)" in page
    assert "Tothom s'hi" not in page
    await desk.schedule_session(version=2)
    page = (await desk.http.get(f"/proposals/{proposal}", headers={"accept-language": "ca"})).text
    assert "(data prevista)" not in page
    assert "Tothom s'hi pot inscriure." in page
