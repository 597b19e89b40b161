"""A survey's life: its links go to feedback as hashes and are mailed once feedback has taken them over."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.expansion import Plan, same_for_all
from services.notifications.deliveries.fanouts import SURVEY_KINDS, Fanout
from services.notifications.deliveries.usecases import DeliveryQueue, Wakers
from services.notifications.projections.store import Projections, seated
from services.notifications.surveys import domain as rules
from services.notifications.surveys.domain import Survey, SurveyPart
from services.notifications.surveys.store import SurveyStore
from shared import ids
from shared.clock import Clock, to_millis
from shared.events.base import Event
from shared.events.feedback import ResultsPublished, SurveyClosed, SurveyOpened, SurveyUnanswered
from shared.storage.aggregates import NotFoundError

CLOSED_REASON = "survey closed"

_LEASE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Surveys:
    _surveys: SurveyStore
    _known: Projections
    _queue: DeliveryQueue
    _wakers: Wakers
    _clock: Clock
    _part_size: int
    """The least links in a part, if the survey has as many."""
    _owner: str = field(default_factory=ids.new_id)

    async def begin(self, session_id: str, ended_at: datetime, expected: int) -> None:
        """Prepare the links of an ended session once everybody with a seat is known."""
        now = self._clock()
        survey = Survey(id=session_id, expected=expected, ended_at=ended_at, tend_at=now)
        if not await self._surveys.insert(survey):
            fields = {"expected": expected, "ended_at": to_millis(ended_at), "tend_at": to_millis(now)}
            await self._surveys.update(session_id, fields, guard={"ended_at": None, "open": 1})
        self._wakers.surveys()

    async def add_late(self, session_id: str) -> None:
        """Prepare the link of a registration that became known after the session's end."""
        if await self._surveys.call(session_id, self._clock()):
            self._wakers.surveys()

    async def open(self, event: SurveyOpened) -> None:
        """Mail the links that feedback has taken over; the event holds their number by part."""
        session_id, version = event.session_id, event.version
        await self._surveys.insert(Survey(id=session_id, seen=version))
        await self._surveys.see(session_id, version)
        fields = {"opened_links": event.links, "closes_at": to_millis(event.closes_at)}
        await self._surveys.apply_part(session_id, "opened", version, fields)
        await self._queue.enqueue_fanout(DeliveryKind.SURVEY, session_id, round_=str(sum(event.links)))

    async def remind(self, event: SurveyUnanswered) -> None:
        await self._queue.enqueue_fanout(
            DeliveryKind.SURVEY_REMINDER, event.session_id, round_=str(event.part), hashes=event.hashes
        )

    async def close(self, event: SurveyClosed) -> None:
        """Destroy key and hashes, and withdraw mails that were not sent."""
        session_id, version = event.session_id, event.version
        tombstone = Survey(id=session_id, seen=version, open=0, erased=1)  # for a SessionEnded that comes later
        if await self._surveys.insert(tombstone):
            return
        await self._surveys.see(session_id, version)
        await self._surveys.update(session_id, {"open": 0, "key": "", "tend_at": None})
        await self._queue.withdraw(session_id, SURVEY_KINDS, CLOSED_REASON)
        # A reminder shows that its recipient had not answered by then: after closing that is deleted too.
        await self._queue.forget(session_id, DeliveryKind.SURVEY_REMINDER)
        await self._surveys.erase(session_id)

    async def publish_results(self, event: ResultsPublished) -> None:
        """Mail the results to everybody with a seat, unless too few answered to publish any, or the page of the results
        is not public."""
        await self._surveys.see(event.session_id, event.version)
        session = await self._known.sessions.get(event.session_id)
        if event.answers is not None and (session is None or session.is_public):
            await self._queue.enqueue_fanout(DeliveryKind.RESULTS, event.session_id)

    async def step(self) -> bool:
        """Advance one survey. Returns whether there may be another."""
        now = self._clock()
        survey = await self._surveys.claim(self._owner, now, now + _LEASE)
        if survey is None:
            return False
        await self._surveys.release(survey, await self._advance(survey))
        return True

    async def _advance(self, survey: Survey) -> datetime | None:
        """Prepare missing links, republish those not taken over. Returns when to come back."""
        if not survey.key:
            known, now = await self._known.registrations.count(seated(survey.id)), self._clock()
            if survey.is_to_wait(known, now):
                return survey.end_of_patience(now)
            survey = await self._make_key(survey, known)
        if not survey.key:
            return None  # closed meanwhile
        prepared = await self._surveys.parts_of(survey.id)
        added = await self._prepare(survey, prepared)
        waiting = [part for part in prepared if survey.awaits(part)]
        for part in waiting:
            if not added and not part.pending:  # no event of it waits in the outbox
                await self._surveys.parts.change(part.id, _republished)
        return survey.next_republication(self._clock()) if waiting or added else None

    async def _make_key(self, survey: Survey, known: int) -> Survey:
        fields = {
            "key": ids.encode(rules.new_key()),
            "base_parts": rules.part_count(known, self._part_size),
            "prepared_at": to_millis(self._clock()),
        }
        await self._surveys.update(survey.id, fields, guard={"open": 1, "key": ""})
        made = await self._surveys.get(survey.id)
        assert made is not None, "surveys are never deleted"
        return made

    async def _prepare(self, survey: Survey, prepared: Sequence[SurveyPart]) -> int:
        """Store the missing links and the events of their parts. Returns the number of parts that changed."""
        maker = survey.link_maker
        assert maker is not None, "its key was made"
        holders = [holder async for holder in self._known.registrations.ids.each(seated(survey.id))]
        missing = rules.missing_links(maker, survey, holders, prepared)
        await asyncio.gather(*(self._add_links(survey, part, hashes) for part, hashes in missing.items()))
        latest = await self._surveys.get(survey.id)
        if latest is None or not latest.open:
            await self._surveys.delete_parts(survey.id)  # it closed while they were being stored
        return len(missing)

    async def _add_links(self, survey: Survey, number: int, hashes: Sequence[str]) -> None:
        part = rules.new_part(survey, number, hashes)
        if await self._surveys.parts.create(part, rules.links_prepared(part)):
            return
        with suppress(NotFoundError):  # it closed meanwhile
            await self._surveys.parts.change(rules.part_id(survey.id, number), rules.with_late(hashes))


def _republished(part: SurveyPart) -> tuple[SurveyPart, Sequence[Event]]:
    return part, [rules.links_prepared(part)]


@dataclass(slots=True)
class SurveyLinks:
    _surveys: SurveyStore
    _known: Projections
    _clock: Clock
    _holders: tuple[str, dict[str, str]] = ("", {})
    """A session, and the registrations by the hashes of their links."""

    async def plan_survey(self, fanout: Fanout) -> Plan | None:
        """For recipients whose link feedback has taken over; None once the key is destroyed."""
        survey = await self._surveys.get(fanout.subject_id)
        if survey is None or not (maker := survey.link_maker):
            return None
        parts = await self._surveys.parts_of(survey.id)
        opened = {digest for part in parts for digest in survey.opened_of(part)}
        make = same_for_all(fanout, self._clock())
        return Plan(lambda recipients: make([each for each in recipients if maker.hash(each) in opened]))

    async def plan_reminder(self, fanout: Fanout) -> Plan:
        """For recipients whose links the fan-out names."""
        if self._holders[0] != fanout.subject_id:
            self._holders = (fanout.subject_id, await self._read_holders(fanout.subject_id))
        holders = self._holders[1]
        recipients = sorted(holders[digest] for digest in fanout.hashes if digest in holders)
        return Plan(same_for_all(fanout, self._clock()), recipients)

    def forget(self) -> None:
        """Forget the owners of links, which are kept between the parts of a reminder."""
        self._holders = ("", {})

    async def _read_holders(self, session_id: str) -> dict[str, str]:
        survey = await self._surveys.get(session_id)
        if survey is None or not (maker := survey.link_maker):
            return {}
        return {maker.hash(holder): holder async for holder in self._known.registrations.ids.each(seated(session_id))}
