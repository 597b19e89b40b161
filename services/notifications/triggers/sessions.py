"""Mails about sessions, to everybody whom they concern.

The events of a session come by several consumers, hence in no order. The latest version says how the session is; an
older one is still news, unless the session has changed since in just that.
"""

from dataclasses import dataclass
from datetime import datetime

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.projections.domain import KnownProgramme, KnownSession
from services.notifications.projections.store import PROGRAMMES, SESSIONS, KnownStore
from services.notifications.surveys.usecases import Surveys
from shared.clock import Clock, from_millis, to_millis
from shared.events.vocabulary import Language, SessionStatus

_OF_ONE_EVENT = {
    "previous_starts_at",
    "moved_sequence",
    "previous_title",
    "previous_duration_minutes",
    "cancel_reason",
}


@dataclass(frozen=True, slots=True)
class Sessions:
    """What happens to programmes and sessions."""

    _known: KnownStore
    _queue: DeliveryQueue
    _surveys: Surveys
    _clock: Clock

    async def learn_programme(self, told: KnownProgramme) -> None:
        """Keep a programme and have its sessions' reminders follow it."""
        if await self._known.remember(PROGRAMMES, told):
            await self._queue.resume(*await self._known.subjects_of(told.id))
        programme = await self._known.programme(told.id)
        for session in await self._known.scheduled_sessions(told.id):
            await self._remind(session, programme)

    async def learn(self, told: KnownSession) -> KnownSession:
        """Keep a session and have its registrations reminded; the session as it is now."""
        if await self._known.remember(SESSIONS, told, leave=_OF_ONE_EVENT):
            await self._queue.resume(told.id, *await self._known.proposals_in(told.id))
        session = await self._known.session(told.id)
        assert session is not None, "sessions are never deleted"
        await self._remind(session, await self._known.programme(session.programme))
        return session

    async def reschedule(self, told: KnownSession, version: int, previous: datetime) -> None:
        """Mail that the session moved, unless it has moved again or is off."""
        session = await self.learn(told)
        detail = {"previous_starts_at": to_millis(previous), "moved_sequence": told.sequence}
        await self._known.remember_detail(SESSIONS, told.id, "moved", version, detail)
        if session.status is SessionStatus.SCHEDULED and session.starts_at == _as_stored(told.starts_at):
            await self._queue.enqueue_fanout(
                DeliveryKind.RESCHEDULED, told.id, round_=str(told.sequence), sequence=told.sequence
            )

    async def change(
        self, told: KnownSession, version: int, title: dict[Language, str] | None, minutes: int | None
    ) -> None:
        """Mail a new title or duration with the calendar entry, unless a later change does. Nothing else that changes
        is mailed."""
        session = await self.learn(told)
        if title is None and minutes is None:
            return
        before = {"previous_title": _stored_texts(title), "previous_duration_minutes": minutes}
        await self._known.remember_detail(SESSIONS, told.id, "changed", version, before)
        if session.status is SessionStatus.SCHEDULED and session.sequence == told.sequence:
            await self._queue.enqueue_fanout(
                DeliveryKind.CHANGED, told.id, round_=str(told.sequence), sequence=told.sequence
            )

    async def cancel(self, told: KnownSession, version: int, reason: dict[Language, str] | None) -> None:
        """Mail that the session is off."""
        await self.learn(told)
        await self._known.remember_detail(
            SESSIONS, told.id, "cancelled", version, {"cancel_reason": _stored_texts(reason)}
        )
        await self._queue.enqueue_fanout(DeliveryKind.SESSION_CANCELLED, told.id, sequence=told.sequence)

    async def end(self, told: KnownSession, ended_at: datetime, registrations: int) -> None:
        """Begin the survey of those who held a seat."""
        await self.learn(told)
        await self._surveys.begin(told.id, ended_at, registrations)

    async def publish_materials(self, told: KnownSession) -> None:
        """Mail the recording and the materials to those who held a seat, once each. A corrected title is no news."""
        await self.learn(told)
        there = [
            name for name, content in (("recording", told.recording_url), ("materials", told.materials)) if content
        ]
        if there:
            await self._queue.enqueue_fanout(DeliveryKind.MATERIALS, told.id, round_="+".join(there))

    async def _remind(self, session: KnownSession, programme: KnownProgramme | None) -> None:
        """Store the programme's reminders for every registration. Withdraw those it no longer defines. Runs once per
        session start and programme version."""
        if programme is None or session.status is not SessionStatus.SCHEDULED or session.starts_at <= self._clock():
            return
        await self._queue.enqueue_fanout(
            DeliveryKind.REMINDER,
            session.id,
            round_=f"{session.sequence}-{to_millis(session.starts_at)}-{programme.seen}",
            sequence=session.sequence,
        )


def _stored_texts(texts: dict[Language, str] | None) -> dict[str, str] | None:
    """Texts as documents keep them."""
    return {language.value: text for language, text in texts.items()} if texts else None


def _as_stored(instant: datetime) -> datetime:
    """The instant to the millisecond, as documents keep it."""
    return from_millis(to_millis(instant))
