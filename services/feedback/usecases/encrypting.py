"""Looking after the encryption of answers: what an upgrade or a restore leaves is put right by itself."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import structlog

from services.feedback.domain.surveys import Survey, SurveyState, with_lost
from services.feedback.domain.tallies import Tally, count, freed, taken_out_of_clear
from services.feedback.store import FeedbackStore
from services.feedback.usecases.keys import SurveyKeys
from shared.storage.contract import one_of

LOOKS = 3
"""Answers that no key opens are given up at this look: another replica may know the key and put it back."""

log = structlog.get_logger()


@dataclass
class Encrypting:
    store: FeedbackStore
    keys: SurveyKeys
    _looks: Counter[str] = field(default_factory=Counter)
    """By survey, how many looks in a row found answers that no key opens."""

    async def tend(self) -> None:
        """Put back lost keys, encrypt what a version before stored, free the slots whose answers nobody can read."""
        takes_answers = {"state": one_of([SurveyState.OPEN, SurveyState.CLOSING])}
        surveys = [survey async for survey in self.store.surveys.each(takes_answers)]
        await self.keys.put_back({survey.id for survey in surveys})
        for survey in surveys:
            await self._tend(survey)

    async def _tend(self, survey: Survey) -> None:
        key = await self.keys.find(survey.id)
        tallies = await self.store.tallies_of(survey)
        unreadable = [tally for tally in tallies if not tally.is_readable(key)]
        self._looks[survey.id] = self._looks[survey.id] + 1 if unreadable else 0
        if unreadable and self._looks[survey.id] < LOOKS:
            self.keys.forget(survey.id)
            return
        if unreadable:
            await self._free(survey, unreadable)
        if in_clear := [tally for tally in tallies if tally.cells]:
            key = await self.keys.make(survey.id)
            for tally in in_clear:
                await self.store.tallies.change(tally.id, partial(taken_out_of_clear, key=key))
            await self.store.try_to_compact()

    async def _free(self, survey: Survey, unreadable: list[Tally]) -> None:
        """Let people answer again. Their links are good as long as the survey is open."""
        lost = count(unreadable)
        log.warning("answers without their key", action="survey_answers_lost", session_id=survey.id, answers=lost)
        key = await self.keys.make(survey.id)
        for tally in unreadable:
            await self.store.tallies.change(tally.id, partial(freed, questions=survey.keys, key=key))
        await self.store.surveys.change(survey.id, partial(with_lost, answers=lost))
