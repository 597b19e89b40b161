"""The programme office's pages: who has answered how much, publishing before the time, comments, export."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.feedback.domain.problems import SurveyNotOpenProblem
from services.feedback.domain.results import FEWEST_FOR_MEAN, RULE
from services.feedback.domain.surveys import SurveyState
from services.feedback.store import RESULTS_PLACE
from services.feedback.usecases import UseCases
from services.feedback.web.tables import csv_answer, results_csv
from shared.staff import Role, StaffMember
from shared.web.pages import Pages, see_other
from shared.web.paging import CursorParameter, decode_cursor, encode_cursor
from shared.web.staff_cookie import require_role

LIST = "/office/results"
SURVEY = LIST + "/{session}"


class OfficePages:
    """Viewers read, editors publish."""

    def __init__(self, use_cases: UseCases, pages: Pages) -> None:
        self._office = use_cases.office
        self._publications = use_cases.publications
        self._pages = pages

    def add_to(self, router: APIRouter) -> None:
        """Add the routes with the roles that they need."""
        reads = [Depends(require_role(self._pages.office, Role.VIEWER))]
        changes = require_role(self._pages.office, self._office.publish.role)

        async def publish(request: Request, session: str, member: Annotated[StaffMember, Depends(changes)]) -> Response:
            """Close the survey and publish its results."""
            await self._pages.form(request)
            await self._office.publish(member, session)
            return see_other(f"{LIST}/{session}")

        router.add_api_route(LIST, self.list_all, methods=["GET"], dependencies=reads)
        router.add_api_route(f"{LIST}/export.csv", self.export, methods=["GET"], dependencies=reads)
        router.add_api_route(SURVEY, self.show, methods=["GET"], dependencies=reads)
        router.add_api_route(f"{SURVEY}/comments", self.comments, methods=["GET"], dependencies=reads)
        router.add_api_route(f"{SURVEY}/publish", self.confirm, methods=["GET"], dependencies=[Depends(changes)])
        router.add_api_route(f"{SURVEY}/publish", publish, methods=["POST"])

    async def list_all(self, request: Request, cursor: CursorParameter = None) -> Response:
        """All surveys with their response."""
        responses = await self._office.list_surveys(decode_cursor(cursor, RESULTS_PLACE))
        next_ = encode_cursor(responses.over.next)
        return self._pages.render(request, "office_results.html", responses=responses, next=next_, cursor=cursor)

    async def show(self, request: Request, session: str) -> Response:
        """One survey, and what can be done with it."""
        member = self._pages.member(request)
        return self._pages.render(
            request,
            "office_survey.html",
            response=await self._office.read_survey(session),
            may_publish=member is not None and member.role >= self._office.publish.role,
            rule=self._pages.text(request, RULE),
        )

    async def confirm(self, request: Request, session: str) -> Response:
        """What publishing now would do. Changes nothing."""
        response = await self._office.read_survey(session)
        if response.survey.state is SurveyState.PREPARING:
            raise SurveyNotOpenProblem
        if response.survey.state is not SurveyState.OPEN:
            return see_other(f"{LIST}/{session}")
        return self._pages.render(request, "office_publish.html", response=response, fewest=FEWEST_FOR_MEAN)

    async def comments(self, request: Request, session: str) -> Response:
        """The comments, in an order that means nothing."""
        comments = await self._publications.read_comments(session)
        results = await self._publications.read_results(session)
        return self._pages.render(request, "office_comments.html", results=results, comments=comments)

    async def export(self) -> Response:
        """Every published result, under the same rule as everybody sees it."""
        return csv_answer("results.csv", results_csv(await self._publications.read_all()))
