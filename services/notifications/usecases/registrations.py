"""What one person is told of their own registration."""

from services.notifications.domain.deliveries import RECIPIENT_ERASED, DeliveryKind, make_delivery
from services.notifications.domain.known import KnownRegistration, KnownSession
from services.notifications.domain.reminders import reminders
from services.notifications.recipient_store import REGISTRATIONS
from services.notifications.store import NotificationsStore
from services.notifications.usecases.announcements import Announcements
from services.notifications.usecases.erasing import forget_bounce
from services.notifications.usecases.surveys import Surveys
from shared.clock import Clock
from shared.events.vocabulary import RegistrationStatus, SessionStatus

_TOLD_TO_ALL = frozenset({DeliveryKind.SESSION_CANCELLED})
_TOLD_TO_SEATED = _TOLD_TO_ALL | {DeliveryKind.MATERIALS, DeliveryKind.RESULTS}


class Registrations:
    """The verbs of a registration."""

    def __init__(self, store: NotificationsStore, clock: Clock, announcements: Announcements, surveys: Surveys) -> None:
        self._store = store
        self._clock = clock
        self._announcements = announcements
        self._surveys = surveys

    async def register(self, told: KnownRegistration) -> None:
        """Confirm a seat or a place on the waiting list."""
        await self._answer(told, _confirmation(told))

    async def promote(self, told: KnownRegistration) -> None:
        """Tell a person of the waiting list that a seat is theirs."""
        await self._answer(told, DeliveryKind.PROMOTION)

    async def cancel(self, told: KnownRegistration) -> None:
        """Confirm that the registration was given up."""
        await self._answer(told, DeliveryKind.REGISTRATION_CANCELLED)

    async def correct(self, told: KnownRegistration, *, promoted: bool) -> None:
        """Write to the person as corrected from now on. Nobody is told, unless what they were to be told got lost."""
        await self._answer(told, DeliveryKind.PROMOTION if promoted else _confirmation(told))

    async def confirm_again(self, told: KnownRegistration) -> None:
        """Send the confirmation, or the notice of the waiting list, once more."""
        await self._answer(told, _confirmation(told), again=f"-again-{told.seen}")

    async def erase(self, nobody: KnownRegistration) -> None:
        """Forget the person, and write nothing more. `nobody` is kept, so that a late event brings nobody back."""
        known = await self._store.known.registration(nobody.id)
        await forget_bounce(self._store, known, nobody)
        if await self._store.known.remember(REGISTRATIONS, nobody):
            await self._store.deliveries.skip_all_to(nobody.id, RECIPIENT_ERASED)
        await forget_bounce(self._store, known, nobody)

    async def _answer(self, told: KnownRegistration, kind: DeliveryKind, *, again: str = "") -> None:
        """Tell the person, unless a later event has overtaken this one in what it tells."""
        kept = await self._store.known.remember(REGISTRATIONS, told)
        current = told if kept else await self._store.known.registration(told.id)
        if current is None or (current.status, current.generation) != (told.status, told.generation):
            return
        await self._tell(current, kind, f"{current.generation}{again}")

    async def _tell(self, registration: KnownRegistration, kind: DeliveryKind, round_: str) -> None:
        session, now = await self._store.known.session(registration.session_id), self._clock()
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
        if session and has_seat and (programme := await self._store.known.programme(session.programme)):
            deliveries += reminders(session, programme, [registration.id], now)
        await self._announcements.tell(deliveries)
        if registration.status is not RegistrationStatus.CANCELLED:
            await self._catch_up(registration, session)

    async def _catch_up(self, registration: KnownRegistration, session: KnownSession | None) -> None:
        """Tell what all were told before this registration became known, and have its survey link made."""
        has_seat = registration.status is RegistrationStatus.REGISTERED
        kinds = _TOLD_TO_SEATED if has_seat else _TOLD_TO_ALL
        await self._announcements.tell_what_all_were_told(registration.session_id, registration.id, kinds)
        if has_seat and session and session.status is SessionStatus.ENDED:
            await self._surveys.add_late(registration.session_id)


def _confirmation(told: KnownRegistration) -> DeliveryKind:
    is_waiting = told.status is RegistrationStatus.WAITING
    return DeliveryKind.WAITING_LIST if is_waiting else DeliveryKind.CONFIRMATION
