"""What is told of programmes and sessions.

The events of a session come by several consumers, hence in no order. The latest version says how the session is; an
older one is still news, unless the session has changed since in just that.
"""

from datetime import datetime

from services.notifications.domain.deliveries import DeliveryKind
from services.notifications.domain.known import KnownProgramme, KnownSession
from services.notifications.known_store import PROGRAMMES, SESSIONS
from services.notifications.store import NotificationsStore
from services.notifications.usecases.announcements import Announcements
from services.notifications.usecases.surveys import Surveys
from shared.clock import Clock, from_millis, to_millis
from shared.events.vocabulary import Language, SessionStatus

_TOLD_BY_ONE_EVENT = {
    "previous_starts_at",
    "moved_sequence",
    "previous_title",
    "previous_duration_minutes",
    "cancel_reason",
}


class Sessions:
    """The verbs of programmes and sessions."""

    def __init__(self, store: NotificationsStore, clock: Clock, announcements: Announcements, surveys: Surveys) -> None:
        self._store = store
        self._clock = clock
        self._announcements = announcements
        self._surveys = surveys

    async def learn_programme(self, told: KnownProgramme) -> None:
        """Keep a programme; its sessions' reminders follow its settings."""
        if await self._store.known.remember(PROGRAMMES, told):
            await self._announcements.take_up(*await self._store.known.subjects_of(told.id))
        programme = await self._store.known.programme(told.id)
        for session in await self._store.known.scheduled_sessions(told.id):
            await self._remind(session, programme)

    async def learn(self, told: KnownSession) -> KnownSession:
        """Keep a session and have its registrations reminded; the session as it is now."""
        if await self._store.known.remember(SESSIONS, told, leave=_TOLD_BY_ONE_EVENT):
            await self._announcements.take_up(told.id, *await self._store.known.proposals_in(told.id))
        session = await self._store.known.session(told.id)
        assert session is not None, "sessions are never deleted"
        await self._remind(session, await self._store.known.programme(session.programme))
        return session

    async def reschedule(self, told: KnownSession, version: int, previous: datetime) -> None:
        """Tell everybody that the session moved, unless it has moved again or is off."""
        session = await self.learn(told)
        detail = {"previous_starts_at": to_millis(previous), "moved_sequence": told.sequence}
        await self._store.known.remember_detail(SESSIONS, told.id, "moved", version, detail)
        if session.status is SessionStatus.SCHEDULED and session.starts_at == _as_stored(told.starts_at):
            await self._announcements.tell_everybody(
                DeliveryKind.RESCHEDULED, told.id, round_=str(told.sequence), sequence=told.sequence
            )

    async def change(
        self, told: KnownSession, version: int, title: dict[Language, str] | None, minutes: int | None
    ) -> None:
        """Tell everybody that the session has another title or duration than it had, with the calendar entry; unless
        a later change tells it. Nothing else that changes is told."""
        session = await self.learn(told)
        if title is None and minutes is None:
            return
        before = {"previous_title": _words(title), "previous_duration_minutes": minutes}
        await self._store.known.remember_detail(SESSIONS, told.id, "changed", version, before)
        if session.status is SessionStatus.SCHEDULED and session.sequence == told.sequence:
            await self._announcements.tell_everybody(
                DeliveryKind.CHANGED, told.id, round_=str(told.sequence), sequence=told.sequence
            )

    async def cancel(self, told: KnownSession, version: int, reason: dict[Language, str] | None) -> None:
        """Tell everybody that the session is off."""
        await self.learn(told)
        await self._store.known.remember_detail(
            SESSIONS, told.id, "cancelled", version, {"cancel_reason": _words(reason)}
        )
        await self._announcements.tell_everybody(DeliveryKind.SESSION_CANCELLED, told.id, sequence=told.sequence)

    async def end(self, told: KnownSession, ended_at: datetime, registrations: int) -> None:
        """Begin the survey of those who held a seat."""
        await self.learn(told)
        await self._surveys.begin(told.id, ended_at, registrations)

    async def publish_materials(self, told: KnownSession) -> None:
        """Tell those who held a seat what is there to be seen: once of the recording, once of the materials. That a
        title was corrected is no news."""
        await self.learn(told)
        there = [
            name for name, content in (("recording", told.recording_url), ("materials", told.materials)) if content
        ]
        if there:
            await self._announcements.tell_everybody(DeliveryKind.MATERIALS, told.id, round_="+".join(there))

    async def _remind(self, session: KnownSession, programme: KnownProgramme | None) -> None:
        """Have the reminders of all registrations stored, and those that the programme has no more withdrawn: once for
        each start and each definition of the programme, also where they are as they were before the last."""
        if programme is None or session.status is not SessionStatus.SCHEDULED or session.starts_at <= self._clock():
            return
        await self._announcements.tell_everybody(
            DeliveryKind.REMINDER,
            session.id,
            round_=f"{session.sequence}-{to_millis(session.starts_at)}-{programme.seen}",
            sequence=session.sequence,
        )


def _words(texts: dict[Language, str] | None) -> dict[str, str] | None:
    """Texts as documents keep them."""
    return {language.value: text for language, text in texts.items()} if texts else None


def _as_stored(instant: datetime) -> datetime:
    """The instant to the millisecond, as documents keep it."""
    return from_millis(to_millis(instant))
