"""The public results: what is shown, what is said to be hidden, the course over time, and the open data."""

import csv
import io
import re
from collections.abc import Sequence

import pytest

from services.feedback.domain.known import KnownProgramme
from shared.events.registration import SurveyQuestion
from shared.events.vocabulary import Language
from tests.integration.feedback.house import PROGRAMME, House, programme_defined
from tests.support.sharing import assert_shared, shared_as

SCORES = [7] * 6 + [9] * 5


async def published(house: House, scores: Sequence[int], people: int = 12) -> str:
    """A session whose results are published, everybody having scored the content."""
    session_id, tokens = await house.open_survey(people)
    for token, score in zip(tokens, scores, strict=False):
        await house.answer(token, content=score)
    await house.publish(session_id)
    return session_id


async def test_results_before_their_publication_are_a_page_that_says_so(house: House) -> None:
    session_id, _ = await house.open_survey(3)
    page = await house.client.get(f"/results/{session_id}")
    assert page.status_code == 404
    assert "<h1>The results of this session are not published yet.</h1>" in page.text
    assert (await house.client.get(f"/results/{session_id}.csv")).status_code == 404


async def test_search_engines_find_what_is_published_and_nothing_before(house: House) -> None:
    there, (waiting, _) = await published(house, SCORES), await house.open_survey(3)
    sitemap = (await house.client.get("/results/sitemap.xml")).text
    assert f"/results/{there}</loc><lastmod>20" in sitemap
    assert waiting not in sitemap


async def test_ten_answers_show_mean_chart_table_and_the_rule_beside_them(house: House) -> None:
    session_id = await published(house, SCORES)
    page = await house.client.get(f"/results/{session_id}")
    assert page.status_code == 200
    assert "11 people answered" in page.text
    assert '<th scope="row"><span lang="ca">Contingut</span></th><td class="number">7.91</td>' in page.text
    assert "Fewer than 5 answers: nothing is published." in page.text
    [chart] = re.findall("<svg.*?</svg>", page.text, re.DOTALL)
    assert 'role="img"' in chart
    for name in ("title", "desc"):
        assert f'<{name} id="distribution-content-{name}">' in chart
    assert "0: 0; 1: 0; 2: 0; 3: 0; 4: 0; 5: 0; 6: 0; 7: 6; 8: 0; 9: 5; 10: 0" in chart
    assert chart.count('class="bar"') == 2
    assert '<th scope="row">7</th><td class="number">6</td><td class="number">55%</td>' in page.text
    assert page.text.count("hidden: fewer than 5 answered it") == 3
    assert page.text.count("Hidden: fewer than 10 people answered this question.") == 3
    assert len(page.content) < 100_000


async def test_from_five_to_nine_there_is_a_mean_and_no_distribution(house: House) -> None:
    session_id = await published(house, [6] * 5)
    page = await house.client.get(f"/results/{session_id}")
    assert '<td class="number">6.00</td>' in page.text
    assert "<svg" not in page.text
    assert "Hidden: fewer than 10 people answered this question." in page.text


async def test_below_five_nothing_is_shown_and_that_is_said(house: House) -> None:
    session_id = await published(house, [10] * 4)
    page = await house.client.get(f"/results/{session_id}")
    assert "Fewer than 5 people answered: the results are hidden" in page.text
    assert "<table" not in page.text
    assert "10.00" not in page.text


async def test_the_list_shows_every_session_and_narrows_by_programme_and_year(house: House) -> None:
    first = await published(house, SCORES)
    page = await house.client.get("/results")
    assert f'href="/results/{first}"' in page.text
    assert "<select" not in page.text, "nothing to choose from"
    second, _ = await house.open_survey(1, programme="pilot-decidim")
    await house.publish(second)
    both = await house.client.get("/results")
    assert f'href="/results/{first}"' in both.text
    assert f'href="/results/{second}"' in both.text
    assert 'name="programme"' in both.text
    for query, seen in (
        (f"programme={PROGRAMME}", True),
        ("programme=pilot-decidim", False),
        ("programme=nobody", False),
        ("year=2026", True),
        ("year=2025", False),
        ("year=x", True),
    ):
        page = await house.client.get(f"/results?{query}")
        assert page.status_code == 200
        assert (f'href="/results/{first}"' in page.text) == seen, query


async def test_a_cursor_of_nowhere_is_refused_as_a_page(house: House) -> None:
    page = await house.client.get("/results?cursor=nonsense")
    assert page.status_code == 422
    assert "The cursor is not valid" in page.text


async def test_the_course_over_time_breaks_where_results_are_hidden(house: House) -> None:
    for scores in ([6] * 5, [7] * 5, [1] * 2, [8] * 5):
        await published(house, scores)
    page = await house.client.get(f"/results?programme={PROGRAMME}")
    [chart] = re.findall("<svg.*?</svg>", page.text, re.DOTALL)
    assert re.search(r"From the earliest session to the latest: [\d.]+; ", chart)
    assert chart.count("<circle") == 3
    table = page.text.split("<table>")[1].split("</table>")[0]
    assert table.count('<th scope="row">') == 4
    assert table.count("hidden") == 2
    assert "<caption>" in table


async def test_titles_and_questions_in_another_language_say_so(house: House) -> None:
    _, tokens = await house.open_survey(1)
    survey = await house.client.get(f"/survey/{tokens[0]}")
    assert re.search('<h1[^>]*><span lang="ca">Treu-li suc', survey.text)
    assert '<legend><span lang="ca">Contingut</span></legend>' in survey.text
    await published(house, SCORES)
    other = await published(house, SCORES)
    for path in ("/results", f"/results/{other}"):
        page = await house.client.get(path)
        assert '<span lang="ca">Treu-li suc' in page.text
        assert '<span lang="ca">Contingut</span>' in page.text
        assert "<span" not in page.text.partition("</title>")[0]
        assert "&lt;span" not in page.text
        assert not re.search("<(title|desc)[^>]*>[^<]*<span", page.text)
    assert '<span lang="' not in (await house.client.get(f"/results/{other}?lang=ca")).text


async def test_results_say_what_is_shown_where_they_are_shared(house: House) -> None:
    session_id = await published(house, SCORES)
    site = str(house.client.base_url).rstrip("/")
    for path, title in (
        ("/results", "Results"),
        (f"/results/{session_id}", "Results: Treu-li suc a l'eina de seguiment"),
    ):
        assert_shared(await house.client.get(path), site + path, title, locale="en_GB")
    _, tokens = await house.open_survey(1)
    assert shared_as(await house.client.get(f"/survey/{tokens[0]}")) == {}


async def test_the_chart_over_time_rounds_the_mean_itself_and_not_the_table_s_figure(house: House) -> None:
    for scores in ([9] * 5 + [8] * 6, [9] * 14 + [8] * 17, [7] * 5):  # 8.4545… and 8.4516…
        await published(house, scores, people=len(scores))
    page = await house.client.get(f"/results?programme={PROGRAMME}")
    [chart] = re.findall("<svg.*?</svg>", page.text, re.DOTALL)
    figures = re.findall(r'<text x="[\d.]+" y="[\d.]+">([\d.]+)</text>', chart)
    assert sorted(figures) == ["7.0", "8.5", "8.5"]
    assert page.text.count('<td class="number">8.45</td>') == 2


async def test_the_csv_holds_what_the_page_shows_and_no_more(house: House) -> None:
    session_id = await published(house, SCORES)
    answer = await house.client.get(f"/results/{session_id}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="results-{session_id}.csv"'
    rows = {row["question"]: row for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))}
    content, duration = rows["content"], rows["duration"]
    assert (content["answers"], content["mean"], content["score_7"], content["score_8"]) == ("11", "7.91", "6", "0")
    assert (duration["mean"], duration["score_0"]) == ("", "")
    few = (await house.client.get(f"/results/{await published(house, [3] * 4)}.csv")).text
    [row] = csv.DictReader(io.StringIO(few.removeprefix("\ufeff")))
    assert (row["answers"], row["question"], row["mean"], row["score_3"]) == ("", "", "", "")


async def test_the_open_data_hold_every_published_result_and_hide_what_its_page_hides(house: House) -> None:
    many, few = await published(house, SCORES), await published(house, [3] * 4)
    answer = await house.client.get("/open-data/results.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["session"] for row in rows} == {many, few}
    assert [(row["answers"], row["mean"]) for row in rows if row["session"] == few] == [("", "")]
    again = await house.client.get("/open-data/results.csv", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "＝"])
async def test_no_formula_gets_into_a_spreadsheet(house: House, begin: str) -> None:
    session_id, _ = await house.open_survey(5)
    evil = f'{begin}HYPERLINK("http://evil.example")'
    await house.rename(session_id, evil)
    await house.publish(session_id)
    [row] = csv.DictReader(io.StringIO((await house.client.get(f"/results/{session_id}.csv")).text))
    assert row["title"] == f"'{evil}"


async def test_titles_and_questions_are_only_ever_text(house: House) -> None:
    evil = "</title><script>alert(1)</script>"
    question = SurveyQuestion(key="content", text={Language.CA: evil})
    programme = programme_defined(version=9, name={Language.CA: evil}, survey_questions=[question])
    await house.use_cases.store.programmes.apply(KnownProgramme.from_event(programme))
    session_id, tokens = await house.open_survey(10)
    await house.rename(session_id, evil)
    pages = [await house.client.get(f"/survey/{tokens[0]}")]
    for token in tokens:
        await house.answer(token, content=4)
    await house.publish(session_id)
    pages += [await house.client.get(path) for path in (f"/results/{session_id}", "/results")]
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text
