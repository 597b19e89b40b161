"""The memberships as they are stored."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime

from services.registration.contacts.domain import Contact
from services.registration.contacts.usecases import HeldContact
from services.registration.memberships import domain as memberships
from services.registration.memberships.domain import Membership
from shared.clock import Clock, to_millis
from shared.events.vocabulary import MembershipState
from shared.security.erasing import Note
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import Index, Store, Where, at_most, greater, less

MEMBERSHIPS = "memberships"
COLLECTIONS = {MEMBERSHIPS: [PENDING, Index(("programme", "entity")), Index(("entity",)), Index(("unsettled",))]}

_ACTIVE = MembershipState.ACTIVE.value


class MembershipStore(Aggregates[Membership]):
    def __init__(self, documents: Store, clock: Clock) -> None:
        super().__init__(documents, MEMBERSHIPS, Membership, clock=clock)

    def of_programme(self, programme: str) -> AsyncIterator[Membership]:
        return self.each({"programme": programme}, order=[("entity", 1)])

    async def active(self, programme: str) -> list[Membership]:
        return [each async for each in self.each({"programme": programme, "state": _ACTIVE})]

    async def of_entity(self, entity: str) -> list[Membership]:
        return [each async for each in self.each({"entity": entity})]

    async def entities_of(self, programme: str) -> set[str]:
        """The entities that take part in its phases now."""
        return {membership.entity for membership in await self.active(programme)}

    async def petitions_of(self, programme: str) -> set[str]:
        """Ids of the petitions with which entities take part now."""
        return {each.petition_id for each in await self.active(programme) if each.petition_id}

    async def phases_in_use(self, programme: str) -> set[str]:
        """Keys of the phases that an entity is in."""
        return {membership.phase for membership in await self.active(programme)}

    async def late(self, today: date) -> list[Membership]:
        """Those whose next step should have been taken."""
        return [each async for each in self.each({"state": _ACTIVE, "next_step.due_on": less(today.isoformat())})]

    async def unsettled(self) -> list[Membership]:
        return [each async for each in self.each({"unsettled": 1})]

    async def mark_settled(self, membership: Membership) -> None:
        """Who left has given up everything; not if the entity came back meanwhile."""
        guard: Where = {"unsettled": 1, "state": MembershipState.LEFT.value}
        await self._store.update(MEMBERSHIPS, membership.id, guard=guard, assign={"unsettled": 0})

    async def with_contact(self, key: str) -> Membership | None:
        """The membership that holds a contact, erased or not. There are hundreds at most, so no index is needed."""
        found = await self.page({f"contacts.{key}.generation": greater(0)}, limit=1)
        return found.items[0] if found.items else None

    async def contacts_with(self, email: str) -> Sequence[HeldContact]:
        """The contacts with an address; as `Holder`."""
        return [
            HeldContact(contact, membership.subject, membership.pending)
            async for membership in self.each()
            for contact in membership.people
            if contact.email == email
        ]

    async def people_over(self, programme: str, before: datetime) -> AsyncIterator[Contact]:
        """The contacts of the entities that had finished or left before an instant; as `retention` asks for them."""
        async for membership in self.each({"programme": programme, "ended_at": at_most(to_millis(before))}):
            for contact in membership.people:
                yield contact

    async def erase_contact(self, note: Note) -> HeldContact | None:
        """Erase a contact; as `Holder`."""
        membership = await self.with_contact(note.id)
        if membership is None:
            return None
        erase = memberships.erase_contact(note.id, note.generation, self._clock())
        erased = await self.change(membership.id, erase, record=lambda *_: note.record)
        return HeldContact(erased.contacts[note.id], erased.subject, erased.pending)

    async def republish_one(self, key: str) -> None:
        await self.republish(key, memberships.republish)
