"""The survey of a programme at the office: questions in three languages whose keys stay, their order, the days."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.registration.programmes.domain import DEFAULT_SURVEY_QUESTIONS
from shared.events.vocabulary import Language
from shared.staff import Role
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work, where

PATH = "/office/programmes/dijous/survey"
KEYS = [question.key for question in DEFAULT_SURVEY_QUESTIONS]
NEW = "survey_questions_4_text_ca"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with desk_at_work(tmp_path) as opened:
        yield opened


async def form(desk: OfficeDesk, **changed: str) -> dict[str, str]:
    """The form as it is shown, with what a person changes in it."""
    page = (await desk.get(PATH)).text
    fields = {
        found["name"]: html.unescape(found["value"])
        for found in re.finditer(r'<input[^>]* name="(?P<name>(?!csrf|out_)\w+)"[^>]* value="(?P<value>[^"]*)"', page)
    }
    places = re.findall(r'<select id="(place_\d+)".*?<option value="(\d+)" selected', page, re.DOTALL)
    return {**fields, **dict(places), **changed}


async def keys(desk: OfficeDesk) -> list[str]:
    return [question.key for question in (await desk.use_cases.programmes.get("dijous")).survey_questions]


async def test_a_survey_sent_back_untouched_stays_as_it_is_and_is_no_act(desk: OfficeDesk) -> None:
    before = await desk.use_cases.programmes.get("dijous")
    assert where(await desk.submit(PATH, await form(desk))) == f"{PATH}?done=1"
    assert await desk.use_cases.programmes.get("dijous") == before
    assert await desk.acts() == ["programme.defined"]


async def test_the_words_of_a_question_change_and_its_key_stays(desk: OfficeDesk) -> None:
    changed = await form(desk, survey_questions_1_text_ca="Ha durat prou?", survey_questions_1_text_es="")
    await desk.submit(PATH, changed)
    programme = await desk.use_cases.programmes.get("dijous")
    assert programme.survey_questions[1].text == {
        Language.CA: "Ha durat prou?",
        Language.EN: DEFAULT_SURVEY_QUESTIONS[1].text[Language.EN],
    }
    assert await keys(desk) == KEYS
    (entry,) = await desk.entries(limit=1)
    assert (entry.action, entry.details) == ("programme.changed", {"fields": "survey_questions"})
    assert "Les sessions que s'acabin a partir d'ara" in (await desk.get(f"{PATH}?done=1")).text


async def test_a_question_is_added_at_the_end_with_a_key_of_its_own(desk: OfficeDesk) -> None:
    await desk.submit(PATH, await form(desk, **{NEW: "Hi tornaríeu?"}))
    found = await keys(desk)
    assert found[:4] == KEYS
    assert re.fullmatch(r"q_[a-z0-9]{12}", found[4])
    await desk.submit(PATH, await form(desk, survey_questions_5_text_ca="I una altra?"))
    assert (await keys(desk))[:5] == found, "keys given once stay"


@pytest.mark.parametrize(
    ("moves", "order"),
    [
        ({"place_3": "1"}, [3, 0, 1, 2]),
        ({"place_0": "3"}, [1, 2, 0, 3]),
        ({"place_0": "2", "place_1": "1"}, [1, 0, 2, 3]),
        ({"place_0": "x"}, [0, 1, 2, 3]),
    ],
)
async def test_questions_are_put_in_another_order(desk: OfficeDesk, moves: dict[str, str], order: list[int]) -> None:
    await desk.submit(PATH, await form(desk, **moves))
    assert await keys(desk) == [KEYS[place] for place in order]


async def test_a_question_is_taken_out_and_the_last_one_cannot_be(desk: OfficeDesk) -> None:
    await desk.submit(PATH, await form(desk, out_1="1", out_2="1"))
    assert await keys(desk) == [KEYS[0], KEYS[3]]
    page = (await desk.submit(PATH, await form(desk, out_0="1", out_1="1"), expect=422)).text
    assert 'href="#survey_questions"' in page
    assert "com a mínim una pregunta" in page
    assert await keys(desk) == [KEYS[0], KEYS[3]]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"survey_questions_2_text_ca": "", "survey_questions_2_text_es": "", "survey_questions_2_text_en": ""}, None),
        ({"survey_questions_2_text_es": "x" * 301}, "survey_questions_2_text_es"),
        ({"key_2": "NO KEY"}, "survey_questions_2_key"),
        ({"key_2": "content"}, "survey_questions"),
        ({"survey_days": "0"}, "survey_days"),
        ({"survey_days": ""}, "survey_days"),
        ({"survey_days": "7", "survey_reminder_days": "7"}, "survey_reminder_days"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_written_is_kept(
    desk: OfficeDesk, wrong: dict[str, str], field: str | None
) -> None:
    sent = await form(desk, **{NEW: "Hi tornaríeu?", **wrong})
    page = (await desk.submit(PATH, sent, expect=422)).text
    assert f'href="#{field or "survey_questions_2_text_ca"}"' in page
    assert 'value="Hi tornaríeu?"' in page
    assert await keys(desk) == KEYS


async def test_an_error_stands_at_the_question_where_it_was_moved_to(desk: OfficeDesk) -> None:
    sent = await form(desk, place_3="1", survey_questions_3_text_ca="x" * 301)
    page = (await desk.submit(PATH, sent, expect=422)).text
    assert 'href="#survey_questions_0_text_ca"' in page
    assert f'name="key_0" value="{KEYS[3]}"' in page


async def test_the_settings_of_a_programme_leave_its_survey_alone(desk: OfficeDesk) -> None:
    await desk.submit(PATH, await form(desk, out_0="1", survey_days="20"))
    settings = {"name_ca": "Dijous", "kind": "series", "tool": "Teams", "time_zone": "Europe/Madrid"}
    await desk.submit("/office/programmes/dijous", {**settings, "reminders_minutes": "60"})
    programme = await desk.use_cases.programmes.get("dijous")
    assert (await keys(desk), programme.survey_days, programme.tool) == (KEYS[1:], 20, "Teams")


async def test_a_viewer_does_not_reach_the_survey(desk: OfficeDesk) -> None:
    desk.sign_in(Role.VIEWER)
    await desk.get(PATH, expect=403)
    await desk.submit(PATH, {}, expect=403)
