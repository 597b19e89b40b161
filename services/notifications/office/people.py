"""One person, found by the mail address: export and erasure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.notifications.deliveries.domain import RECIPIENT_ERASED, Delivery
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.preferences.domain import Suppression
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.domain import KnownContact, KnownFollower, KnownRegistration
from services.notifications.projections.store import Projections
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.staff import Role
from shared.storage.compacting import try_to_compact
from shared.storage.contract import Store, one_of
from shared.storage.records import Author

_MOST_DELIVERIES = 10_000


@dataclass(frozen=True, slots=True)
class SubjectExport:
    registrations: Sequence[KnownRegistration]
    followers: Sequence[KnownFollower]
    contacts: Sequence[KnownContact]
    deliveries: Sequence[Delivery]
    """The newest first."""
    suppressions: Sequence[Suppression]

    @property
    def recipient_ids(self) -> list[str]:
        return [recipient.id for recipient in (*self.registrations, *self.followers, *self.contacts)]


class People:
    def __init__(
        self,
        known: Projections,
        deliveries: DeliveryStore,
        suppressions: SuppressionStore,
        documents: Store,
        audit: Audit,
    ) -> None:
        self._known = known
        self._deliveries = deliveries
        self._suppressions = suppressions
        self._documents = documents
        self._audit = audit
        self.export_for = Action("recipient.exported", Role.ADMIN, self._export_for)
        self.erase_for = Action("recipient.erased", Role.ADMIN, self._erase_for)

    async def _export_for(self, by: Author, address: str) -> SubjectExport:
        kept = await self._kept(address)
        for recipient_id in kept.recipient_ids:
            await self._audit.record(by.member, by.act, recipient_id)
        return kept

    async def _erase_for(self, by: Author, address: str) -> int:
        """Forget an address and its suppressions, and leave no byte behind; how many recipients had it. Erase them
        at registrations, followers and contacts first: these services announce them again."""
        kept = await self._kept(address)
        for recipient_id in kept.recipient_ids:
            await self._audit.record(by.member, by.act, recipient_id)
        for registration in kept.registrations:
            await self._known.registrations.forget(registration)
        for follower in kept.followers:
            await self._known.followers.forget(follower)
        for contact in kept.contacts:
            await self._known.contacts.forget(contact)
        await self._deliveries.skip({"recipient_id": one_of(kept.recipient_ids)}, RECIPIENT_ERASED)
        for suppression in kept.suppressions:
            await self._suppressions.lift(suppression.id)
        await try_to_compact(self._documents)
        return len(kept.recipient_ids)

    async def _kept(self, address: str) -> SubjectExport:
        registrations = [each async for each in self._known.registrations.each({"email": address})]
        followers = [each async for each in self._known.followers.each({"email": address})]
        contacts = [each async for each in self._known.contacts.each({"email": address})]
        ids = [recipient.id for recipient in (*registrations, *followers, *contacts)]
        deliveries = await self._deliveries.to(ids, limit=_MOST_DELIVERIES)
        suppressions = await self._suppressions.of_one(address)
        return SubjectExport(registrations, followers, contacts, deliveries, suppressions)
