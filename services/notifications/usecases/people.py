"""What is kept of one person by the address, for who asks the office for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.notifications.domain.deliveries import RECIPIENT_ERASED, Delivery
from services.notifications.domain.known import KnownFollower, KnownRegistration, Recipient
from services.notifications.domain.suppressions import Suppression
from services.notifications.store import NotificationsStore
from shared.audit import Audit
from shared.staff import StaffMember
from shared.storage.compacting import try_to_compact

EXPORTED, ERASED = "recipient.exported", "recipient.erased"
"""What the audit calls them."""
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


class People:
    """The verbs of the office for one person."""

    def __init__(self, store: NotificationsStore, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    async def export_for(self, by: StaffMember, address: str) -> Kept:
        """All that is kept with an address."""
        kept = await self._kept(address)
        for recipient in kept.recipients:
            await self._audit.record(by, EXPORTED, recipient.id)
        return kept

    async def erase_for(self, by: StaffMember, address: str) -> int:
        """Forget an address, also that it wanted or took no mails, and leave no byte behind; how many recipients had
        it. Whoever told of them has to erase them too, or tells of them again."""
        kept = await self._kept(address)
        for recipient in kept.recipients:
            await self._audit.record(by, ERASED, recipient.id)
            await self._store.recipients.forget(recipient)
            await self._store.deliveries.skip_all_to(recipient.id, RECIPIENT_ERASED)
        for suppression in kept.suppressions:
            await self._store.suppressions.lift(suppression.id)
        await try_to_compact(self._store.documents)
        return len(kept.recipients)

    async def _kept(self, address: str) -> Kept:
        registrations = await self._store.recipients.registrations(address)
        followers = await self._store.recipients.followers(address)
        ids = [recipient.id for recipient in (*registrations, *followers)]
        return Kept(
            registrations,
            followers,
            await self._store.deliveries.to(ids, limit=_MOST_DELIVERIES) if ids else [],
            (await self._store.suppressions.of([address])).get(address, []),
        )
