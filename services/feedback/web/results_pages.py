"""The published results: their list, their course over the sessions of a programme, one session, and as open data."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.feedback.domain.results import RULE, PublishedQuestion, Results
from services.feedback.store import RESULTS_PLACE
from services.feedback.usecases import UseCases
from services.feedback.web import charts
from services.feedback.web.tables import csv_answer, results_csv
from shared.events.vocabulary import in_language
from shared.web.pages import Pages
from shared.web.paging import CursorParameter, decode_cursor, encode_cursor
from shared.web.sitemaps import sitemap

Slug = Annotated[str, Query(max_length=100)]
Year = Annotated[str, Query(max_length=4)]


class ResultsPages:
    """What anybody may see."""

    def __init__(self, use_cases: UseCases, pages: Pages) -> None:
        self._publications = use_cases.publications
        self._pages = pages

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        router.add_api_route("/results", self.list_all, methods=["GET"])
        router.add_api_route("/results/sitemap.xml", self.sitemap, methods=["GET"])
        router.add_api_route("/results/{session}.csv", self.show_csv, methods=["GET"])
        router.add_api_route("/results/{session}", self.show, methods=["GET"])

    async def list_all(
        self, request: Request, programme: Slug = "", year: Year = "", cursor: CursorParameter = None
    ) -> Response:
        """The list, by programme and year, and the means over time where it is about one programme."""
        after = decode_cursor(cursor, RESULTS_PLACE)
        number = int(year) if year.isdecimal() else 0
        archive = await self._publications.read_archive(programme, number, after)
        about = programme if programme in archive.programmes else _the_only(list(archive.programmes))
        course = await self._publications.read_trend(about) if about else []
        language = self._pages.language(request)
        return self._pages.render(
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
            rule=self._pages.text(request, RULE),
        )

    async def sitemap(self) -> Response:
        """For search engines: every session with results."""
        everything = await self._publications.read_all()
        return sitemap(self._pages.public_url, [(f"/results/{each.id}", each.published_at) for each in everything])

    async def show(self, request: Request, session: str) -> Response:
        """One session's results; a problem before they are published."""
        results = await self._publications.read_results(session)
        return self._pages.render(
            request,
            "session_results.html",
            results=results,
            programme=await self._publications.read_programme(results.programme),
            distribution=charts.distribution,
            rule=self._pages.text(request, RULE),
        )

    async def show_csv(self, session: str) -> Response:
        """One session's results for a spreadsheet."""
        results = await self._publications.read_results(session)
        return csv_answer(f"results-{results.id}.csv", results_csv([results]))


def _the_only(slugs: Sequence[str]) -> str:
    return slugs[0] if len(slugs) == 1 else ""


def _lines(course: Sequence[Results]) -> list[tuple[PublishedQuestion, charts.Trend]]:
    """A line for each question that has a mean in two sessions or more; the latest words of a question count."""
    questions = {question.key: question for results in course for question in results.questions}
    found = []
    for key, question in questions.items():
        means = [results.exact_mean(key) for results in course]
        if len([mean for mean in means if mean is not None]) > 1:
            found.append((question, charts.trend(means)))
    return found
