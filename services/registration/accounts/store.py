"""The accounts of the office and their one-time links, as they are stored."""

import hashlib
import secrets
from datetime import datetime

from services.registration.accounts.domain import Account, OneTimeLink
from shared.clock import Clock
from shared.staff import Role
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.collection import Collection
from shared.storage.contract import Index, Store

OFFICE_PEOPLE = "office_people"
OFFICE_LINKS = "office_links"
COLLECTIONS = {
    OFFICE_PEOPLE: [PENDING, Index(("role",)), Index(("subject",))],
    OFFICE_LINKS: [Index(("expires_at",))],
}


class AccountStore(Aggregates[Account]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, OFFICE_PEOPLE, Account, clock=clock)
        self._links = Collection(store, OFFICE_LINKS, OneTimeLink)

    async def everybody(self) -> list[Account]:
        """By name."""
        found = [person async for person in self.each({"removed_at": None})]
        return sorted(found, key=lambda person: person.name.casefold())

    async def count_administrators(self) -> int:
        return await self.count({"role": int(Role.ADMIN), "removed_at": None})

    async def of_subject(self, subject: str) -> Account | None:
        """The person who signed in before as this subject of the OIDC provider."""
        found = await self.page({"subject": subject, "removed_at": None}, limit=1)
        return found.items[0] if found.items else None

    async def new_link(self, person_id: str, expires_at: datetime) -> str:
        """The token of a new link, in place of those for the same person. The token itself is kept nowhere."""
        token = secrets.token_urlsafe(32)
        await self._links.delete({"person_id": person_id})
        await self._links.insert(OneTimeLink(id=digest_of(token), person_id=person_id, expires_at=expires_at))
        return token

    async def link(self, token: str) -> OneTimeLink | None:
        """The link of a token, spent or not."""
        return await self._links.get(digest_of(token))

    async def spend_link(self, token: str) -> bool:
        """Use a link up; False when somebody was faster."""
        return await self._store.update(OFFICE_LINKS, digest_of(token), guard={"spent": 0}, assign={"spent": 1})


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
