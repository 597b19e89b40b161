"""Closing a survey: no more answers, one sum, results, and nothing left that could tie them to anybody.

Each step may be the last of a process: the next look at what is due goes on from there and repeats nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from services.feedback.domain.problems import SurveyNotOpenProblem
from services.feedback.domain.results import FEWEST_FOR_MEAN, Counts, Results, publishable_number, publishable_questions
from services.feedback.domain.surveys import Survey, SurveyState, closed, closing, published, sealed
from services.feedback.domain.tallies import count, gather_comments, shut, sum_up, tally_id
from services.feedback.store import FeedbackStore
from services.feedback.usecases.keys import SurveyKeys
from shared.clock import Clock, to_millis
from shared.faults import failpoint
from shared.storage.contract import StoreError, Where, at_most
from shared.storage.records import Author, Recording

COMMENTS_KEPT = timedelta(days=365)

log = structlog.get_logger()


@dataclass
class Closing:
    store: FeedbackStore
    keys: SurveyKeys
    clock: Clock

    async def publish(self, by: Author, session_id: str) -> Results:
        """Close a survey now and publish its results. If that was done before: the same results, and no new record.

        Raises:
            SurveyNotOpenProblem: it has not opened, or there is none.
        """
        survey = await self.store.surveys.get(session_id)
        if survey is None or survey.state is SurveyState.PREPARING:
            raise SurveyNotOpenProblem
        results = await self._close(survey, by.record(session_id, lambda before, _: {"links": before.links}))
        await self.seal_published()
        return results

    async def close_due(self) -> None:
        """Close the surveys whose time is over and go on with those that a crash left half-way."""
        over: Where = {"state": SurveyState.OPEN.value, "closes_at": at_most(to_millis(self.clock()))}
        half_way: list[Where] = [{"state": SurveyState.CLOSING.value}, {"state": SurveyState.CLOSED.value}]
        for where in (over, *half_way):
            async for survey in self.store.surveys.each(where):
                await self._close(survey)
                await self.seal_published()

    async def seal_published(self) -> None:
        """Destroy keys and deleted bytes. What cannot be destroyed just now is left for a later call."""
        unsealed: Where = {"state": SurveyState.PUBLISHED.value, "sealed": 0}
        surveys = [survey async for survey in self.store.surveys.each(unsealed)]
        if surveys and await self._destroy(surveys) and await self.store.try_to_compact():
            for survey in surveys:
                await self.store.surveys.change(survey.id, sealed)

    async def _destroy(self, surveys: Sequence[Survey]) -> bool:
        try:
            for survey in surveys:
                await self.keys.destroy(survey.id)
        except StoreError as error:
            log.warning("key not destroyed", action="key_destruction_postponed", error=str(error))
            return False
        return True

    async def destroy_leftover_keys(self) -> None:
        """Those that a replica put back while the survey was being sealed."""
        for session_id in await self.keys.sessions():
            survey = await self.store.surveys.get(session_id)
            if survey and survey.sealed:
                await self.keys.destroy(session_id)

    async def _close(self, survey: Survey, record: Recording[Survey] | None = None) -> Results:
        survey = await self.store.surveys.change(survey.id, closing, record=record)
        failpoint("feedback-closing")
        results = await self._sum_up(survey)
        failpoint("feedback-summed-up")
        await self.store.delete_tallies(survey.id)
        failpoint("feedback-tallies-deleted")
        await self.store.surveys.change(survey.id, partial(published, results=results))
        failpoint("feedback-published")
        return results

    async def _sum_up(self, survey: Survey) -> Results:
        """The sum, made while the slots are there and kept before they go."""
        if survey.state is not SurveyState.CLOSING:
            results = await self.store.results.get(survey.id)
            assert results is not None, "kept before the survey was closed"
            return results
        tallies = [await self.store.tallies.change(tally_id(survey.id, part), shut) for part in survey.parts_in_place]
        failpoint("feedback-tallies-shut")
        key = await self.keys.get(survey.id)
        n, sums = count(tallies), [tally.sum(key) for tally in tallies]
        if n >= FEWEST_FOR_MEAN and (comments := gather_comments(sums)):
            await self.store.keep_comments(survey.id, comments, self.clock() + COMMENTS_KEPT)
        results = await self.store.keep_results(await self._results(survey, n, sum_up(sums, survey.keys)))
        failpoint("feedback-results-kept")
        await self.store.surveys.change(survey.id, partial(closed, answers=n))
        return results

    async def _results(self, survey: Survey, n: int, counts: Mapping[str, Counts]) -> Results:
        session, programme = await self.store.known_of(survey)
        ended_at = session.ended_at or session.planned_end
        return Results(
            id=survey.id,
            programme=survey.programme,
            title=session.title,
            ended_at=ended_at,
            year=ended_at.astimezone(ZoneInfo(programme.time_zone)).year,
            published_at=self.clock(),
            n=publishable_number(n),
            questions=publishable_questions(n, survey.questions, counts),
        )
