"""The survey's way: links that only this service can tell whose they are, handed to feedback as hashes, mailed once
feedback has taken them over."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from services.notifications.domain.deliveries import DeliveryKind
from services.notifications.domain.fanouts import SURVEY_KINDS
from services.notifications.domain.surveys import (
    LinkMaker,
    Survey,
    SurveyPart,
    links_prepared,
    missing_links,
    new_key,
    new_part,
    part_count,
    part_id,
    with_late,
)
from services.notifications.store import NotificationsStore
from services.notifications.survey_store import SURVEY_KEYS
from services.notifications.usecases.announcements import Announcements
from services.notifications.usecases.bells import Bells
from shared import ids
from shared.clock import Clock, to_millis
from shared.events.base import Event
from shared.events.vocabulary import RegistrationStatus
from shared.storage.aggregates import NotFoundError

CLOSED_REASON = "survey closed"
_LEASE = timedelta(seconds=10)
_PAGE = 1000


class Surveys:
    """The verbs of a session's survey."""

    def __init__(
        self,
        store: NotificationsStore,
        clock: Clock,
        announcements: Announcements,
        bells: Bells,
        *,
        part_size: int,
    ) -> None:
        """`part_size`: how many links a part has at the least, where there are as many."""
        self._store = store
        self._clock = clock
        self._announcements = announcements
        self._bells = bells
        self._part_size = part_size
        self._owner = ids.new_id()

    async def begin(self, session_id: str, ended_at: datetime, expected: int) -> None:
        """A session ended: prepare its links as soon as all who held a seat are known."""
        now = self._clock()
        survey = Survey(id=session_id, expected=expected, ended_at=ended_at, tend_at=now)
        if not await self._store.surveys.add(survey):
            fields = {"expected": expected, "ended_at": to_millis(ended_at), "tend_at": to_millis(now)}
            await self._store.surveys.update(session_id, fields, guard={"ended_at": None, "open": 1})
        self._bells.surveys()

    async def add_late(self, session_id: str) -> None:
        """A registration became known after the session's end: it may be one that was waited for, or need a link."""
        if await self._store.surveys.call(session_id, self._clock()):
            self._bells.surveys()

    async def open(self, session_id: str, version: int, links: Sequence[int], closes_at: datetime) -> None:
        """Feedback has taken over so many links of each part: mail them."""
        await self._store.surveys.add(Survey(id=session_id, seen=version))
        await self._store.surveys.see(session_id, version)
        told = {"opened_links": list(links), "closes_at": to_millis(closes_at)}
        await self._store.known.remember_detail(SURVEY_KEYS, session_id, "opened", version, told)
        await self._announcements.tell_everybody(DeliveryKind.SURVEY, session_id, round_=str(sum(links)))

    async def remind(self, session_id: str, part: int, hashes: Sequence[str]) -> None:
        """Remind those whose links were not used."""
        await self._announcements.tell_everybody(
            DeliveryKind.SURVEY_REMINDER, session_id, round_=str(part), hashes=hashes
        )

    async def close(self, session_id: str, version: int) -> None:
        """Destroy the key and the hashes; what was not mailed is of no use any more."""
        tombstone = Survey(id=session_id, seen=version, open=0, erased=1)  # for a SessionEnded that comes later
        if await self._store.surveys.add(tombstone):
            return
        await self._store.surveys.see(session_id, version)
        await self._store.surveys.update(session_id, {"open": 0, "key": "", "tend_at": None})
        await self._store.fanouts.close(session_id, SURVEY_KINDS)
        await self._store.deliveries.skip_open(session_id, SURVEY_KINDS, CLOSED_REASON)
        # Who was reminded had not answered by then: after closing nobody can know even that.
        await self._store.deliveries.forget(session_id, DeliveryKind.SURVEY_REMINDER)
        await self._erase(session_id)

    async def _erase(self, session_id: str) -> None:
        """Leave no byte of key and hashes behind, once.

        Raises:
            StoreError: the deleted bytes are still being read; to be tried again.
        """
        await self._store.surveys.delete_parts(session_id)
        survey = await self._store.surveys.get(session_id)
        if survey is not None and not survey.erased:
            await self._store.documents.compact()
            await self._store.surveys.update(session_id, {"erased": 1})

    async def publish_results(self, session_id: str, version: int, answers: int | None) -> None:
        """Tell those who held a seat that the results are there; nobody where too few answered to show any (None)."""
        await self._store.surveys.see(session_id, version)
        if answers is not None:
            await self._announcements.tell_everybody(DeliveryKind.RESULTS, session_id)

    async def tend(self) -> bool:
        """One step of the loop: whether there may be more to tend."""
        now = self._clock()
        survey = await self._store.surveys.claim(self._owner, now, now + _LEASE)
        if survey is None:
            return False
        await self._store.surveys.release(survey, await self._tend(survey))
        return True

    async def _tend(self, survey: Survey) -> datetime | None:
        """Prepare what is missing, tell again what was not taken over; when to come back."""
        if not survey.key:
            known, now = await self._store.known.seats(survey.id), self._clock()
            if survey.is_to_wait(known, now):
                return survey.end_of_patience(now)
            survey = await self._make_key(survey, known)
        if not survey.key:
            return None  # closed meanwhile
        prepared = await self._store.surveys.parts_of(survey.id)
        added = await self._prepare(survey, prepared)
        waiting = [part for part in prepared if survey.awaits(part)]
        if waiting and not added:
            await self._restate(waiting)
        return survey.next_restatement(self._clock()) if waiting or added else None

    async def _make_key(self, survey: Survey, known: int) -> Survey:
        fields = {
            "key": ids.encode(new_key()),
            "base_parts": part_count(known, self._part_size),
            "prepared_at": to_millis(self._clock()),
        }
        await self._store.surveys.update(survey.id, fields, guard={"open": 1, "key": ""})
        made = await self._store.surveys.get(survey.id)
        assert made is not None, "surveys are never deleted"
        return made

    async def _prepare(self, survey: Survey, prepared: Sequence[SurveyPart]) -> int:
        """Store the missing links with the events of their parts; how many parts they are in."""
        maker = LinkMaker(survey.key_bytes, survey.id)
        missing = missing_links(maker, survey, await self._seated(survey.id), prepared)
        await asyncio.gather(*(self._add_links(survey, part, hashes) for part, hashes in missing.items()))
        if not await self._store.surveys.is_open(survey.id):
            await self._store.surveys.delete_parts(survey.id)  # it closed while they were being stored
        return len(missing)

    async def _add_links(self, survey: Survey, number: int, hashes: Sequence[str]) -> None:
        part = new_part(survey, number, hashes)
        if await self._store.surveys.parts.create(part, links_prepared(part)):
            return
        with suppress(NotFoundError):  # it closed meanwhile
            await self._store.surveys.parts.change(part_id(survey.id, number), with_late(hashes))

    async def _seated(self, session_id: str) -> list[str]:
        """The ids of the registrations that hold a seat."""
        seated: list[str] = []
        after = ""
        while page := await self._store.known.registrations(session_id, after=after, limit=_PAGE):
            seated += [item["_id"] for item in page if item["status"] == RegistrationStatus.REGISTERED.value]
            after = page[-1]["_id"]
        return seated

    async def _restate(self, waiting: Sequence[SurveyPart]) -> None:
        """Tell these parts again; an event that is still in the outbox is enough."""
        for part in waiting:
            if not part.pending:
                await self._store.surveys.parts.change(part.id, _told_again)


def _told_again(part: SurveyPart) -> tuple[SurveyPart, Sequence[Event]]:
    return part, [links_prepared(part)]
