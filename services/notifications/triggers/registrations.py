"""Mails about a person's own registration."""

from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind, make_delivery
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.projections.domain import KnownRegistration, KnownSession
from services.notifications.projections.store import Projections
from services.notifications.reminders import reminders
from services.notifications.surveys.usecases import Surveys
from services.notifications.triggers.erasing import RecipientEraser
from shared.clock import Clock
from shared.events import registration as events
from shared.events.vocabulary import RegistrationStatus, SessionStatus

_FOR_ALL = frozenset({DeliveryKind.SESSION_CANCELLED})
_FOR_SEATED = _FOR_ALL | {DeliveryKind.MATERIALS, DeliveryKind.RESULTS}
"""Fan-outs that are also queued for registrations that become known late."""


@dataclass(frozen=True, slots=True)
class Registrations:
    _known: Projections
    _queue: DeliveryQueue
    _surveys: Surveys
    _eraser: RecipientEraser
    _clock: Clock

    async def register(self, event: events.EntityRegistered) -> None:
        """Confirm a seat or a place on the waiting list."""
        await self._answer(event, _confirmation(event))

    async def promote(self, event: events.WaitingListPromoted) -> None:
        await self._answer(event, DeliveryKind.PROMOTION)

    async def cancel(self, event: events.RegistrationCancelled) -> None:
        await self._answer(event, DeliveryKind.REGISTRATION_CANCELLED)

    async def correct(self, event: events.RegistrationCorrected) -> None:
        """Use the corrected data. Mail only what this event overtook."""
        await self._answer(event, DeliveryKind.PROMOTION if event.promoted else _confirmation(event))

    async def confirm_again(self, event: events.ConfirmationRequested) -> None:
        """Send the confirmation, or the notice of the waiting list, again; after the session, the link alone."""
        session = await self._known.sessions.get(event.session_id)
        is_over = session is not None and session.is_over(self._clock())
        kind = DeliveryKind.PERSONAL_LINK if is_over else _confirmation(event)
        await self._answer(event, kind, again=f"-again-{event.version}")

    async def erase(self, event: events.RegistrationErased) -> None:
        await self._eraser.erase(self._known.registrations, KnownRegistration.from_erasure(event))

    async def _answer(self, event: events.PersonEvent, kind: DeliveryKind, *, again: str = "") -> None:
        """Mail the person, unless a later event overtook this one."""
        reported = KnownRegistration.from_event(event)
        kept = await self._known.registrations.apply(reported)
        current = reported if kept else await self._known.registrations.get(reported.id)
        if current is None or (current.status, current.generation) != (reported.status, reported.generation):
            return
        await self._enqueue(current, kind, f"{current.generation}{again}")

    async def _enqueue(self, registration: KnownRegistration, kind: DeliveryKind, round_: str) -> None:
        session, now = await self._known.sessions.get(registration.session_id), self._clock()
        answer = make_delivery(
            kind,
            registration.session_id,
            registration.id,
            due_at=now,
            now=now,
            round_=round_,
            sequence=session.sequence if session else 0,
            generation=registration.generation,
        )
        deliveries = [answer]
        has_seat = registration.status is RegistrationStatus.REGISTERED
        if session and has_seat and (programme := await self._known.programmes.get(session.programme)):
            deliveries += reminders(session, programme, [registration.id], now)
        await self._queue.enqueue(deliveries)
        if registration.status is not RegistrationStatus.CANCELLED:
            await self._catch_up(registration, session)

    async def _catch_up(self, registration: KnownRegistration, session: KnownSession | None) -> None:
        """Queue what others got before this registration became known, and make its survey link."""
        has_seat = registration.status is RegistrationStatus.REGISTERED
        kinds = _FOR_SEATED if has_seat else _FOR_ALL
        await self._queue.backfill(registration.session_id, registration.id, kinds)
        if has_seat and session and session.status is SessionStatus.ENDED:
            await self._surveys.add_late(registration.session_id)


def _confirmation(event: events.PersonEvent) -> DeliveryKind:
    is_waiting = event.status is RegistrationStatus.WAITING
    return DeliveryKind.WAITING_LIST if is_waiting else DeliveryKind.CONFIRMATION
