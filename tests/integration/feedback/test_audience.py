"""Results of sessions that are not for everybody, and sessions that no survey follows."""

import html
import re

from services.feedback.domain.surveys import SurveyState
from shared.events.vocabulary import Audience
from shared.staff import Role
from tests.integration.feedback.house import PROGRAMME, House, survey_token, token_hash
from tests.integration.feedback.test_pages_results import SCORES, published

TITLE, OPEN_DATA = "Treu-li suc", "/open-data/results.csv"


async def shown(house: House, session_id: str) -> list[str]:
    """The public addresses at which the results are found."""
    lists = ("/results", f"/results?programme={PROGRAMME}", "/api/v1/results", "/results/sitemap.xml", OPEN_DATA)
    own = (f"/results/{session_id}", f"/results/{session_id}.csv", f"/api/v1/results/{session_id}")
    found = [path for path in lists if session_id in (await house.client.get(path)).text]
    return [*found, *[path for path in own if (await house.client.get(path)).status_code == 200]]


async def test_results_of_a_session_for_some_are_the_office_s_alone(house: House) -> None:
    session_id = await published(house, SCORES)
    assert len(await shown(house, session_id)) == 8
    await house.tell(session_id, audience=Audience.MEMBERS)
    assert await shown(house, session_id) == []
    assert TITLE not in (await house.client.get("/results")).text
    house.sign_in(Role.VIEWER)
    assert TITLE in (await house.client.get(f"/office/results/{session_id}")).text
    assert session_id in (await house.client.get("/office/results/export.csv")).text
    await house.tell(session_id, version=4)
    assert len(await shown(house, session_id)) == 8, "it is for everybody again"


async def test_the_office_is_led_to_hidden_results_that_are_there(house: House) -> None:
    session_id = await published(house, SCORES)
    await house.tell(session_id, audience=Audience.MEMBERS)
    house.sign_in(Role.VIEWER)
    page = (await house.client.get(f"/office/results/{session_id}", headers={"accept-language": "ca"})).text
    assert "només l'oficina" in html.unescape(page)
    links = [path for path in re.findall(r'href="(/[^"#?]+)"', page) if session_id in path]
    answers = {path: (await house.client.get(path)).status_code for path in links}
    assert set(answers.values()) == {200}, answers
    assert TITLE in (await house.client.get(f"/office/results/{session_id}/results.csv")).text


async def test_results_published_after_the_session_was_hidden_are_hidden_from_the_beginning(house: House) -> None:
    session_id, _ = await house.open_survey(3)
    await house.tell(session_id, audience=Audience.ENTITIES)
    await house.publish(session_id)
    assert await shown(house, session_id) == []


async def test_the_years_of_what_is_hidden_are_no_choice(house: House) -> None:
    session_id = await published(house, SCORES)
    await house.tell(session_id, audience=Audience.MEMBERS)
    archive = await house.use_cases.publications.read_archive("", 0, None)
    assert (archive.results.items, list(archive.programmes), list(archive.years)) == ([], [], [])


async def test_no_survey_opens_for_a_session_that_wants_none(house: House) -> None:
    session_id = "k3vn7xq2mdbt5yzg"
    await house.learn(session_id)
    await house.tell(session_id, survey=False)
    token = survey_token(session_id, house.chance)
    await house.use_cases.surveys.prepare_links(session_id, 0, 1, [token_hash(token)])
    survey = await house.store.surveys.get(session_id)
    assert survey is not None
    assert survey.state is SurveyState.PREPARING
    assert "survey-opened" not in await house.event_names()


async def test_who_follows_the_link_of_a_closed_survey_is_led_to_results_that_are_there_only(house: House) -> None:
    session_id, [token] = await house.open_survey(1)
    await house.publish(session_id)
    link = f'href="/results/{session_id}"'
    assert link in (await house.client.get(f"/survey/{token}", follow_redirects=True)).text
    await house.tell(session_id, audience=Audience.MEMBERS)
    assert link not in (await house.client.get(f"/survey/{token}", follow_redirects=True)).text
