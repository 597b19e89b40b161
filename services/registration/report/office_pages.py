"""The report of one year of a programme, at the office: to read, to print, as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.programmes.usecases import Programmes
from services.registration.report import comparison
from services.registration.report.commitments import Verdict
from services.registration.report.comparison import Words, Years
from services.registration.report.domain import Facts, report
from services.registration.report.usecases import Reports
from shared.events.vocabulary import in_language
from shared.problems import mark
from shared.staff import StaffMember
from shared.storage.contract import Scalar
from shared.text.dates import YEARS
from shared.text.spreadsheets import csv_table
from shared.web.desk import Desk
from shared.web.page_routes import PageRouter, page_router

PATH = "/office/programmes/{slug}/report"
COLUMNS = (mark("Part"), mark("What"), mark("Figure"))
VERDICT_NAMES = {
    Verdict.KEPT: mark("kept"),
    Verdict.BROKEN: mark("not kept"),
    Verdict.UNKNOWN: mark("cannot be told"),
}
Year = Annotated[int | None, Query(ge=YEARS[0], le=YEARS[-1])]


@dataclass(frozen=True)
class ReportDesk(Desk):
    programmes: Programmes
    reports: Reports

    async def facts(self, slug: str) -> Facts:
        return await self.reports.facts(await self.programmes.get(slug))

    def compared(self, facts: Facts, year: int | None) -> Years:
        """Without a year the present one."""
        wanted = year or facts.year_of(self.clock())
        return report(facts, wanted), report(facts, wanted - 1)


def routes(desk: ReportDesk) -> PageRouter:
    router = page_router(desk.pages)
    viewer = Depends(desk.viewer)

    @router.get(PATH)
    async def show(request: Request, slug: str, year: Year = None, _: StaffMember = viewer) -> HTMLResponse:
        facts = await desk.facts(slug)
        years = desk.compared(facts, year)
        return desk.pages.render(
            request,
            "office/report.html",
            programme=facts.programme,
            now=years[0],
            before=years[1],
            years=sorted({*facts.years(desk.clock()), years[0].year}, reverse=True),
            figures=comparison.figures_by_part(years),
            questions=comparison.questions_of(years),
            areas=comparison.areas_of(years),
            verdicts=VERDICT_NAMES,
        )

    @router.get(PATH + ".csv")
    async def table(request: Request, slug: str, year: Year = None, _: StaffMember = viewer) -> Response:
        facts = await desk.facts(slug)
        years = desk.compared(facts, year)
        header = [*(desk.pages.text(request, title) for title in COLUMNS), *(str(each.year) for each in years)]
        headers = {"content-disposition": f'attachment; filename="{slug}-{years[0].year}.csv"'}
        rows = _rows(desk, request, facts, years)
        return Response(csv_table(header, rows).encode(), media_type="text/csv; charset=utf-8", headers=headers)

    return router


def _rows(desk: ReportDesk, request: Request, facts: Facts, years: Years) -> Iterator[list[Scalar]]:
    language = desk.pages.language(request)

    def written(words: Words) -> str:
        return desk.pages.text(request, words) if isinstance(words, str) else in_language(words, language)

    for row in comparison.rows(facts, years):
        yield [written(row.part), written(row.what), written(row.name), *row.values]
