"""Reminders of sessions: when they are due, whether they still apply, and how they follow the programme."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifications.deliveries.domain import Delivery, DeliveryKind, delivery_id, make_delivery
from services.notifications.deliveries.expansion import Plan
from services.notifications.deliveries.fanouts import Fanout
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.projections.domain import KnownProgramme, KnownSession
from services.notifications.projections.store import Projections
from shared.clock import Clock, to_millis
from shared.events.vocabulary import SessionStatus
from shared.storage.collection import document_of
from shared.storage.contract import Document, Where, one_of

WITHDRAWN = "reminder withdrawn"
"""Why a reminder is skipped that its programme no longer has."""


def reminders(
    session: KnownSession, programme: KnownProgramme, recipients: Sequence[str], now: datetime
) -> list[Delivery]:
    """Reminders still to come, for each recipient. Their ids contain the start: a new time makes new ones."""
    if session.status is not SessionStatus.SCHEDULED:
        return []
    ahead = [minutes for minutes in programme.reminders_minutes if due(session, minutes) > now]
    return [reminder(session, recipient, minutes, now) for recipient in recipients for minutes in ahead]


def reminder(session: KnownSession, recipient_id: str, minutes: int, now: datetime) -> Delivery:
    return make_delivery(
        DeliveryKind.REMINDER,
        session.id,
        recipient_id,
        due_at=due(session, minutes),
        now=now,
        round_=_round(session, minutes),
        sequence=session.sequence,
        minutes_before=minutes,
    )


def later_reminders(earlier: Delivery, session: KnownSession, programme: KnownProgramme, now: datetime) -> list[str]:
    """The ids of the same person's later reminders that are due too."""
    recipient, before = earlier.recipient_id, earlier.minutes_before
    return [
        delivery_id(DeliveryKind.REMINDER, session.id, recipient, _round(session, minutes))
        for minutes in programme.reminders_minutes
        if minutes < before and due(session, minutes) <= now
    ]


def _round(session: KnownSession, minutes: int) -> str:
    return f"{to_millis(session.starts_at)}-{minutes}"


def due(session: KnownSession, minutes: int) -> datetime:
    return session.starts_at - timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True)
class Reminders:
    _deliveries: DeliveryStore
    _known: Projections
    _clock: Clock

    async def plan(self, fanout: Fanout) -> Plan | None:
        """The reminders of every seat, once the stored ones follow the programme; None if that or the session is
        unknown."""
        session = await self._known.sessions.get(fanout.subject_id)
        programme = await self._known.programmes.get(session.programme) if session else None
        if session is None or programme is None:
            return None
        now = self._clock()
        await self.follow(session, programme, now)

        def make(recipients: Sequence[str]) -> list[Document]:
            return [document_of(delivery) for delivery in reminders(session, programme, recipients, now)]

        return Plan(make)

    async def follow(self, session: KnownSession, programme: KnownProgramme, now: datetime) -> None:
        """Bring stored reminders in line with the programme; repeat if it changed meanwhile."""
        latest: KnownProgramme | None = programme
        while latest is not None:
            await self._follow(session, latest.reminders_minutes, now)
            followed, latest = latest, await self._known.programmes.get(programme.id)
            if latest and latest.seen == followed.seen:
                return

    async def _follow(self, session: KnownSession, chosen: Collection[int], now: datetime) -> None:
        """Withdraw reminders at other than the chosen minutes before the start. Restore withdrawn ones still to
        come."""
        to_come = {minutes: to_millis(due(session, minutes)) for minutes in chosen if due(session, minutes) > now}
        where: Where = {"subject_id": session.id, "kind": DeliveryKind.REMINDER.value}
        async for page in self._deliveries.documents.pages(where):
            surplus = [item["_id"] for item in page if item["open"] and item["minutes_before"] not in chosen]
            if surplus:
                await self._deliveries.skip({"_id": one_of(surplus)}, WITHDRAWN)
            for minutes, due_at in to_come.items():  # those for the session's present start
                wanted = (WITHDRAWN, minutes, due_at)
                ids = [it["_id"] for it in page if (it["reason"], it["minutes_before"], it["due_at"]) == wanted]
                await self._deliveries.restore(ids, WITHDRAWN, due_at)
