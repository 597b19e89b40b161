"""Opening a session's survey, reminding, and announcing how many answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from services.feedback.domain.known import KnownSession
from services.feedback.domain.surveys import (
    AnswerCount,
    Survey,
    SurveyState,
    Unspent,
    counted,
    frozen,
    reminded,
    republished,
    with_links,
)
from services.feedback.domain.surveys import opened as announced_open
from services.feedback.domain.tallies import count, new_tally, opened, tally_id, with_late
from services.feedback.store import FeedbackStore
from services.feedback.usecases.keys import SurveyKeys
from shared.clock import Clock, to_millis
from shared.faults import failpoint
from shared.storage.contract import Where, at_most, greater

LIVE_AFTER_CLOSING = timedelta(days=30)
"""How long after its planned end a survey stays in the inventory."""


@dataclass
class Surveys:
    store: FeedbackStore
    keys: SurveyKeys
    clock: Clock

    async def prepare_links(self, session_id: str, part: int, parts: int, hashes: Sequence[str]) -> None:
        """Add a part's tally, or its late links. Open the survey after the last part; republish one that was open."""
        await self.store.surveys.create(Survey(id=session_id, parts=parts))
        before = await self.store.surveys.get(session_id)
        assert before is not None, "surveys are never deleted"
        if not before.is_over:
            await self.store.tallies.create(new_tally(session_id, part, hashes))
            tally = await self.store.tallies.change(tally_id(session_id, part), partial(with_late, hashes=hashes))
            links = len(tally.slots)
            failpoint("feedback-tally-added")
            if not await self.store.note_links(session_id, part, links):
                await self.store.surveys.change(session_id, partial(with_links, part=part, links=links))
        survey = await self.store.surveys.get(session_id)
        assert survey is not None, "surveys are never deleted"
        match survey.state:
            case SurveyState.PREPARING:
                await self.open_if_complete(session_id)
            case SurveyState.CLOSED | SurveyState.PUBLISHED:
                await self.store.delete_tallies(session_id)  # links that came too late leave nothing behind
        if before.state is not SurveyState.PREPARING:
            await self.republish(session_id)

    async def keep_session(self, session: KnownSession) -> None:
        """Keep a session and open its survey if that is complete. Only SessionEnded says when the session ended."""
        await self.store.sessions.apply(session, leave=set() if session.told_end else {"told_end"})
        await self.store.follow_audience(session.id)
        await self.open_if_complete(session.id)

    async def open_if_complete(self, session_id: str) -> None:
        """Open the survey once its links, its session's end and its programme are known. Safe to repeat."""
        survey = await self.store.surveys.get(session_id)
        session = await self.store.sessions.get(session_id)
        if survey is None or survey.state is not SurveyState.PREPARING or not survey.is_complete():
            return
        programme = await self.store.programmes.get(session.programme) if session and session.ended_at else None
        if session is None or programme is None or not session.survey:
            return
        survey = await self.store.surveys.change(session_id, partial(frozen, session=session, programme=programme))
        key = await self.keys.make(session_id)
        open_part = partial(opened, questions=survey.keys, key=key)
        ids = [tally_id(session_id, part) for part in survey.parts_in_place]
        await asyncio.gather(*(self.store.tallies.change(each, open_part) for each in ids))
        failpoint("feedback-tallies-open")
        await self.store.surveys.change(session_id, announced_open)

    async def republish(self, session_id: str) -> None:
        """Publish the survey's present state again, for a service that missed it."""
        survey = await self.store.surveys.get(session_id)
        if survey is None or survey.pending:
            return  # what waits in its outbox is about to tell
        unspent = await self._unspent(survey) if survey.reminded else {}
        results = await self.store.results.get(session_id)
        await self.store.surveys.republish(session_id, partial(republished, results=results, unspent=unspent))

    async def open_due(self) -> None:
        async for survey in self.store.surveys.each({"state": SurveyState.PREPARING.value}):
            await self.open_if_complete(survey.id)

    async def remind_due(self) -> None:
        due: Where = {
            "state": SurveyState.OPEN.value,
            "reminded": 0,
            "reminder_at": at_most(to_millis(self.clock())),
        }
        async for survey in self.store.surveys.each(due):
            await self.store.surveys.change(survey.id, partial(reminded, unspent=await self._unspent(survey)))

    async def announce_counts(self) -> None:
        """Announce how many answered where the number has grown."""
        async for survey in self.store.surveys.each({"state": SurveyState.OPEN.value}):
            if answers := count(await self.store.tallies_of(survey)):
                await self.store.counts.create(AnswerCount(id=survey.id, programme=survey.programme, answers=0))
                await self.store.counts.change(survey.id, partial(counted, answers=answers))

    async def _unspent(self, survey: Survey) -> Unspent:
        return {tally.part: tally.unspent() for tally in await self.store.tallies_of(survey)}

    def live(self) -> Where:
        return {"closes_at": greater(to_millis(self.clock() - LIVE_AFTER_CLOSING))}

    def live_results(self) -> Where:
        """Those with published results. They have an inventory of their own: registration keeps nothing else."""
        return {**self.live(), "state": SurveyState.PUBLISHED.value}
