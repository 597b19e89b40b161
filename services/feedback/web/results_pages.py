"""The published results: their list, their course over the sessions of a programme, one session, and as open data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.feedback.domain.results import RULE, PublishedQuestion, Results
from services.feedback.store import RESULTS_PLACE
from services.feedback.usecases import UseCases
from services.feedback.web import charts
from services.feedback.web.tables import csv_answer, results_csv
from shared.events.vocabulary import in_language
from shared.web.open_data import CSV, answer
from shared.web.pages import Pages
from shared.web.paging import CursorParameter, decode_cursor, encode_cursor
from shared.web.sitemaps import sitemap

Slug = Annotated[str, Query(max_length=100)]
Year = Annotated[str, Query(max_length=4)]


@dataclass(frozen=True, slots=True)
class ResultsPages:
    use_cases: UseCases
    pages: Pages

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route("/open-data/results.csv", self.show_open_data)
        router.add_api_route("/results", self.list_all)
        router.add_api_route("/results/sitemap.xml", self.sitemap)
        router.add_api_route("/results/{session}.csv", self.show_csv)
        router.add_api_route("/results/{session}", self.show)

    async def list_all(
        self, request: Request, programme: Slug = "", year: Year = "", cursor: CursorParameter = None
    ) -> Response:
        after = decode_cursor(cursor, RESULTS_PLACE)
        number = int(year) if year.isdecimal() else 0
        archive = await self.use_cases.publications.read_archive(programme, number, after)
        slugs = list(archive.programmes)
        about = programme if programme in slugs else slugs[0] if len(slugs) == 1 else ""
        course = await self.use_cases.publications.read_trend(about) if about else []
        language = self.pages.language(request)
        return self.pages.render(
            request,
            "results.html",
            archive=archive,
            programmes=[(slug, in_language(known.name, language)) for slug, known in archive.programmes.items()],
            years=[(str(known), known) for known in archive.years],
            values={"programme": programme, "year": year},
            next=encode_cursor(archive.results.next),
            about=archive.programmes.get(about),
            course=course,
            lines=_lines(course),
            rule=self.pages.text(request, RULE),
        )

    async def sitemap(self) -> Response:
        shown = [each for each in await self.use_cases.publications.read_all() if not each.hidden]
        return sitemap(self.pages.public_url, [(f"/results/{each.id}", each.published_at) for each in shown])

    async def show_open_data(self, request: Request) -> Response:
        shown = [each for each in await self.use_cases.publications.read_all() if not each.hidden]
        return answer(request, results_csv(shown), CSV)

    async def show(self, request: Request, session: str) -> Response:
        results = await self.use_cases.publications.read_public_results(session)
        return self.pages.render(
            request,
            "session_results.html",
            results=results,
            programme=await self.use_cases.publications.read_programme(results.programme),
            distribution=charts.distribution,
            rule=self.pages.text(request, RULE),
        )

    async def show_csv(self, session: str) -> Response:
        results = await self.use_cases.publications.read_public_results(session)
        return csv_answer(f"results-{results.id}.csv", results_csv([results]))


def _lines(course: Sequence[Results]) -> list[tuple[PublishedQuestion, charts.Trend]]:
    """A line for each question that has a mean in two sessions or more; the latest words of a question count."""
    questions = {question.key: question for results in course for question in results.questions}
    found = []
    for key, question in questions.items():
        means = [results.exact_mean(key) for results in course]
        if len([mean for mean in means if mean is not None]) > 1:
            found.append((question, charts.trend(means)))
    return found
