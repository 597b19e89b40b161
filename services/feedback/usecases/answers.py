"""Reading a survey's form and handing in answers, by a mailed link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.feedback.domain.answers import check_answers
from services.feedback.domain.problems import AlreadyReceivedProblem, SurveyOverProblem, SurveyUnknownProblem
from services.feedback.domain.surveys import Survey, SurveyState
from services.feedback.domain.tallies import UNSPENT, Tally, TallyState, tally_id
from services.feedback.domain.tokens import SurveyToken, read_token
from services.feedback.store import FeedbackStore
from shared.clock import Clock
from shared.events.registration import SurveyQuestion
from shared.events.vocabulary import Language
from shared.problems import ConflictProblem

_TRIES = 50
"""Each one loses only to somebody else whose answer was counted."""


class FormState(StrEnum):
    """What the holder of a link can do with it."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SurveyForm:
    session_id: str
    session_title: dict[Language, str]
    programme: str
    programme_name: dict[Language, str]
    time_zone: str
    questions: tuple[SurveyQuestion, ...]
    state: FormState
    closes_at: datetime


@dataclass
class Answers:
    store: FeedbackStore
    clock: Clock

    async def read_form(self, token: str) -> SurveyForm:
        """The form behind a link. After the survey closed, all its links look alike.

        Raises:
            SurveyUnknownProblem: no survey was sent under it.
        """
        read, survey = await self._survey(token)
        if not survey.takes_answers(self.clock()):
            return await self._form(survey, FormState.CLOSED)
        tally = await self._tally(survey, read)
        unspent = tally.slots[read.hash] == UNSPENT
        return await self._form(survey, FormState.OPEN if unspent else FormState.ANSWERED)

    async def submit(self, token: str, answers: Mapping[str, int], comment: str) -> None:
        """Count answers, scores from 0 to 10, and keep a clean comment («» for none): once for each link.

        Raises:
            SurveyUnknownProblem, SurveyOverProblem, AlreadyReceivedProblem: the link is of no use (any more).
            NoAnswerProblem, UnknownQuestionProblem: the answers are not those of the survey.
            ConflictProblem: too many at once; nothing was stored.
        """
        read, survey = await self._survey(token)
        if not survey.takes_answers(self.clock()):
            raise SurveyOverProblem
        check_answers(answers, survey.keys)
        for _ in range(_TRIES):
            tally = await self._open_tally(survey, read)
            key = tally.free_comment() if comment else ""
            if await self.store.count_answer(tally, read.hash, answers, comment, key):
                return
        raise ConflictProblem

    async def _survey(self, token: str) -> tuple[SurveyToken, Survey]:
        read = read_token(token)
        survey = await self.store.surveys.get(read.session_id) if read else None
        if read is None or survey is None or survey.state is SurveyState.PREPARING:
            raise SurveyUnknownProblem
        return read, survey

    async def _tally(self, survey: Survey, token: SurveyToken) -> Tally:
        tally = await self.store.tallies.get(tally_id(survey.id, token.part(survey.parts)))
        if tally is None or token.hash not in tally.slots:
            raise SurveyUnknownProblem
        return tally

    async def _open_tally(self, survey: Survey, token: SurveyToken) -> Tally:
        tally = await self._tally(survey, token)
        if tally.state is not TallyState.OPEN:
            raise SurveyOverProblem
        if tally.slots[token.hash] != UNSPENT:
            raise AlreadyReceivedProblem
        return tally

    async def _form(self, survey: Survey, state: FormState) -> SurveyForm:
        session, programme = await self.store.known_of(survey)
        assert survey.closes_at is not None, "fixed before the survey opened"
        return SurveyForm(
            session_id=survey.id,
            session_title=session.title,
            programme=programme.id,
            programme_name=programme.name,
            time_zone=programme.time_zone,
            questions=survey.questions,
            state=state,
            closes_at=survey.closes_at,
        )
