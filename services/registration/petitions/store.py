"""The petitions as they are stored."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime

from services.registration.petitions.domain import FINAL, OPEN, Petition
from shared.clock import Clock, to_millis
from shared.events.vocabulary import PetitionState
from shared.storage.aggregates import PENDING, UNCHAINED, Aggregates
from shared.storage.collection import Place, Slice
from shared.storage.contract import Index, Order, Store, Where, at_most, greater, one_of

PETITIONS = "petitions"
COLLECTIONS = {
    PETITIONS: [
        PENDING,
        UNCHAINED,
        Index(("unsettled",)),
        Index(("offer_id", "received_at")),
        Index(("entity", "received_at")),
        Index(("owner", "received_at")),
        Index(("state", "received_at")),
        Index(("received_at",)),
        Index(("contact.email",)),
        Index(("contact.id",)),
    ]
}
BY_ARRIVAL: Order = (("received_at", 1),)


class PetitionStore(Aggregates[Petition]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, PETITIONS, Petition, clock=clock)

    async def of_offer(self, offer_id: str) -> list[Petition]:
        """In the order of arrival."""
        return [each async for each in self.each({"offer_id": offer_id}, order=BY_ARRIVAL)]

    async def of_entity(self, *codes: str) -> list[Petition]:
        """Of an entity under any of its codes, in the order of arrival."""
        return [each async for each in self.each({"entity": one_of(codes)}, order=BY_ARRIVAL)]

    async def accepted_in(self, programme: str) -> list[Petition]:
        """In the order of arrival."""
        where: Where = {"programme": programme, "state": PetitionState.ACCEPTED}
        return [each async for each in self.each(where, order=BY_ARRIVAL)]

    def of_programme(self, programme: str) -> AsyncIterator[Petition]:
        return self.each({"programme": programme}, order=BY_ARRIVAL)

    async def has_any(self, offer_id: str) -> bool:
        return bool((await self.page({"offer_id": offer_id}, limit=1)).items)

    async def listed(self, where: Where, *, limit: int, after: Place | None = None) -> Slice[Petition]:
        """The latest first."""
        return await self.page(where, order=(("received_at", -1),), limit=limit, after=after)

    async def count_accepted(self, offer_id: str, entity: str) -> int:
        return await self.count({"offer_id": offer_id, "entity": entity, "state": PetitionState.ACCEPTED})

    async def unsettled(self, *, limit: int = 200) -> list[Petition]:
        """Those whose offer may not know what the council decided."""
        return (await self.page({"unsettled": 1}, limit=limit)).items

    async def with_email(self, email: str) -> list[Petition]:
        return [each async for each in self.each({"contact.email": email})]

    async def with_contacts(self, contact_ids: Collection[str]) -> list[Petition]:
        return [each async for each in self.each({"contact.id": one_of(sorted(contact_ids))})] if contact_ids else []

    async def with_contact(self, contact_id: str) -> Petition | None:
        found = await self.page({"contact.id": contact_id}, limit=1)
        return found.items[0] if found.items else None

    def over(self, programme: str, before: datetime) -> AsyncIterator[Petition]:
        """Those with a contact that came to an end before an instant."""
        ended: Where = {"state": one_of(FINAL), "changed_at": at_most(to_millis(before))}
        return self.each({"programme": programme, "contact.email": greater(""), **ended})

    def waiting(self) -> AsyncIterator[Petition]:
        """Those to which the office owes an answer, the oldest first."""
        return self.each({"state": one_of(OPEN)}, order=BY_ARRIVAL)

    def passed_on(self) -> AsyncIterator[Petition]:
        """Those that a body has."""
        return self.each({"owner": greater("")})
