"""Bodies that accompany entities and their staff, and the phases that entities go through."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.registration.accounts.domain import BodyAdministratorProblem, Identity
from services.registration.programmes.domain import DEFAULT_PHASES, PhaseInUseProblem
from services.registration.programmes.usecases import Programmes
from shared.events.registration import OfficeAccessChanged
from shared.staff import API_CALLER, Role
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work, main_of, where

LLEIDA = {
    "key": "diputacio-lleida",
    "name": "Diputació de Lleida",
    "mailbox": "participacio@lleida.example",
    "provinces": ["Lleida"],
}
PILOT = {"slug": "pilot", "name": {"ca": "Pilot"}, "kind": "cohort", "bodies": [LLEIDA]}
KEYS = [phase.key for phase in DEFAULT_PHASES]
PHASES, BODIES = "/office/programmes/pilot/phases", "/office/programmes/pilot/bodies"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        await opened.staff("POST", "/programmes", PILOT, expect=201)
        yield opened


async def form(desk: OfficeDesk, path: str, **changed: str) -> dict[str, str]:
    """The form as it is shown, with what a person changes in it."""
    page = (await desk.get(path)).text
    inputs = re.finditer(r'<input[^>]* name="(?P<name>(?!csrf|out_)\w+)"[^>]* value="(?P<value>[^"]*)"', page)
    places = re.findall(r'<select id="(place_\d+)".*?<option value="(\d+)" selected', page, re.DOTALL)
    return {**{found["name"]: html.unescape(found["value"]) for found in inputs}, **dict(places), **changed}


async def phases(desk: OfficeDesk, slug: str = "pilot") -> list[str]:
    return [phase.key for phase in (await desk.use_cases.programmes.get(slug)).phases]


async def test_a_cohort_begins_with_the_usual_phases_and_a_series_with_none(desk: OfficeDesk) -> None:
    assert (await phases(desk), await phases(desk, "dijous")) == (KEYS, [])
    own = {**PILOT, "slug": "altre", "phases": [{"key": "start", "text": {"ca": "Inici"}}]}
    await desk.staff("POST", "/programmes", own, expect=201)
    assert await phases(desk, "altre") == ["start"]


async def test_bodies_and_phases_are_told_to_other_services(desk: OfficeDesk) -> None:
    stored = await desk.store.programmes.get("pilot")
    assert stored is not None
    told = stored.outbox[-1].data
    assert (told["bodies"], [phase["key"] for phase in told["phases"]]) == ([LLEIDA], KEYS)
    assert (stored.body_of("Lleida"), stored.body_of("Girona")) == ("diputacio-lleida", "")


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"bodies": [LLEIDA, {**LLEIDA, "provinces": []}]}, "/bodies"),
        ({"bodies": [LLEIDA, {**LLEIDA, "key": "una-altra"}]}, "/bodies"),
        ({"bodies": [{**LLEIDA, "key": "Lleida!"}]}, "/bodies/0/key"),
        ({"bodies": [{**LLEIDA, "mailbox": "ningú"}]}, "/bodies/0/mailbox"),
        ({"bodies": [{**LLEIDA, "owner": "x"}]}, "/bodies/0/owner"),
        ({"phases": [{"key": "a", "text": {"ca": "A"}}] * 2}, "/phases"),
        ({"phases": [{"key": "a", "text": {"ca": " "}}]}, "/phases/0/text"),
    ],
)
async def test_a_wrong_body_or_phase_is_refused(desk: OfficeDesk, given: dict[str, object], pointer: str) -> None:
    problem = await desk.staff("PATCH", "/programmes/pilot", given, expect=422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]  # type: ignore[index]  # a list of errors


async def test_phases_are_reworded_moved_added_and_taken_out_on_their_page(desk: OfficeDesk) -> None:
    changed = await form(desk, PHASES, phases_0_text_ca="Formació", phases_4_text_ca="Cloenda", place_3="1", out_1="1")
    assert where(await desk.submit(PHASES, changed)) == f"{PHASES}?done=1"
    found = await phases(desk)
    assert found[:3] == ["execution", "training", "rollout"]
    assert len(found) == 4
    assert (await desk.entries(limit=1))[0].details == {"fields": "phases"}
    assert "Formació" in (await desk.get(f"{PHASES}?done=1")).text


async def test_a_programme_without_phases_is_offered_the_usual_ones(desk: OfficeDesk) -> None:
    path = "/office/programmes/dijous/phases"
    assert "El programa no té fases" in (await desk.get(path)).text
    await desk.submit(path, await form(desk, path))
    assert await phases(desk, "dijous") == KEYS


class InTheFirst:
    async def phases_in_use(self, _: str) -> set[str]:
        return {"training"}


async def test_a_phase_in_which_somebody_is_cannot_be_taken_out(
    desk: OfficeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.use_cases.programmes, "_progress", InTheFirst())
    refused = await desk.submit(PHASES, await form(desk, PHASES, out_0="1", out_1="1"), expect=422)
    assert "Formació general sobre participació ciutadana" in main_of(refused.text)
    assert await phases(desk) == KEYS
    await desk.submit(PHASES, await form(desk, PHASES, out_1="1"))
    assert await phases(desk) == ["training", "rollout", "execution"]
    programmes = Programmes(desk.store.programmes, InTheFirst(), desk.clock)
    with pytest.raises(PhaseInUseProblem):
        await programmes.change(API_CALLER, "pilot", {"phases": []})


async def test_bodies_are_added_changed_and_taken_out_on_their_page(desk: OfficeDesk) -> None:
    tarragona = {
        "bodies_1_key": "diputacio-tarragona",
        "bodies_1_name": "Diputació de Tarragona",
        "bodies_1_provinces": "Tarragona, ",
    }
    await desk.submit(BODIES, await form(desk, BODIES, bodies_0_name="La Diputació", **tarragona))
    bodies = (await desk.use_cases.programmes.get("pilot")).bodies
    assert [(body.key, body.name, body.provinces) for body in bodies] == [
        ("diputacio-lleida", "La Diputació", ["Lleida"]),
        ("diputacio-tarragona", "Diputació de Tarragona", ["Tarragona"]),
    ]
    await desk.submit(BODIES, await form(desk, BODIES, out_0="1"))
    assert await desk.use_cases.programmes.bodies() == {"diputacio-tarragona": "Diputació de Tarragona"}


async def test_a_province_that_the_directory_has_not_is_refused_on_the_page(desk: OfficeDesk) -> None:
    refused = await desk.submit(BODIES, await form(desk, BODIES, bodies_0_provinces="Lerida"), expect=422)
    assert "El directori no té cap ens local a: Lerida." in refused.text


async def mentor(desk: OfficeDesk, role: str = "editor") -> str:
    """The id of a new person who is a body's staff."""
    desk.sign_in(Role.ADMIN)
    newcomer = {"name": "Nil", "user_name": "nil@lleida.example", "role": role, "body": "diputacio-lleida"}
    return where(await desk.submit("/office/people", newcomer)).rpartition("/")[2]


async def test_a_body_s_staff_see_their_own_pages_and_no_page_of_the_office(desk: OfficeDesk) -> None:
    await desk.begin_session(await mentor(desk))
    start = (await desk.get("/office")).text
    assert "Diputació de Lleida" in start
    assert 'href="/office/sessions"' not in start
    await desk.get("/office/account")
    refused = await desk.get("/office/sessions", expect=403)
    assert "Aquesta pàgina és només per a l&#39;oficina dels programes" in refused.text
    await desk.get("/office/programmes", expect=403)


async def test_whose_staff_somebody_is_changes_at_once_and_is_told(desk: OfficeDesk) -> None:
    person_id = await mentor(desk)
    await desk.submit(f"/office/people/{person_id}/role", {"role": "editor", "body": ""})
    account = await desk.store.accounts.get(person_id)
    assert account is not None
    assert [item.data["body"] for item in account.outbox] == ["diputacio-lleida", ""]
    assert (await desk.entries(limit=9))[1].details == {"role": "editor", "body": "diputacio-lleida"}
    await desk.begin_session(person_id)
    await desk.get("/office/sessions")
    await desk.use_cases.access.accounts.change_role(API_CALLER, person_id, Role.EDITOR, "diputacio-lleida")
    await desk.get("/office/sessions", expect=403)


async def test_whose_body_is_gone_stays_outside_the_office_also_when_the_role_changes(desk: OfficeDesk) -> None:
    person_id = await mentor(desk)
    await desk.staff("PATCH", "/programmes/pilot", {"bodies": []})
    page = (await desk.get(f"/office/people/{person_id}")).text
    assert '<option value="diputacio-lleida" selected>' in page
    await desk.submit(f"/office/people/{person_id}/role", {"role": "viewer", "body": "diputacio-lleida"})
    assert (await desk.use_cases.access.accounts.get(person_id)).body == "diputacio-lleida"
    await desk.begin_session(person_id)
    assert "no acompanya cap ens" in (await desk.get("/office")).text


async def test_only_the_office_itself_is_administered_by_its_people(desk: OfficeDesk) -> None:
    person_id = await mentor(desk)
    sent = {"role": "admin", "body": "diputacio-lleida"}
    await desk.submit(f"/office/people/{person_id}/role", sent, expect=422)
    await desk.submit("/office/people", {"name": "Pau", "user_name": "pau@lleida.example", **sent}, expect=422)
    unknown = {"role": "editor", "body": "ningu"}
    await desk.submit(f"/office/people/{person_id}/role", unknown, expect=422)
    account = await desk.use_cases.access.accounts.get(person_id)
    with pytest.raises(BodyAdministratorProblem):
        account.in_role(Role.ADMIN, account.body)
    bound, events = account.bound_to(Identity("issuer nil", account.user_name, "Nil", Role.ADMIN))
    assert (bound.role, bound.body) == (Role.EDITOR, "diputacio-lleida")
    assert [event for event in events if isinstance(event, OfficeAccessChanged) and event.role is Role.ADMIN] == []
