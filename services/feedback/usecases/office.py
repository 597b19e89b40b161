"""What the programme office sees and does: surveys with their response, and publishing before the time."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.domain.problems import SurveyNotThereProblem
from services.feedback.domain.results import Results
from services.feedback.domain.surveys import Survey
from services.feedback.store import FeedbackStore
from services.feedback.usecases.closing import Closing
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.collection import Place, Slice

PAGE = 50
PUBLISHED = "survey.published"
"""What the audit calls it."""


@dataclass(frozen=True, slots=True)
class Response:
    survey: Survey
    session: KnownSession | None
    """None while only its links are known."""
    programme: KnownProgramme | None
    answers: int
    """While it is open, the number last announced: a number that moved with each answer would date the answers."""
    results: Results | None = None

    @property
    def rate(self) -> float | None:
        """The share of those asked who answered, from 0 to 1; None where nobody was asked."""
        return self.answers / self.survey.links if self.survey.links else None


@dataclass(frozen=True, slots=True)
class Responses:
    unfinished: Sequence[Response]
    """Being prepared or open, the one that closes first in front."""
    over: Slice[Response]
    """A page of the others, the latest in front."""


class Office:
    def __init__(self, store: FeedbackStore, closing: Closing) -> None:
        self._store = store
        self.publish = Action(PUBLISHED, Role.EDITOR, closing.publish)

    async def list_surveys(self, after: Place | None) -> Responses:
        unfinished = await self._store.unfinished_surveys()
        over = await self._store.surveys_over(PAGE, after)
        return Responses(
            [await self._response(survey) for survey in unfinished],
            Slice([await self._response(survey) for survey in over.items], over.next),
        )

    async def read_survey(self, session_id: str) -> Response:
        survey = await self._store.surveys.get(session_id)
        if survey is None:
            raise SurveyNotThereProblem
        return await self._response(survey)

    async def _response(self, survey: Survey) -> Response:
        session = await self._store.sessions.get(survey.id)
        programme = await self._store.programmes.get(session.programme) if session else None
        count = None if survey.answers else await self._store.counts.get(survey.id)
        return Response(
            survey=survey,
            session=session,
            programme=programme,
            answers=survey.answers or (count.answers if count else 0),
            results=await self._store.results.get(survey.id),
        )
