"""Who may use a service's office pages, known from registration's events.

The cookie holds a person's role at sign-in; a later event overrules it.
"""

from collections.abc import Mapping
from dataclasses import replace

from shared.events.registration import OfficeAccessChanged
from shared.staff import Role, StaffMember
from shared.storage.contract import Index, Store
from shared.storage.projections import Known, Projection

OFFICE_PEOPLE_KIND = "registration-office-people"
"""Registration's people in the reconcile sweep."""
OFFICE_ACCESS = "office_access"
OFFICE_ACCESS_COLLECTIONS: Mapping[str, tuple[Index, ...]] = {OFFICE_ACCESS: ()}
"""For every service with office pages except registration."""


class KnownMember(Known):
    role: Role | None
    """None once removed."""
    sessions: tuple[str, ...] = ()
    body: str = ""


class OfficeAccess(Projection[KnownMember]):
    """The people of the office by their opaque ids."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, OFFICE_ACCESS, KnownMember)

    async def learn(self, event: OfficeAccessChanged) -> None:
        known = event.model_dump(include={"role", "sessions", "body"})
        await self.apply(KnownMember(id=event.person_id, seen=event.version, **known))

    async def present(self, member: StaffMember) -> StaffMember | None:
        """The member as known now; None once removed or signed out. The cookie counts until its event is known."""
        known = await self.get(member.id)
        if known is None or known.seen < member.version:
            return member
        if not known.role or member.session not in known.sessions:
            return None
        return replace(member, role=known.role, body=known.body)
