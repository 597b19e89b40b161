"""Closing a survey: no more answers, one sum, results, and nothing left that could tie them to anybody.

Each step may be the last of a process: the next look at what is due goes on from there and repeats nothing twice.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from services.feedback.domain.problems import SurveyNotOpenProblem
from services.feedback.domain.results import FEWEST_FOR_MEAN, Results, publishable_number, publishable_questions
from services.feedback.domain.surveys import Survey, SurveyState, closed, closing, published, sealed
from services.feedback.domain.tallies import count, gather_comments, sum_up
from services.feedback.store import FeedbackStore
from shared.clock import Clock, to_millis
from shared.faults import failpoint
from shared.storage.contract import Where, at_most
from shared.storage.records import Recording

COMMENTS_KEPT = timedelta(days=365)


class Closing:
    """The verbs of a survey from its last answer on."""

    def __init__(self, store: FeedbackStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def publish(self, session_id: str, record: Recording[Survey]) -> Results:
        """Close a survey now and publish its results; the same results when that was done before. The record is stored
        where this closes it.

        Raises:
            SurveyNotOpenProblem: it has not opened, or there is none.
        """
        survey = await self._store.surveys.get(session_id)
        if survey is None or survey.state is SurveyState.PREPARING:
            raise SurveyNotOpenProblem
        results = await self._close(survey, record)
        await self.seal_published()
        return results

    async def close_due(self) -> None:
        """Close the surveys whose time is over and go on with those that a crash left half-way."""
        over: Where = {"state": SurveyState.OPEN.value, "closes_at": at_most(to_millis(self._clock()))}
        half_way: list[Where] = [{"state": SurveyState.CLOSING.value}, {"state": SurveyState.CLOSED.value}]
        for where in (over, *half_way):
            async for survey in self._store.surveys.each(where):
                await self._close(survey)
                await self.seal_published()

    async def seal_published(self) -> None:
        """Let the store give back what was deleted; when it cannot just now, a later call tries again."""
        unsealed: Where = {"state": SurveyState.PUBLISHED.value, "sealed": 0}
        surveys = [survey async for survey in self._store.surveys.each(unsealed)]
        if surveys and await self._store.try_to_compact():
            for survey in surveys:
                await self._store.surveys.change(survey.id, sealed)

    async def delete_old_comments(self) -> None:
        """Delete comments whose year is over."""
        await self._store.delete_old_comments(self._clock())

    async def _close(self, survey: Survey, record: Recording[Survey] | None = None) -> Results:
        survey = await self._store.surveys.change(survey.id, closing, record=record)
        failpoint("feedback-closing")
        results = await self._sum_up(survey)
        failpoint("feedback-summed-up")
        await self._store.delete_tallies(survey.id)
        failpoint("feedback-tallies-deleted")
        await self._store.surveys.change(survey.id, published(results))
        failpoint("feedback-published")
        return results

    async def _sum_up(self, survey: Survey) -> Results:
        """The sum, made while the slots are there and kept before they go."""
        if survey.state is not SurveyState.CLOSING:
            results = await self._store.results.get(survey.id)
            assert results is not None, "kept before the survey was closed"
            return results
        for part in survey.parts_in_place:
            await self._store.shut_tally(survey.id, part)
        failpoint("feedback-tallies-shut")
        tallies = await self._store.tallies_of(survey)
        n = count(tallies)
        if n >= FEWEST_FOR_MEAN and (comments := gather_comments(tallies)):
            await self._store.keep_comments(survey.id, comments, self._clock() + COMMENTS_KEPT)
        results = await self._store.keep_results(await self._results(survey, n, sum_up(tallies, survey.keys)))
        failpoint("feedback-results-kept")
        await self._store.surveys.change(survey.id, closed(n))
        return results

    async def _results(self, survey: Survey, n: int, counts: dict[str, list[int]]) -> Results:
        session = await self._store.sessions.get(survey.id)
        programme = await self._store.programmes.get(survey.programme)
        assert session is not None, "known before the survey opened"
        assert programme is not None, "known before the survey opened"
        ended_at = session.ended_at or session.planned_end
        return Results(
            id=survey.id,
            programme=survey.programme,
            title=session.title,
            ended_at=ended_at,
            year=ended_at.astimezone(ZoneInfo(programme.time_zone)).year,
            published_at=self._clock(),
            n=publishable_number(n),
            questions=publishable_questions(n, survey.questions, counts),
        )
