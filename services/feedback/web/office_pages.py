"""The programme office's pages: response, publishing early, comments, export."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.feedback.domain.problems import SurveyNotOpenProblem
from services.feedback.domain.results import FEWEST_FOR_MEAN, RULE
from services.feedback.domain.surveys import SurveyState
from services.feedback.store import RESULTS_PLACE
from services.feedback.usecases import UseCases
from services.feedback.web.tables import csv_answer, results_csv
from shared.problems import mark
from shared.staff import Role, StaffMember
from shared.web.import_pages import ImportPage
from shared.web.pages import Pages, see_other
from shared.web.paging import CursorParameter, decode_cursor, encode_cursor
from shared.web.staff_cookie import require_role

LIST = "/office/results"
SURVEY = LIST + "/{session}"
IMPORT = mark("Bring in results of past sessions")
ABOUT_IMPORT = mark(
    "The mean of each question and how many answered, for sessions that took place before the programme ran here. The "
    "rule of small groups holds for them too. Bring in the sessions first."
)
STORE = mark("Bring in these results")


@dataclass(frozen=True, slots=True)
class OfficePages:
    use_cases: UseCases
    pages: Pages

    def add_to(self, router: APIRouter) -> None:
        reads = [Depends(require_role(self.pages.office, Role.VIEWER))]
        changes = require_role(self.pages.office, self.use_cases.office.publish.role)
        results = self.use_cases.importing.results
        imports = require_role(self.pages.office, results.role)
        page = ImportPage(self.pages, IMPORT, ABOUT_IMPORT, STORE, LIST)

        async def publish(request: Request, session: str, member: Annotated[StaffMember, Depends(changes)]) -> Response:
            await self.pages.form(request)
            await self.use_cases.office.publish(member, session)
            return see_other(f"{LIST}/{session}")

        async def choose_file(request: Request) -> Response:
            return page.choose(request, results)

        async def bring(request: Request, member: Annotated[StaffMember, Depends(imports)]) -> Response:
            return await page.answer(request, member, results)

        router.add_api_route(f"{LIST}/import", choose_file, dependencies=[Depends(imports)])
        router.add_api_route(f"{LIST}/import", bring, methods=["POST"])
        router.add_api_route(LIST, self.list_all, dependencies=reads)
        router.add_api_route(f"{LIST}/export.csv", self.export, dependencies=reads)
        router.add_api_route(SURVEY, self.show, dependencies=reads)
        router.add_api_route(f"{SURVEY}/comments", self.comments, dependencies=reads)
        router.add_api_route(f"{SURVEY}/results.csv", self.export_one, dependencies=reads)
        router.add_api_route(f"{SURVEY}/publish", self.confirm, dependencies=[Depends(changes)])
        router.add_api_route(f"{SURVEY}/publish", publish, methods=["POST"])

    async def list_all(self, request: Request, cursor: CursorParameter = None) -> Response:
        responses = await self.use_cases.office.list_surveys(decode_cursor(cursor, RESULTS_PLACE))
        next_ = encode_cursor(responses.over.next)
        return self.pages.render(request, "office_results.html", responses=responses, next=next_, cursor=cursor)

    async def show(self, request: Request, session: str) -> Response:
        member = self.pages.member(request)
        return self.pages.render(
            request,
            "office_survey.html",
            response=await self.use_cases.office.read_survey(session),
            may_publish=member is not None and member.role >= self.use_cases.office.publish.role,
            rule=self.pages.text(request, RULE),
        )

    async def confirm(self, request: Request, session: str) -> Response:
        """What publishing now would do. Changes nothing."""
        response = await self.use_cases.office.read_survey(session)
        if response.survey.state is SurveyState.PREPARING:
            raise SurveyNotOpenProblem
        if response.survey.state is not SurveyState.OPEN:
            return see_other(f"{LIST}/{session}")
        return self.pages.render(request, "office_publish.html", response=response, fewest=FEWEST_FOR_MEAN)

    async def comments(self, request: Request, session: str) -> Response:
        results = await self.use_cases.publications.read_results(session)
        comments = await self.use_cases.store.comments(session)
        return self.pages.render(request, "office_comments.html", results=results, comments=comments)

    async def export(self) -> Response:
        return csv_answer("results.csv", results_csv(await self.use_cases.publications.read_all()))

    async def export_one(self, session: str) -> Response:
        """Also of a session that is not for everybody, whose results have no public page."""
        results = await self.use_cases.publications.read_results(session)
        return csv_answer(f"results-{results.id}.csv", results_csv([results]))
