"""What is kept of one person, found by the address: to export it and to erase it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.notifications.deliveries.domain import RECIPIENT_ERASED, Delivery
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.preferences.domain import Suppression
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.domain import KnownFollower, KnownRegistration, Recipient
from services.notifications.projections.recipients import RecipientStore
from shared.security.audit import Audit
from shared.staff import StaffMember
from shared.storage.compacting import try_to_compact
from shared.storage.contract import Store

EXPORTED, ERASED = "recipient.exported", "recipient.erased"
"""The acts in the audit."""

_MOST_DELIVERIES = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept with an address."""

    registrations: Sequence[KnownRegistration]
    followers: Sequence[KnownFollower]
    deliveries: Sequence[Delivery]
    """The mails to them, the newest first: what they were about and what became of them."""
    suppressions: Sequence[Suppression]

    @property
    def recipients(self) -> list[Recipient]:
        """Everybody with that address."""
        return [*self.registrations, *self.followers]


@dataclass(frozen=True, slots=True)
class People:
    """Exports and erases one person."""

    _recipients: RecipientStore
    _deliveries: DeliveryStore
    _suppressions: SuppressionStore
    _documents: Store
    _audit: Audit

    async def export_for(self, by: StaffMember, address: str) -> Kept:
        """All that is kept with an address."""
        kept = await self._kept(address)
        for recipient in kept.recipients:
            await self._audit.record(by, EXPORTED, recipient.id)
        return kept

    async def erase_for(self, by: StaffMember, address: str) -> int:
        """Forget an address and its suppressions, and leave no byte behind; how many recipients had it. Erase them
        at registrations and followers first: these services announce them again."""
        kept = await self._kept(address)
        for recipient in kept.recipients:
            await self._audit.record(by, ERASED, recipient.id)
            await self._recipients.forget(recipient)
            await self._deliveries.skip_all_to(recipient.id, RECIPIENT_ERASED)
        for suppression in kept.suppressions:
            await self._suppressions.lift(suppression.id)
        await try_to_compact(self._documents)
        return len(kept.recipients)

    async def _kept(self, address: str) -> Kept:
        registrations = await self._recipients.registrations(address)
        followers = await self._recipients.followers(address)
        ids = [recipient.id for recipient in (*registrations, *followers)]
        return Kept(
            registrations,
            followers,
            await self._deliveries.to(ids, limit=_MOST_DELIVERIES) if ids else [],
            (await self._suppressions.of([address])).get(address, []),
        )
