"""What a service knows of who is of the programme office: as registration's events told, for its pages of the office.

A cookie says who somebody was when they signed in. An event that tells of a later version of the person counts more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.events.registration import OfficeAccessChanged
from shared.messaging.inventory import Entry
from shared.staff import Role, StaffMember
from shared.storage.contract import Index, Store, at_most, one_of

OFFICE_PEOPLE_KIND = "registration-office-people"
"""What registration announces of its people in the reconcile sweep."""
OFFICE_ACCESS = "office_access"
OFFICE_ACCESS_COLLECTIONS: Mapping[str, tuple[Index, ...]] = {OFFICE_ACCESS: ()}
"""What a service with pages of the office adds to its collections, unless it is registration."""


class OfficeAccess:
    """The people of the office by their opaque ids, each with the role and the version last `seen`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def learn(self, event: OfficeAccessChanged) -> None:
        """Keep what an event told; an older one than those before changes nothing."""
        fields = {"role": event.role and int(event.role), "seen": event.version}
        if not await self._store.insert(OFFICE_ACCESS, {"_id": event.person_id, **fields}):
            guard = {"seen": at_most(event.version)}
            await self._store.update(OFFICE_ACCESS, event.person_id, guard=guard, assign=fields)

    async def present(self, member: StaffMember) -> StaffMember | None:
        """Somebody as known now: as the cookie says until an event told of something later."""
        known = await self._store.get(OFFICE_ACCESS, member.id)
        if known is None or known["seen"] <= member.version:
            return member
        return replace(member, role=Role(known["role"])) if known["role"] else None

    async def lacking(self, entries: Sequence[Entry]) -> list[str]:
        """Of ids and versions, the ids of the people who are not known in that version."""
        known = await self._store.find(
            OFFICE_ACCESS, {"_id": one_of([id_ for id_, _ in entries])}, limit=len(entries) or 1
        )
        seen = {document["_id"]: document["seen"] for document in known}
        return [id_ for id_, version in entries if seen.get(id_, 0) < version]
