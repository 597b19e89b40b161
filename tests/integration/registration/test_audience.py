"""Sessions for some entities, provisional dates, sessions without survey."""

from datetime import timedelta
from typing import Any

import pytest

from services.registration.memberships.store import MembershipStore
from services.registration.sessions.problems import TentativeProblem
from shared.events.vocabulary import SessionStatus
from tests.integration.registration.conftest import Office, data, told

ALAMUS, ABRERA = "2500450006", "0800180001"
FOR_ALAMUS = {"audience": "entities", "entities": [ALAMUS]}
TITLE = "Trobada del pilot"
LISTS = (
    "/",
    "/programmes/dijous",
    "/sessions",
    "/sessions?q=trobada",
    "/calendar.ics",
    "/programmes/dijous/calendar.ics",
    "/feed.atom",
    "/feed.json",
    "/open-data/sessions.csv",
    "/open-data/sessions.json",
    "/api/v1/sessions",
)


async def hidden(office: Office, **given: Any) -> str:
    return await office.scheduled(title={"ca": TITLE}, **{**FOR_ALAMUS, **given})


async def lists_with(office: Office, words: str) -> list[str]:
    return [path for path in LISTS if words in (await office.api.get(path)).text]


async def test_a_session_for_some_is_in_no_list_and_its_page_is_not_found(office: Office) -> None:
    session = await hidden(office)
    assert await lists_with(office, TITLE) == []
    assert session not in (await office.api.get("/sitemap.xml")).text
    for path in ("", "/register", "/registered", "/link"):
        answer = await office.api.get(f"/sessions/{session}{path}", follow_redirects=True)
        assert answer.status_code == 404, path
    assert (await office.api.get(f"/api/v1/sessions/{session}")).status_code == 404
    assert (await office.staff("GET", f"/sessions/{session}"))["entities"] == [ALAMUS]
    assert TITLE in str(await office.staff("GET", "/sessions"))


async def test_only_the_entities_that_it_is_for_are_registered(office: Office) -> None:
    session = await hidden(office)
    refused = await office.register(session, entity=ABRERA, by_office=True)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/entity"]
    assert (await office.register(session, 2)).status_code == 404, "whoever has its id need not be of those it is for"
    assert (await office.register(session, 2, by_office=True)).status_code == 202
    assert [each.entity_code for each in await office.registrations(session)] == [ALAMUS]


async def test_the_members_of_the_programme_are_registered_for_what_is_theirs(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await hidden(office, audience="members", entities=[])
    assert (await office.register(session, by_office=True)).status_code == 422

    async def abrera(_: MembershipStore, programme: str) -> set[str]:
        return {ABRERA} if programme == "dijous" else set()

    monkeypatch.setattr(MembershipStore, "entities_of", abrera)
    assert (await office.register(session, by_office=True)).status_code == 422
    assert (await office.register(session, entity=ABRERA, by_office=True)).status_code == 202


async def test_who_is_registered_sees_it_by_the_personal_link_and_stays_of_its_entity(office: Office) -> None:
    session = await hidden(office, description={"ca": "Ordre del dia"})
    await office.register(session, by_office=True)
    page = f"/registration/{await office.token(session)}"
    shown = (await office.api.get(page, follow_redirects=True)).text
    assert TITLE in shown
    assert "Ordre del dia" in shown
    assert f'href="/sessions/{session}' not in shown
    form = (await office.api.get(f"{page}/correct", follow_redirects=True)).text
    token = form.partition('name="csrf" value="')[2].partition('"')[0]
    fields = {"csrf": token, "name": "Núria Puig", "entity": "Abrera", "entity_code": ABRERA, "language": "ca"}
    refused = await office.api.post(f"{page}/correct", data=fields)
    assert refused.status_code == 422
    assert "Aquesta sessió és per a altres ens locals." in refused.text
    assert (await office.registration(session)).entity_code == ALAMUS


async def test_a_session_for_some_names_them_as_the_directory_does(office: Office) -> None:
    body = {"programme": "dijous", "title": {"ca": "x"}, "starts_at": "2026-12-03T10:00:00+01:00"}
    for wrong in ({"audience": "entities"}, {"audience": "entities", "entities": ["9999999999"]}):
        problem = await office.staff("POST", "/sessions", {**body, **wrong}, expect=422)
        assert [error["pointer"] for error in problem["errors"]] == ["/entities"]
    session = await office.scheduled()
    await office.staff("PATCH", f"/sessions/{session}", {"audience": "entities"}, expect=422)


async def test_an_audience_is_not_narrowed_over_the_heads_of_those_registered(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session, 1, entity=ABRERA)
    await office.register(session, 2, entity=ABRERA)
    await office.register(session, 3)
    problem = await office.staff("PATCH", f"/sessions/{session}", FOR_ALAMUS, expect=422)
    assert [error["pointer"] for error in problem["errors"]] == ["/audience"]
    assert problem["people"] == 2
    assert (await office.session(session)).is_public
    await office.cancel(session, 1)
    of_one = await office.staff("PATCH", f"/sessions/{session}", FOR_ALAMUS, expect=422)
    assert "en llista d'espera: 1." in of_one["errors"][0]["detail"], "no «1 persones»"
    await office.cancel(session, 2)
    await office.staff("PATCH", f"/sessions/{session}", FOR_ALAMUS)
    assert not (await office.session(session)).is_public


async def test_a_feed_that_was_read_before_a_session_was_hidden_is_another_one_afterwards(office: Office) -> None:
    session = await office.scheduled(title={"ca": TITLE})
    assert sorted(await lists_with(office, TITLE)) == sorted(LISTS)
    tags = {path: (await office.api.get(path)).headers.get("etag") for path in LISTS[4:8]}
    await office.staff("PATCH", f"/sessions/{session}", FOR_ALAMUS)
    for path, tag in tags.items():
        again = await office.api.get(path, headers={"If-None-Match": str(tag)})
        assert again.status_code == 200, path
        assert TITLE not in again.text


async def test_other_services_learn_for_whom_it_is_and_whether_a_survey_follows(office: Office) -> None:
    session = await hidden(office, survey=False, tentative=True)
    [scheduled] = data(await office.session(session))
    kept = {name: scheduled[name] for name in ("audience", "entities", "survey", "tentative")}
    assert kept == {**FOR_ALAMUS, "survey": False, "tentative": True}


async def test_a_session_stored_before_is_for_everybody(office: Office) -> None:
    session = await office.scheduled(title={"ca": TITLE})
    document = await office.documents.get("sessions", session)
    assert document is not None
    for name in ("audience", "entities", "survey", "tentative"):
        del document[name]
    await office.documents.delete("sessions", {"_id": session})
    assert await office.documents.insert("sessions", document)
    stored = await office.session(session)
    assert (stored.is_public, stored.survey, stored.tentative) == (True, 1, 0)
    assert sorted(await lists_with(office, TITLE)) == sorted(LISTS)


async def test_nobody_registers_for_a_provisional_date_which_is_shown_as_such(office: Office) -> None:
    session = await office.scheduled(title={"ca": TITLE}, tentative=True)
    assert (await office.register(session)).json()["type"].endswith("session-tentative")
    page = (await office.api.get(f"/sessions/{session}")).text
    assert "Data prevista" in page
    assert "La data és provisional." in page
    assert 'name="email"' not in page
    assert "application/ld+json" not in page
    for path in ("/", "/sessions", "/programmes/dijous"):
        assert "Data prevista" in (await office.api.get(path)).text, path
    for path in ("/calendar.ics", "/programmes/dijous/calendar.ics"):
        assert "STATUS:TENTATIVE" in (await office.api.get(path)).text
    assert f"Data prevista: {TITLE}" in (await office.api.get("/feed.json")).text
    assert f"Data prevista: {TITLE}" in (await office.api.get("/feed.atom")).text


async def test_confirming_a_date_is_a_change_that_calendars_follow(office: Office) -> None:
    session = await office.scheduled(tentative=True)
    await office.staff("PATCH", f"/sessions/{session}", {"tentative": False})
    stored = await office.session(session)
    assert told(stored) == ["session-scheduled", "session-changed"]
    changed = data(stored)[-1]
    assert (changed["tentative"], changed["sequence"], changed.get("previous_title")) == (False, 1, None)
    assert "STATUS:CONFIRMED" in (await office.api.get("/calendar.ics")).text
    assert (await office.register(session)).status_code == 202


async def test_a_date_that_people_rely_on_does_not_become_provisional(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    problem = await office.staff("PATCH", f"/sessions/{session}", {"tentative": True}, expect=409)
    assert problem["type"].endswith("date-confirmed")
    await office.cancel(session)
    await office.staff("PATCH", f"/sessions/{session}", {"tentative": True})


async def test_a_provisional_date_moves_without_having_moved(office: Office) -> None:
    session = await office.scheduled(title={"ca": TITLE}, tentative=True)
    moved = {"starts_at": "2026-12-10T10:00:00+01:00"}
    await office.staff("POST", f"/sessions/{session}/reschedule", moved)
    stored = await office.session(session)
    assert told(stored)[-1] == "session-rescheduled"
    assert data(stored)[-1]["tentative"] is True
    assert stored.previous_starts_at is None
    assert "Moguda" not in (await office.api.get("/feed.json")).text


async def test_what_was_never_confirmed_is_cancelled_once_it_is_past(office: Office) -> None:
    tentative, confirmed = await office.scheduled(tentative=True), await office.scheduled()
    await office.staff("POST", f"/sessions/{tentative}/end", {}, expect=409)
    with pytest.raises(TentativeProblem):
        await office.use_cases.registrations.open_session(tentative)
    office.clock.move(days=8)
    await office.use_cases.sessions.end_overdue(timedelta(hours=1))
    stored = await office.session(tentative)
    assert (stored.status, stored.unsettled) == (SessionStatus.CANCELLED, 0)
    assert told(stored)[-1] == "session-cancelled"
    assert data(stored)[-1]["tentative"] is True
    assert (await office.session(confirmed)).status is SessionStatus.ENDED


async def test_a_session_without_survey_ends_saying_so(office: Office) -> None:
    session = await office.scheduled(survey=False)
    await office.register(session)
    await office.staff("POST", f"/sessions/{session}/end", {})
    ended = data(await office.session(session))[-1]
    assert (ended["survey"], ended["registrations"]) == (False, 1)
    await office.staff("PATCH", f"/sessions/{session}", {"survey": True}, expect=409)
