"""Mails to the contacts of petitions and memberships, from when they are named until they are erased."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.next_steps import reminders
from services.notifications.projections.domain import KnownContact
from services.notifications.projections.store import Projections
from services.notifications.triggers.erasing import RecipientEraser
from services.notifications.triggers.petitions import NEWS_OF_PETITIONS
from shared.clock import Clock
from shared.events import support as events
from shared.events.vocabulary import ContactSubject

_FIRST: Mapping[ContactSubject, DeliveryKind] = {
    ContactSubject.MEMBERSHIP: DeliveryKind.MEMBERSHIP_STARTED,
    ContactSubject.PETITION: DeliveryKind.PETITION_RECEIVED,
}
"""The mail to who is named."""
_NEWS = frozenset({DeliveryKind.MEMBERSHIP_ADVANCED, *NEWS_OF_PETITIONS.values()})
"""Fan-outs that are also queued for contacts who become known late."""


@dataclass(frozen=True, slots=True)
class Contacts:
    _known: Projections
    _queue: DeliveryQueue
    _eraser: RecipientEraser
    _clock: Clock

    async def name(self, event: events.ContactNamed) -> None:
        """Keep a contact, unless erased since, and mail what it is a contact of, with the steps since."""
        reported = KnownContact.from_event(event)
        if not await self._known.contacts.apply(reported):
            return
        if first := _FIRST.get(reported.about):
            await self._queue.enqueue_now(first, reported.about_id, reported.id, round_=str(reported.generation))
        await self._queue.backfill(reported.about_id, reported.id, _NEWS, after_step=event.step)
        if membership := await self._known.memberships.get(reported.about_id):
            await self._queue.enqueue(reminders(membership, [reported.id], self._clock()))

    async def erase(self, event: events.ContactErased) -> None:
        await self._eraser.erase(self._known.contacts, KnownContact.from_erasure(event))
