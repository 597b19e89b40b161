"""Mails about a person's own registration."""

from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind, make_delivery
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.projections.domain import KnownRegistration, KnownSession
from services.notifications.projections.recipients import REGISTRATIONS
from services.notifications.projections.store import KnownStore
from services.notifications.reminders.domain import reminders
from services.notifications.surveys.usecases import Surveys
from services.notifications.triggers.erasing import RecipientEraser
from shared.clock import Clock
from shared.events.vocabulary import RegistrationStatus, SessionStatus

_FOR_ALL = frozenset({DeliveryKind.SESSION_CANCELLED})
_FOR_SEATED = _FOR_ALL | {DeliveryKind.MATERIALS, DeliveryKind.RESULTS}
"""Fan-outs that are queued for who becomes known late."""


@dataclass(frozen=True, slots=True)
class Registrations:
    """What happens to a registration."""

    _known: KnownStore
    _queue: DeliveryQueue
    _surveys: Surveys
    _eraser: RecipientEraser
    _clock: Clock

    async def register(self, told: KnownRegistration) -> None:
        """Confirm a seat or a place on the waiting list."""
        await self._answer(told, _confirmation(told))

    async def promote(self, told: KnownRegistration) -> None:
        """Mail the seat to a person of the waiting list."""
        await self._answer(told, DeliveryKind.PROMOTION)

    async def cancel(self, told: KnownRegistration) -> None:
        """Confirm that the registration was given up."""
        await self._answer(told, DeliveryKind.REGISTRATION_CANCELLED)

    async def correct(self, told: KnownRegistration, *, promoted: bool) -> None:
        """Use the corrected data from now on. No mail, unless the one that this event overtook was lost."""
        await self._answer(told, DeliveryKind.PROMOTION if promoted else _confirmation(told))

    async def confirm_again(self, told: KnownRegistration) -> None:
        """Send the confirmation, or the notice of the waiting list, once more."""
        await self._answer(told, _confirmation(told), again=f"-again-{told.seen}")

    async def erase(self, nobody: KnownRegistration) -> None:
        """Forget the person and send nothing more."""
        await self._eraser.erase(REGISTRATIONS, await self._known.registration(nobody.id), nobody)

    async def _answer(self, told: KnownRegistration, kind: DeliveryKind, *, again: str = "") -> None:
        """Mail the person, unless a later event overtook this one."""
        kept = await self._known.remember(REGISTRATIONS, told)
        current = told if kept else await self._known.registration(told.id)
        if current is None or (current.status, current.generation) != (told.status, told.generation):
            return
        await self._enqueue(current, kind, f"{current.generation}{again}")

    async def _enqueue(self, registration: KnownRegistration, kind: DeliveryKind, round_: str) -> None:
        session, now = await self._known.session(registration.session_id), self._clock()
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
        if session and has_seat and (programme := await self._known.programme(session.programme)):
            deliveries += reminders(session, programme, [registration.id], now)
        await self._queue.enqueue(deliveries)
        if registration.status is not RegistrationStatus.CANCELLED:
            await self._catch_up(registration, session)

    async def _catch_up(self, registration: KnownRegistration, session: KnownSession | None) -> None:
        """Queue what all others got before this registration became known, and have its survey link made."""
        has_seat = registration.status is RegistrationStatus.REGISTERED
        kinds = _FOR_SEATED if has_seat else _FOR_ALL
        await self._queue.backfill(registration.session_id, registration.id, kinds)
        if has_seat and session and session.status is SessionStatus.ENDED:
            await self._surveys.add_late(registration.session_id)


def _confirmation(told: KnownRegistration) -> DeliveryKind:
    is_waiting = told.status is RegistrationStatus.WAITING
    return DeliveryKind.WAITING_LIST if is_waiting else DeliveryKind.CONFIRMATION
