"""What a service knows of who is of the programme office: as registration's events told, for its pages of the office.

A cookie says who somebody was when they signed in. An event that tells of a later version of the person counts more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.events.registration import OfficeAccessChanged
from shared.staff import Role, StaffMember
from shared.storage.contract import Index, Store
from shared.storage.projections import Known, Projection

OFFICE_PEOPLE_KIND = "registration-office-people"
"""What registration announces of its people in the reconcile sweep."""
OFFICE_ACCESS = "office_access"
OFFICE_ACCESS_COLLECTIONS: Mapping[str, tuple[Index, ...]] = {OFFICE_ACCESS: ()}
"""What a service with pages of the office adds to its collections, unless it is registration."""


class _KnownMember(Known):
    role: Role | None
    """None once removed."""


class OfficeAccess:
    """The people of the office by their opaque ids, each with the role and the version last seen."""

    def __init__(self, store: Store) -> None:
        self._members = Projection(store, OFFICE_ACCESS, _KnownMember)

    async def learn(self, event: OfficeAccessChanged) -> None:
        """Keep what an event told."""
        await self._members.apply(_KnownMember(id=event.person_id, seen=event.version, role=event.role))

    async def present(self, member: StaffMember) -> StaffMember | None:
        """Somebody as known now: as the cookie says until an event told of something later."""
        known = await self._members.get(member.id)
        if known is None or known.seen <= member.version:
            return member
        return replace(member, role=known.role) if known.role else None

    async def missing(self, entries: Sequence[tuple[str, int]]) -> list[str]:
        """Of ids and versions, the ids of the people who are not known in that version."""
        return await self._members.missing(entries)
