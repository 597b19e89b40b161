"""Reading a survey's form and handing in answers, by a mailed link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from services.feedback.domain.answers import check_answers
from services.feedback.domain.encryption import UnreadableError
from services.feedback.domain.problems import SurveyOverProblem, SurveyUnknownProblem
from services.feedback.domain.surveys import Survey, SurveyState
from services.feedback.domain.tallies import UNSPENT, answered, slot_of, tally_id
from services.feedback.domain.tokens import SurveyToken, read_token
from services.feedback.store import FeedbackStore
from services.feedback.usecases.keys import SurveyKeys
from shared.clock import Clock
from shared.events.registration import SurveyQuestion
from shared.events.vocabulary import Language
from shared.storage.aggregates import NotFoundError


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
    is_public: bool
    """Whether anybody may see the results."""


@dataclass
class Answers:
    store: FeedbackStore
    keys: SurveyKeys
    clock: Clock

    async def read_form(self, token: str) -> SurveyForm:
        """The form behind a link. After the survey closed, all its links look alike.

        Raises:
            SurveyUnknownProblem: no survey was sent under it.
        """
        read, survey = await self._survey(token)
        if not survey.takes_answers(self.clock()):
            return await self._form(survey, FormState.CLOSED)
        tally = await self.store.tallies.get(tally_id(survey.id, read.part(survey.parts)))
        if tally is None:
            raise SurveyUnknownProblem
        unspent = slot_of(tally, read.hash) == UNSPENT
        return await self._form(survey, FormState.OPEN if unspent else FormState.ANSWERED)

    async def submit(self, token: str, answers: Mapping[str, int], comment: str) -> None:
        """Count answers, scores from 0 to 10, and keep a clean comment («» for none): once for each link.

        Raises:
            SurveyUnknownProblem, SurveyOverProblem, AlreadyReceivedProblem: the link is of no use (any more).
            NoAnswerProblem, UnknownQuestionProblem: the answers are not those of the survey.
            StoreError: too many at once, or the survey's key is not to be had; nothing was stored.
        """
        read, survey = await self._survey(token)
        if not survey.takes_answers(self.clock()):
            raise SurveyOverProblem
        check_answers(answers, survey.keys)
        key = await self.keys.get(survey.id)
        decide = partial(answered, digest=read.hash, answers=answers, comment=comment, key=key)
        try:
            await self.store.tallies.change(tally_id(survey.id, read.part(survey.parts)), decide)
        except UnreadableError:
            self.keys.forget(survey.id)  # another replica may have made a new one
            raise
        except NotFoundError:
            raise SurveyUnknownProblem from None

    async def _survey(self, token: str) -> tuple[SurveyToken, Survey]:
        read = read_token(token)
        survey = await self.store.surveys.get(read.session_id) if read else None
        if read is None or survey is None or survey.state is SurveyState.PREPARING:
            raise SurveyUnknownProblem
        return read, survey

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
            is_public=session.is_public,
        )
