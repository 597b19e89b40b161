"""The proposals that a session treats, on its pages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.registration.projections import KnownProposal
from services.registration.usecases import UseCases
from shared.events.proposals import ProposalAnswered, ProposalEvent, ProposalReviewStarted, ProposalScheduled
from shared.events.vocabulary import ProposalKind, ProposalState
from shared.staff import API_CALLER, Role
from tests.integration.registration.browsing import words
from tests.integration.registration.conftest import Office
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work

_STATES = {
    ProposalScheduled: ProposalState.SCHEDULED,
    ProposalAnswered: ProposalState.ANSWERED_IN_SESSION,
    ProposalReviewStarted: ProposalState.UNDER_REVIEW,
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as working:
        yield working


async def _told(
    use_cases: UseCases, event: type[ProposalEvent], version: int, session: str, proposal: str = "p", supports: int = 1
) -> None:
    told = event(
        version=version,
        proposal_id=proposal * 16,
        programme="dijous",
        kind=ProposalKind.TOPIC,
        title=f"Tema {proposal}",
        state=_STATES[event],
        supports=supports,
        session_id=session,
        created_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
    )
    await use_cases.known.proposals.apply(KnownProposal.from_event(told))


async def test_a_sessions_page_lists_what_it_treats_and_treated(office: Office) -> None:
    session, other = await office.scheduled(), await office.scheduled(title={"ca": "Una altra"})
    await _told(office.use_cases, ProposalScheduled, 2, session, "a", supports=1)
    await _told(office.use_cases, ProposalScheduled, 2, session, "b", supports=4)
    page = words(await office.api.get(f"/sessions/{session}"))
    assert "Propostes que s'hi tracten Tema b Tema a" in page, "the most supported first"
    assert "Tema" not in words(await office.api.get(f"/sessions/{other}"))
    office.clock.move(days=8)
    await office.use_cases.sessions.end(API_CALLER, session)
    await _told(office.use_cases, ProposalAnswered, 3, session, "a")
    assert "Propostes que s'hi van tractar Tema b Tema a" in words(await office.api.get(f"/sessions/{session}"))


async def test_a_cancelled_session_treats_nothing_also_before_its_proposals_are_back(office: Office) -> None:
    session = await office.scheduled()
    await _told(office.use_cases, ProposalScheduled, 2, session)
    await office.use_cases.sessions.cancel(API_CALLER, session, None)
    assert "Tema p" not in words(await office.api.get(f"/sessions/{session}"))
    await _told(office.use_cases, ProposalReviewStarted, 3, "")
    assert not await office.use_cases.known.proposals.treated_in(session)


async def test_what_was_kept_before_its_session_or_its_date_was_is_asked_for_again(office: Office) -> None:
    old = {"_id": "old", "programme": "dijous", "title": "Tema", "state": "scheduled", "supports": 1, "seen": 4}
    await office.documents.insert("known_proposals", old)
    await office.documents.insert("known_proposals", {**old, "_id": "undated", "session_id": ""})
    await _told(office.use_cases, ProposalScheduled, 2, "s", "n")
    assert await office.use_cases.known.proposals.missing([("old", 4), ("undated", 4), ("n" * 16, 2)]) == [
        "old",
        "undated",
    ]


async def test_the_office_copies_the_titles_into_every_description_once(desk: OfficeDesk) -> None:
    session = await desk.scheduled(description={"es": "Lo de siempre", "en": "As usual:\n– Tema a"})
    await _told(desk.use_cases, ProposalScheduled, 2, session, "a", supports=2)
    await _told(desk.use_cases, ProposalScheduled, 2, session, "b", supports=1)
    desk.sign_in()
    page = (await desk.get(f"/office/sessions/{session}")).text
    assert f'href="/office/sessions/{session}/prepare"' in page
    form = (await desk.get(f"/office/sessions/{session}/prepare")).text
    assert "Lo de siempre\n\n– Tema a\n– Tema b</textarea>" in form
    assert "As usual:\n– Tema a\n\n– Tema b</textarea>" in form
    assert form.count("– Tema a") == 2, "not where there was no description"
    assert (await desk.use_cases.sessions.view(session)).session.description == {
        "es": "Lo de siempre",
        "en": "As usual:\n– Tema a",
    }, "nothing is saved before the form is sent"


async def test_without_a_description_the_titles_are_the_catalan_one(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await _told(desk.use_cases, ProposalScheduled, 2, session)
    desk.sign_in()
    assert "\n– Tema p</textarea>" in (await desk.get(f"/office/sessions/{session}/prepare")).text


async def test_a_viewer_sees_the_proposals_of_a_session_but_not_the_button(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await _told(desk.use_cases, ProposalScheduled, 2, session)
    desk.sign_in(Role.VIEWER)
    page = (await desk.get(f"/office/sessions/{session}")).text
    assert "Tema p" in page
    assert "/prepare" not in page
