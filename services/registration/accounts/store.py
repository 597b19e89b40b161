"""The accounts of the office and their one-time links, as they are stored."""

from services.registration.accounts.domain import Account, OneTimeLink
from shared.clock import Clock
from shared.staff import Role
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import Index, Store

OFFICE_PEOPLE = "office_people"
OFFICE_LINKS = "office_links"
COLLECTIONS = {
    OFFICE_PEOPLE: [PENDING, Index(("role",)), Index(("subject",))],
    OFFICE_LINKS: [Index(("expires_at",))],
}


class AccountStore:
    """Accounts and one-time links."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self.people = Aggregates(store, OFFICE_PEOPLE, Account, clock=clock)

    async def everybody(self) -> list[Account]:
        """The people of the office by name."""
        found = await self.people.find({"removed_at": None}, limit=1000)
        return sorted(found, key=lambda person: person.name.casefold())

    async def count_administrators(self) -> int:
        """How many may manage the office."""
        return await self._store.count(OFFICE_PEOPLE, {"role": int(Role.ADMIN), "removed_at": None})

    async def of_subject(self, subject: str) -> Account | None:
        """Who has signed in before as this subject of the OIDC provider."""
        found = await self.people.find({"subject": subject, "removed_at": None}, limit=1)
        return found[0] if found else None

    async def keep_link(self, link: OneTimeLink) -> None:
        """Keep a new link, in place of those for the same person; the expired ones go."""
        await self._store.delete(OFFICE_LINKS, {"person_id": link.person_id})
        await self._store.insert(OFFICE_LINKS, link.model_dump(mode="json", by_alias=True))

    async def link(self, link_id: str) -> OneTimeLink | None:
        """A link that was kept, spent or not."""
        document = await self._store.get(OFFICE_LINKS, link_id)
        return OneTimeLink.model_validate(document) if document else None

    async def spend_link(self, link_id: str) -> bool:
        """Use a link up; False when somebody was faster."""
        return await self._store.update(OFFICE_LINKS, link_id, guard={"spent": 0}, assign={"spent": 1})
