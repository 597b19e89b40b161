"""The office says for whom a session is, whether its date is provisional and whether a survey follows it."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.events.vocabulary import Audience
from shared.staff import Role
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work

ALAMUS, ABRERA = "2500450006", "0800180001"
NEW_ID = "k3vn7xq2mdbt5yzg"
NEW = {
    "id": NEW_ID,
    "programme": "dijous",
    "title_ca": "Trobada",
    "starts_at": "2026-12-17T10:00",
    "duration_minutes": "60",
}
PLAN = "nth=-1&weekday=3&first=2027-07&last=2027-12&at=10:00&duration_minutes=60&capacity=&title_ca="


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        yield opened


async def form_of(desk: OfficeDesk, session: str) -> dict[str, str]:
    """The form to change a session, as it is sent back untouched."""
    page = (await desk.get(f"/office/sessions/{session}/edit")).text
    fields = {}
    for tag in re.findall(r"<input [^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes["type"] not in ("checkbox", "radio") or " checked" in tag:
            fields[attributes["name"]] = attributes.get("value", "")
    [entities] = re.findall(r'<textarea id="entities"[^>]*>\n([^<]*)</textarea>', page)
    return {**{name: value for name, value in fields.items() if name != "csrf"}, "entities": entities}


async def test_a_session_for_some_entities_is_scheduled_and_shown_as_such(desk: OfficeDesk) -> None:
    entities = "Ajuntament dels Alamús\n\n0800180001\n"
    await desk.submit("/office/sessions/new", {**NEW, "audience": "entities", "entities": entities, "no_survey": "1"})
    session = (await desk.use_cases.sessions.view(NEW_ID)).session
    assert (session.audience, session.entities, session.survey) == (Audience.ENTITIES, (ALAMUS, ABRERA), 0)
    page = (await desk.get(f"/office/sessions/{NEW_ID}")).text
    for words in (
        "només per als ens que s'indiquen",
        "Ajuntament dels Alamús",
        "no se n'envia cap",
        "no és per a tothom",
    ):
        assert words in page, words
    assert f'href="/sessions/{NEW_ID}"' not in page
    assert "no pública" in (await desk.get("/office/sessions")).text


@pytest.mark.parametrize(
    ("entities", "words"), [("", "Indiqueu per a quins ens locals és."), ("Ajuntament de Xauxa", "Ajuntament de Xauxa")]
)
async def test_whoever_is_not_named_rightly_is_said_beside_the_field(
    desk: OfficeDesk, entities: str, words: str
) -> None:
    refused = await desk.submit(
        "/office/sessions/new", {**NEW, "audience": "entities", "entities": entities}, expect=422
    )
    assert 'href="#entities"' in refused.text
    assert words in refused.text


async def test_a_form_sent_back_untouched_changes_nothing(desk: OfficeDesk) -> None:
    given = {"audience": "entities", "entities": [ALAMUS], "survey": False, "tentative": True}
    session = await desk.scheduled(**given)
    before = (await desk.use_cases.sessions.view(session)).session
    await desk.submit(f"/office/sessions/{session}/edit", await form_of(desk, session))
    assert (await desk.use_cases.sessions.view(session)).session == before


async def test_what_is_changed_is_named_in_the_record(desk: OfficeDesk) -> None:
    session = await desk.scheduled(tentative=True)
    page = (await desk.get(f"/office/sessions/{session}")).text
    assert "data prevista" in page
    assert f'href="/office/sessions/{session}/edit#tentative"' in page
    assert f'href="/office/sessions/{session}/end"' not in page
    fields = {**await form_of(desk, session), "audience": "members", "no_survey": "1"}
    del fields["tentative"]
    await desk.submit(f"/office/sessions/{session}/edit", fields)
    assert (await desk.entries(limit=1))[0].details == {"fields": "audience, survey, tentative"}
    desk.sign_in(Role.ADMIN)
    assert "Per a qui, Formulari de valoració, Data prevista" in (await desk.get("/office/audit")).text


async def test_narrowing_over_the_heads_of_those_registered_is_refused_with_their_number(desk: OfficeDesk) -> None:
    session = await desk.scheduled()
    await desk.register(session, 1, entity=ABRERA)
    fields = {**await form_of(desk, session), "audience": "entities", "entities": ALAMUS}
    refused = await desk.submit(f"/office/sessions/{session}/edit", fields, expect=422)
    assert 'href="#audience"' in refused.text
    assert "en llista d'espera: 1." in html.unescape(refused.text)
    fields = {**await form_of(desk, session), "tentative": "1"}
    refused = await desk.submit(f"/office/sessions/{session}/edit", fields, expect=422)
    assert 'href="#tentative"' in refused.text


async def test_somebody_of_another_entity_is_not_registered_by_hand_nor_by_a_file(desk: OfficeDesk) -> None:
    session = await desk.scheduled(audience="entities", entities=[ALAMUS])
    person = {"name": "Pau", "email": "pau@abrera.example", "language": "ca", "entity": ABRERA}
    path = f"/office/sessions/{session}/registrations/add"
    assert "Aquesta sessió és per a altres ens locals." in (await desk.submit(path, person, expect=422)).text
    await desk.submit(path, {**person, "entity": ALAMUS})
    rows = [
        (2, {"name": "Ana", "email": "ana@abrera.example", "entity": ABRERA}),
        (3, {"name": "Eva", "email": "eva@alamus.example", "entity": ALAMUS}),
    ]
    plan = await desk.use_cases.moving_in._people.plan(session, rows)
    assert [[fault.column for fault in line.faults] for line in plan.lines] == [["entity"], []]
    assert plan.mails == 1


async def test_ending_a_session_without_survey_says_that_nobody_is_mailed(desk: OfficeDesk) -> None:
    session = await desk.scheduled(survey=False)
    assert "ningú no rep cap correu" in (await desk.get(f"/office/sessions/{session}/end")).text
    tentative = await desk.scheduled(tentative=True)
    await desk.get(f"/office/sessions/{tentative}/end", expect=409)


async def test_a_plan_takes_rows_without_title_and_provisional_dates_and_flags_christmas_and_august(
    desk: OfficeDesk,
) -> None:
    page = (await desk.get(f"/office/programmes/dijous/plan?{PLAN}")).text
    assert page.count(">Nadal<") == 1
    assert page.count(">agost<") == 1
    ticked = re.findall(r'id="keep_(\d)" name="keep_\d" value="1" checked', page)
    starts = dict(re.findall(r'id="starts_at_(\d)" name="starts_at_\d" type="datetime-local" value="([^"]*)"', page))
    assert [starts[place][:7] for place in ticked] == ["2027-07", "2027-09", "2027-10", "2027-11"]
    sent = {f"starts_at_{place}": starts[place] for place in ticked} | {f"keep_{place}": "1" for place in ticked}
    titled = {f"title_{ticked[0]}": "Publicitat activa"}
    common = {"plan": NEW_ID, "duration_minutes": "60", "capacity": "", "tentative": "1"}
    await desk.submit("/office/programmes/dijous/plan", {**sent, **titled, **common})
    found = (await desk.use_cases.sessions.page(programme="dijous", when=None, limit=10)).items
    titles = [view.session.title["ca"] for view in found]  # type: ignore[index]  # a language
    assert titles == ["Publicitat activa", *["Tema per determinar"] * 3]
    assert {view.session.tentative for view in found} == {1}
