"""Storing a session's reminders and withdrawing those that its programme no longer has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notifications.deliveries.expansion import Plan
from services.notifications.deliveries.fanouts import Fanout
from services.notifications.deliveries.store import delivery_document
from services.notifications.projections.domain import KnownProgramme, KnownSession
from services.notifications.projections.store import KnownStore
from services.notifications.reminders.domain import reminders
from services.notifications.reminders.store import ReminderStore
from shared.clock import Clock
from shared.storage.contract import Document


@dataclass(frozen=True, slots=True)
class Reminders:
    """Plans the fan-outs of reminders."""

    _store: ReminderStore
    _known: KnownStore
    _clock: Clock

    async def plan(self, fanout: Fanout) -> Plan | None:
        """The reminders of every seat, after the stored ones follow the programme; None if either is unknown."""
        session = await self._known.session(fanout.subject_id)
        programme = await self._known.programme(session.programme) if session else None
        if session is None or programme is None:
            return None
        now = self._clock()
        await self.follow(session, programme, now)

        def make(recipients: Sequence[str]) -> list[Document]:
            return [delivery_document(delivery) for delivery in reminders(session, programme, recipients, now)]

        return Plan(make)

    async def follow(self, session: KnownSession, programme: KnownProgramme, now: datetime) -> None:
        """Bring the stored reminders in line with the programme, again if it changed meanwhile."""
        latest: KnownProgramme | None = programme
        while latest is not None:
            await self._store.follow(session, latest.reminders_minutes, now)
            followed, latest = latest, await self._known.programme(programme.id)
            if latest and latest.seen == followed.seen:
                return
